// Losses by rows: value and gradient in one pass. Twins of neurona.losses.
#pragma once

#include "activations.h"

namespace neurona::NEURONA_ISA {

inline constexpr double loss_epsilon = 1e-7;

// One row of a batch with what its loss counts.
template <class T>
struct LossRow {
  int64_t sample;
  T weight;  // of the sample
  T scale;   // weight / Σ weights
  T* h;
  T* dh;
  const T* y;  // null where there are labels
};

template <class T>
NN_INLINE LossRow<T> loss_row(const LossRows<T>& job, int64_t r) {
  const int64_t sample = job.order[r];
  const T weight = job.sample_weights != nullptr ? job.sample_weights[sample] : T(1);
  return {sample,
          weight,
          weight * job.scale,
          job.h + r * job.ldh,
          job.dh + r * job.lddh,
          job.targets != nullptr ? job.targets + sample * job.target_columns : nullptr};
}

// Targets of up to a vector of columns; rows of the data set are not padded.
template <class T>
NN_INLINE Vec<T> targets(const LossRows<T>& job, const LossRow<T>& row, int64_t c) {
  Vec<T> y = zero<T>();
  const int64_t left = job.columns - c;
  if (row.y == nullptr) {
    const int64_t place = job.labels[row.sample] - c;
    if (place >= 0 && place < lanes<T>) y[place] = T(1);
  } else if (left >= lanes<T>) {
    y = load(row.y + c);
  } else {
    for (int64_t lane = 0; lane < left; ++lane) y[lane] = row.y[c + lane];
  }
  return y;
}

// Categorical cross-entropy on z: Σy ln Σe^z − Σ y z, dz = w (q Σy − y) with
// q = softmax(z). h holds z; where the softmax is the network's own, q on return.
template <class T>
void crossentropy_on_logits(const LossRows<T>& job) {
  const T smoothing = T(job.loss.label_smoothing);
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    if (job.labels != nullptr && smoothing == 0 && job.fused) {  // the usual case
      const int64_t label = job.labels[row.sample];
      const T z = row.h[label];
      const SoftmaxRow<T> softmax = softmax_row(row.h, row.h, job.columns);
      job.row_losses[r] = ((softmax.peak - z) + log(broadcast(softmax.total))[0]) * row.weight;
      for (int64_t c = 0; c < job.columns; c += lanes<T>) {
        store(row.dh + c, load(row.h + c) * row.scale);
      }
      row.dh[label] = (row.h[label] - T(1)) * row.scale;
      continue;
    }
    Vec<T> dots = zero<T>(), totals = zero<T>();
    const auto smooth = [&](int64_t c) NN_INLINE_LAMBDA {
      const Vec<T> y = targets(job, row, c);
      return smoothing == 0 ? y : y * (T(1) - smoothing) + smoothing / T(job.columns);
    };
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> y = first_lanes<T>(job.columns - c) ? smooth(c) : zero<T>();
      dots += y == zero<T>() ? zero<T>() : y * load(row.h + c);
      totals += y;
    }
    const T total = sum<T>(totals), dot = sum<T>(dots);
    T* q = job.fused ? row.h : row.dh;
    const SoftmaxRow<T> softmax = softmax_row(row.h, q, job.columns);
    const T log_total = softmax.peak + log(broadcast(softmax.total))[0];
    job.row_losses[r] = (total * log_total - dot) * row.weight;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> d = (load(q + c) * total - smooth(c)) * row.scale;
      store(row.dh + c, first_lanes<T>(job.columns - c) ? d : zero<T>());
    }
  }
}

// The same on probabilities: q = p / Σp within [ε, 1 − ε], −Σ y ln q.
template <class T>
void crossentropy_on_probabilities(const LossRows<T>& job) {
  const T smoothing = T(job.loss.label_smoothing);
  const Vec<T> low = broadcast(T(loss_epsilon)), high = broadcast(T(1 - loss_epsilon));
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    Vec<T> sums = zero<T>();
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      sums += first_lanes<T>(job.columns - c) ? load(row.h + c) : zero<T>();
    }
    const T found = sum<T>(sums), total = found == 0 ? T(1) : found;
    Vec<T> losses = zero<T>(), along = zero<T>();
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      Vec<T> y = targets(job, row, c);
      if (smoothing != 0) y = y * (T(1) - smoothing) + smoothing / T(job.columns);
      y = first_lanes<T>(job.columns - c) ? y : zero<T>();
      const Vec<T> q = load(row.h + c) / total, clipped = min(high, max(low, q));
      losses += y == zero<T>() ? zero<T>() : y * log(clipped);
      const Vec<T> dq = clipped == q ? -y / clipped : zero<T>();
      along += y == zero<T>() ? zero<T>() : dq * q;
      store(row.dh + c, dq);
    }
    const T mean = sum<T>(along);
    job.row_losses[r] = -sum<T>(losses) * row.weight;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> d = (load(row.dh + c) - mean) / total * row.scale;
      store(row.dh + c, first_lanes<T>(job.columns - c) ? d : zero<T>());
    }
  }
}

