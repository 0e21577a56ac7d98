// Losses by rows: value and gradient in one pass.
#pragma once

#include "rows.h"

namespace neurona::NEURONA_ISA {

// Softmax with categorical cross-entropy: loss = ln Σ e^z − Σ y z (for Σ y = 1),
// dz = w (p − y). h holds z on entry and p on return.
template <class T>
void softmax_crossentropy(const LossRows<T>& job) {
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const int64_t sample = job.order[r];
    const T weight = job.sample_weights != nullptr ? job.sample_weights[sample] : T(1);
    const Vec<T> scale = broadcast(weight * job.scale);
    T* h = job.h + r * job.ldh;
    T* dh = job.dh + r * job.lddh;
    T loss;
    if (job.labels != nullptr) {
      const int64_t label = job.labels[sample];
      const T z = h[label];
      const SoftmaxRow<T> row = softmax_row(h, h, job.columns);
      loss = (row.peak - z) + log(broadcast(row.total))[0];
      for (int64_t c = 0; c < job.columns; c += lanes<T>) store(dh + c, load(h + c) * scale);
      dh[label] = (h[label] - T(1)) * (weight * job.scale);
    } else {
      const T* y = job.targets + sample * job.target_columns;
      T dot = 0, total_y = 0;
      for (int64_t c = 0; c < job.columns; ++c) {
        dot += y[c] == 0 ? T(0) : y[c] * h[c];
        total_y += y[c];
      }
      const SoftmaxRow<T> row = softmax_row(h, h, job.columns);
      loss = total_y * (row.peak + log(broadcast(row.total))[0]) - dot;
      for (int64_t c = 0; c < job.columns; ++c) {
        dh[c] = (total_y * h[c] - y[c]) * (weight * job.scale);
      }
    }
    job.row_losses[r] = loss * weight;
  }
}

// Element-wise losses: mean over the row of l(y, h), with its derivative by h
// (or by z, where a sigmoid is fused in and h holds z on entry).
template <class T, class Element>
NN_INLINE void elementwise_loss(const LossRows<T>& job, Element&& element) {
  const T mean = T(1) / T(job.columns);
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const int64_t sample = job.order[r];
    const T weight = job.sample_weights != nullptr ? job.sample_weights[sample] : T(1);
    const Vec<T> scale = broadcast(weight * job.scale * mean);
    const T* y = job.targets + sample * job.target_columns;
    T* h = job.h + r * job.ldh;
    T* dh = job.dh + r * job.lddh;
    Vec<T> losses = zero<T>();
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const int64_t left = job.columns - c;
      Vec<T> target = zero<T>();
      if (left >= lanes<T>) {
        target = load(y + c);
      } else {  // the data set's rows are not padded
        for (int64_t lane = 0; lane < left; ++lane) target[lane] = y[c + lane];
      }
      const Bits<T> valid = first_lanes<T>(left);
      Vec<T> prediction = load(h + c), gradient, loss;
      element(target, prediction, loss, gradient);
      losses += valid ? loss : zero<T>();
      store(h + c, prediction);
      store(dh + c, valid ? gradient * scale : zero<T>());
    }
    job.row_losses[r] = sum<T>(losses) * mean * weight;
  }
}

template <class T>
void loss(const LossRows<T>& job) {
  using V = Vec<T>;
  switch (job.kind) {
    case LossKind::categorical_crossentropy: return softmax_crossentropy(job);
    case LossKind::mean_squared_error:
      return elementwise_loss(job, [](V y, V& h, V& l, V& g) NN_INLINE_LAMBDA {
        const V d = h - y;
        l = d * d;
        g = d + d;
      });
    case LossKind::binary_crossentropy:
      return elementwise_loss(job, [](V y, V& h, V& l, V& g) NN_INLINE_LAMBDA {
        const V z = h;  // softplus(z) − y z
        l = softplus<T>(z) - y * z;
        h = sigmoid(z);
        g = h - y;
      });
  }
}

}  // namespace neurona::NEURONA_ISA
