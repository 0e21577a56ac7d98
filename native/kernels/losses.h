// Losses by rows: value and gradient in one pass. Twins of neurona.losses.
#pragma once

#include "focal.h"
#include "margins.h"

namespace neurona::NEURONA_ISA {

// The length of a row, at least ε: scaled by its largest entry, so that squares
// neither overflow nor vanish.
template <class T, class Entries>
NN_INLINE T row_length(int64_t columns, Entries&& entries) {
  Vec<T> peaks = broadcast(T(loss_epsilon)), squares = zero<T>();
  for (int64_t c = 0; c < columns; c += lanes<T>) peaks = max(peaks, abs(entries(c)));
  const T peak = largest<T>(peaks);
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = entries(c) / peak;
    squares += v * v;
  }
  const T length = peak * sqrt(broadcast(sum<T>(squares)))[0];
  return length < T(loss_epsilon) ? T(loss_epsilon) : length;
}

// −ŷ p̂ with unit vectors; the gradient is ((ŷ p̂) p̂ − ŷ) / |p|.
template <class T>
void cosine_similarity(const LossRows<T>& job) {
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    const auto target = [&](int64_t c) NN_INLINE_LAMBDA { return targets(job, row, c); };
    const auto output = [&](int64_t c) NN_INLINE_LAMBDA {
      return first_lanes<T>(job.columns - c) ? load(row.h + c) : zero<T>();
    };
    const T y_length = row_length<T>(job.columns, target);
    const T p_length = row_length<T>(job.columns, output);
    Vec<T> dots = zero<T>();
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      dots += target(c) / y_length * (output(c) / p_length);
    }
    const T cosine = sum<T>(dots);
    job.row_losses[r] = -cosine * row.weight;
    const T along = p_length > T(loss_epsilon) ? cosine : T(0);
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> d = output(c) / p_length * along - target(c) / y_length;
      store(row.dh + c, d / p_length * row.scale);
    }
  }
}

template <class T>
void loss(const LossRows<T>& job) {
  using V = Vec<T>;
  const V nil = zero<T>(), one = broadcast(T(1)), epsilon = broadcast(T(loss_epsilon));
  const V a = broadcast(T(job.loss.a)), high = broadcast(T(1 - loss_epsilon));
  switch (job.loss.kind) {
    case LossKind::categorical_crossentropy_logits: return crossentropy_on_logits(job);
    case LossKind::categorical_crossentropy: return crossentropy_on_probabilities(job);
    case LossKind::categorical_focal_logits: return categorical_focal_on_logits(job);
    case LossKind::categorical_focal: return categorical_focal(job);
    case LossKind::binary_focal_logits: return binary_focal(job, true);
    case LossKind::binary_focal: return binary_focal(job, false);
    case LossKind::categorical_hinge: return categorical_hinge(job);
    case LossKind::max_margin: return max_margin(job);
    case LossKind::cosine_similarity: return cosine_similarity(job);
    case LossKind::squared_error:
      return elementwise_loss(job, [](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V d = p - y;
        l = d * d;
        s = d + d;
      });
    case LossKind::absolute_error:
      return elementwise_loss(job, [](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        l = abs(p - y);
        s = sign_of<T>(p - y);
      });
    case LossKind::absolute_percentage_error:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V share = T(100) / max(epsilon, abs(y));
        l = abs(p - y) * share;
        s = sign_of<T>(p - y) * share;
      });
    case LossKind::squared_logarithmic_error:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V d = log1p(max(epsilon, p)) - log1p(max(epsilon, y));
        l = d * d;
        s = p > epsilon ? (d + d) / (one + p) : nil;
      });
    case LossKind::huber:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V d = p - y, inner = min(a, abs(d));
        l = inner * (abs(d) - T(0.5) * inner);
        s = max(-a, min(a, d));
      });
    case LossKind::log_cosh:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V size = abs(p - y);
        l = size + log1p(exp(T(-2) * size)) - T(0.69314718055994530942);
        s = tanh(p - y);
      });
    case LossKind::poisson:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        l = p - y * log(p + epsilon);
        s = one - y / (p + epsilon);
      });
    case LossKind::kl_divergence:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V t = min(one, max(epsilon, y)), c = min(one, max(epsilon, p));
        l = t * log(t / c);
        s = c == p ? -t / c : nil;
      });
    case LossKind::binary_crossentropy_logits:  // softplus(z) − y z
      return elementwise_loss(job, [&](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V z = p, q = sigmoid(z);
        l = softplus<T>(z) - y * z;
        s = q - y;
        if (job.fused) p = q;
      });
    case LossKind::binary_crossentropy:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V c = min(high, max(epsilon, p));
        l = -(y * log(c) + (one - y) * log1p(-c));
        s = c == p ? (c - y) / (c * (one - c)) : nil;
      });
    default: return margin_loss(job);
  }
}

}  // namespace neurona::NEURONA_ISA