// One output per sample: a vector holds as many samples as it has lanes.
template <class T, class Element>
NN_INLINE void single_output_loss(const LossRows<T>& job, Element&& element) {
  const T smoothing = T(job.loss.label_smoothing), factor = T(job.loss.factor);
  for (int64_t begin = job.row_begin; begin < job.row_end; begin += lanes<T>) {
    const int64_t left = job.row_end - begin;
    const int count = int(left < lanes<T> ? left : lanes<T>);
    alignas(64) T ys[lanes<T>] = {}, ps[lanes<T>] = {}, weights[lanes<T>] = {};
    for (int i = 0; i < count; ++i) {
      const LossRow<T> row = loss_row(job, begin + i);
      ys[i] = row.y != nullptr ? row.y[0] : T(job.labels[row.sample] == 0);
      ps[i] = row.h[0];
      weights[i] = row.weight * factor;
    }
    Vec<T> y = load(ys), p = load(ps), slope, loss;
    if (smoothing != 0) y = y * (T(1) - smoothing) + smoothing * T(0.5);
    element(y, p, loss, slope);
    const Vec<T> weight = load(weights);
    store(ps, p);
    store(ys, loss * weight);
    store(weights, slope * (weight * job.scale));
    for (int i = 0; i < count; ++i) {
      job.h[(begin + i) * job.ldh] = ps[i];
      job.dh[(begin + i) * job.lddh] = weights[i];
      job.row_losses[begin + i] = ys[i];
    }
  }
}

// Element-wise losses: l(y, p) and its slope by p, averaged over the outputs.
template <class T, class Element>
NN_INLINE void elementwise_loss(const LossRows<T>& job, Element&& element) {
  if (job.columns == 1) return single_output_loss(job, element);
  const T mean = T(job.loss.factor) / (job.loss.mean ? T(job.columns) : T(1));
  const T smoothing = T(job.loss.label_smoothing);
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    const Vec<T> scale = broadcast(row.scale * mean);
    Vec<T> losses = zero<T>();
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Bits<T> valid = first_lanes<T>(job.columns - c);
      Vec<T> y = targets(job, row, c);
      if (smoothing != 0) y = y * (T(1) - smoothing) + smoothing * T(0.5);
      Vec<T> p = load(row.h + c), slope, loss;
      element(y, p, loss, slope);
      losses += valid ? loss : zero<T>();
      store(row.h + c, p);
      store(row.dh + c, valid ? slope * scale : zero<T>());
    }
    job.row_losses[r] = sum<T>(losses) * mean * row.weight;
  }
}

template <class T>
NN_INLINE Vec<T> sign_of(Vec<T> v) {
  const Vec<T> one = broadcast(T(1));
  return v > 0 ? one : (v < 0 ? -one : v);
}

// Labels 0 and 1 as −1 and 1.
template <class T>
NN_INLINE Vec<T> signed_labels(Vec<T> y) {
  return y == zero<T>() ? broadcast(T(-1)) : y;
}

template <class T>
void margin_loss(const LossRows<T>& job) {
  using V = Vec<T>;
  const V nil = zero<T>(), margin = broadcast(T(job.loss.a));
  switch (job.loss.kind) {
    case LossKind::zero_one:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        const V d = signed_labels<T>(y) - sign_of<T>(p);
        l = T(0.5) * d * d;
        s = nil;
      });
    case LossKind::perceptron:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        y = signed_labels<T>(y);
        l = max(nil, -(y * p));
        s = y * p <= nil ? -y : nil;
      });
    case LossKind::hinge:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        y = signed_labels<T>(y);
        l = max(nil, margin - y * p);
        s = y * p < margin ? -y : nil;
      });
    case LossKind::squared_hinge:
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        y = signed_labels<T>(y);
        const V missing = max(nil, margin - y * p);
        l = missing * missing;
        s = T(-2) * y * missing;
      });
    default:  // logistic
      return elementwise_loss(job, [=](V y, V& p, V& l, V& s) NN_INLINE_LAMBDA {
        y = signed_labels<T>(y);
        l = softplus<T>(-(y * p));
        s = -y * sigmoid(-(y * p));
      });
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
