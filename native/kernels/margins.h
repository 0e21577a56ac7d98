// Losses on scores: how far on the wrong side, or within a margin, a sample is.
#pragma once

#include "loss_rows.h"

namespace neurona::NEURONA_ISA {

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

// max(0, margin + best − right), by single entries: rows of scores are short. best
// is the largest of compared(y, p), of equal ones the first; right is Σ y p.
template <class T, class Compared, class Share>
NN_INLINE void class_margin_loss(const LossRows<T>& job, T margin, Compared&& compared,
                                 Share&& share) {
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const LossRow<T> row = loss_row(job, r);
    int64_t best = 0;
    T highest = 0, right = 0;
    for (int64_t c = 0; c < job.columns; ++c) {
      const T y = target(job, row, c), score = compared(y, row.h[c]);
      if (c == 0 || score > highest) {
        best = c;
        highest = score;
      }
      right += y * row.h[c];
    }
    const T missing = margin + highest - right;
    const bool active = missing > 0;
    job.row_losses[r] = (missing <= 0 ? T(0) : missing) * row.weight;
    for (int64_t c = 0; c < job.columns; ++c) {
      const T y = target(job, row, c);
      const T slope = (c == best ? share(y) : T(0)) - y;
      row.dh[c] = active ? slope * row.scale : T(0);
    }
  }
}

template <class T>
void categorical_hinge(const LossRows<T>& job) {
  class_margin_loss(
      job, T(1), [](T y, T p) { return (T(1) - y) * p; }, [](T y) { return T(1) - y; });
}

template <class T>
void max_margin(const LossRows<T>& job) {
  constexpr T lowest = -__builtin_huge_val();
  class_margin_loss(
      job, T(job.loss.a), [](T y, T p) { return y > 0 ? lowest : p; }, [](T) { return T(1); });
}

}  // namespace neurona::NEURONA_ISA
