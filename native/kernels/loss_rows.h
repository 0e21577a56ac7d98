// What all losses share: a row of a batch with its targets, and losses of single entries.
#pragma once

#include "../jobs.h"
#include "math.h"

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

template <class T>
NN_INLINE T target(const LossRows<T>& job, const LossRow<T>& row, int64_t c) {
  return row.y != nullptr ? row.y[c] : T(job.labels[row.sample] == c);
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

}  // namespace neurona::NEURONA_ISA
