// Cross-entropies of one class among several.
#pragma once

#include "loss_rows.h"
#include "softmaxes.h"

namespace neurona::NEURONA_ISA {

// Losses (gap + ln total) · weight of rows that come one after another: a vector of
// logarithms costs no more than one.
template <class T>
class RowLogs {
 public:
  explicit RowLogs(T* losses) : losses_(losses) {}
  NN_INLINE void add(int64_t row, T gap, T total, T weight) {
    if (count_ == 0) first_ = row;
    gaps_[count_] = gap;
    totals_[count_] = total;
    weights_[count_] = weight;
    if (++count_ == lanes<T>) flush();
  }
  // To be called after the last one.
  void flush() {
    alignas(64) T losses[lanes<T>];
    store(losses, (load(gaps_) + log(load(totals_))) * load(weights_));
    for (int i = 0; i < count_; ++i) losses_[first_ + i] = losses[i];
    count_ = 0;
  }

 private:
  T* losses_;
  int64_t first_ = 0;
  int count_ = 0;
  alignas(64) T gaps_[lanes<T>] = {}, totals_[lanes<T>] = {}, weights_[lanes<T>] = {};
};

// Categorical cross-entropy on z: Σy ln Σe^z − Σ y z, dz = w (q Σy − y) with
// q = softmax(z). h holds z; where the softmax is the network's own, q on return.
template <class T>
void crossentropy_on_logits(const LossRows<T>& job) {
  RowLogs<T> logs(job.row_losses);
  const T smoothing = T(job.loss.label_smoothing);
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    if (job.labels != nullptr && smoothing == 0 && job.fused) {  // the usual case
      const int64_t label = job.labels[row.sample];
      const T z = row.h[label];
      const SoftmaxRow<T> softmax = softmax_row(row.h, row.h, job.columns);
      logs.add(r, softmax.peak - z, softmax.total, row.weight);
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
  logs.flush();
}

// The shares q = p / Σp within [ε, 1 − ε]. term(y, q, loss, slope) gives what an
// entry with target y costs, and its derivative by q.
template <class T, class Term>
NN_INLINE void loss_of_shares(const LossRows<T>& job, Term&& term) {
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
      Vec<T> loss, slope;
      term(c, y, clipped, loss, slope);
      losses += y == zero<T>() ? zero<T>() : loss;
      const Vec<T> dq = clipped == q ? slope : zero<T>();
      along += y == zero<T>() ? zero<T>() : dq * q;
      store(row.dh + c, dq);
    }
    const T mean = sum<T>(along);
    job.row_losses[r] = sum<T>(losses) * row.weight;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> d = (load(row.dh + c) - mean) / total * row.scale;
      store(row.dh + c, first_lanes<T>(job.columns - c) ? d : zero<T>());
    }
  }
}

// Categorical cross-entropy on probabilities: −Σ y ln q.
template <class T>
void crossentropy_on_probabilities(const LossRows<T>& job) {
  loss_of_shares(job, [](int64_t, Vec<T> y, Vec<T> q, Vec<T>& l, Vec<T>& s) NN_INLINE_LAMBDA {
    l = -(y * log(q));
    s = -y / q;
  });
}

}  // namespace neurona::NEURONA_ISA
