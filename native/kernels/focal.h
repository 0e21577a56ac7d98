// Focal losses: cross-entropy in which what is already right counts less.
#pragma once

#include "crossentropy.h"

namespace neurona::NEURONA_ISA {

// x^γ of numbers in [0, 1], and its derivative. Where γ < 1 the latter is infinite
// at 0: it is cut off at ε.
template <class T>
NN_INLINE Vec<T> power(Vec<T> x, T exponent) {
  if (exponent == 0) return broadcast(T(1));
  if (exponent == 1) return x;
  if (exponent == 2) return x * x;
  return x == zero<T>() ? zero<T>() : exp(exponent * log(x));
}
template <class T>
NN_INLINE Vec<T> power_slope(Vec<T> x, T exponent) {
  if (exponent == 0) return zero<T>();
  return exponent * power<T>(max(broadcast(T(loss_epsilon)), x), exponent - T(1));
}

// −w (1 − p_t)^γ ln p_t with p_t the probability of what the label says; w balances
// the classes.
template <class T>
void binary_focal(const LossRows<T>& job, bool logits) {
  using V = Vec<T>;
  const V nil = zero<T>(), one = broadcast(T(1));
  const V low = broadcast(T(loss_epsilon)), high = broadcast(T(1 - loss_epsilon));
  const T gamma = T(job.loss.gamma), alpha = T(job.loss.alpha), other = T(job.loss.other);
  elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
    V q, dq, crossentropy, slope;
    if (logits) {
      q = sigmoid(p);
      dq = q * (one - q);
      crossentropy = softplus<T>(p) - y * p;
      slope = q - y;
    } else {
      q = min(high, max(low, p));
      dq = q == p ? one : nil;
      crossentropy = -(y * log(q) + (one - y) * log1p(-q));
      slope = q == p ? (q - y) / (q * (one - q)) : nil;
    }
    const V missing = y * (one - q) + (one - y) * q;
    const V weight = y * alpha + (one - y) * other;
    const V factor = power<T>(missing, gamma);
    const V dfactor = power_slope<T>(missing, gamma) * (one - y - y) * dq;
    l = weight * factor * crossentropy;
    s = weight * (factor * slope + dfactor * crossentropy);
  });
}

// α of each class, for a vector of columns.
template <class T>
NN_INLINE Vec<T> class_weights(const LossRows<T>& job, int64_t c) {
  Vec<T> alpha = broadcast(T(job.loss.alpha));
  if (job.loss.class_weights == nullptr) return alpha;
  for (int64_t lane = 0; lane < lanes<T> && c + lane < job.columns; ++lane) {
    alpha[lane] = T(job.loss.class_weights[c + lane]);
  }
  return alpha;
}

// −Σ y α (1 − q)^γ ln q.
template <class T>
void categorical_focal(const LossRows<T>& job) {
  const T gamma = T(job.loss.gamma);
  const Vec<T> one = broadcast(T(1));
  loss_of_shares(job, [&](int64_t c, Vec<T> y, Vec<T> q, Vec<T>& l, Vec<T>& s) NN_INLINE_LAMBDA {
    y = y * class_weights(job, c);
    const Vec<T> factor = power<T>(one - q, gamma), logarithm = log(q);
    l = -(y * factor * logarithm);
    s = y * (power_slope<T>(one - q, gamma) * logarithm - factor / q);
  });
}

// The same on z, with ln q = z − ln Σ e^z.
template <class T>
void categorical_focal_on_logits(const LossRows<T>& job) {
  const T gamma = T(job.loss.gamma), smoothing = T(job.loss.label_smoothing);
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    const SoftmaxRow<T> softmax = softmax_row(row.h, row.dh, job.columns);
    const Vec<T> shift = log(broadcast(softmax.total));
    Vec<T> losses = zero<T>(), total = zero<T>();
    const auto log_share = [&](int64_t c) NN_INLINE_LAMBDA {
      return (load(row.h + c) - softmax.peak) - shift;
    };
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      Vec<T> y = targets(job, row, c);
      if (smoothing != 0) y = y * (T(1) - smoothing) + smoothing / T(job.columns);
      y = first_lanes<T>(job.columns - c) ? y * class_weights(job, c) : zero<T>();
      const Vec<T> log_q = log_share(c), missing = max(zero<T>(), -expm1(log_q));
      const Vec<T> factor = power<T>(missing, gamma);
      const Vec<T> slope = power_slope<T>(missing, gamma) * exp(log_q) * log_q;
      losses += y == zero<T>() ? zero<T>() : y * factor * log_q;
      const Vec<T> d = y == zero<T>() ? zero<T>() : -y * (factor - slope);
      total += d;
      store(row.dh + c, d);
    }
    job.row_losses[r] = -sum<T>(losses) * row.weight;
    const Vec<T> all = broadcast(sum<T>(total));
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> d = (load(row.dh + c) - exp(log_share(c)) * all) * row.scale;
      store(row.dh + c, first_lanes<T>(job.columns - c) ? d : zero<T>());
    }
  }
}

}  // namespace neurona::NEURONA_ISA
