// Activations whose outputs depend on all inputs of their row.
#pragma once

#include "../jobs.h"
#include "math.h"

namespace neurona::NEURONA_ISA {

// What the loss needs to know of a row's softmax.
template <class T>
struct SoftmaxRow {
  T peak, total;
};

// p = softmax(z); z and p may be the same row. It may end inside a vector:
// lanes beyond it become zeros.
template <class T>
NN_INLINE SoftmaxRow<T> softmax_row(const T* z, T* p, int64_t columns) {
  constexpr T lowest = -__builtin_huge_val();
  Vec<T> peaks = broadcast(lowest);
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = load(z + c);
    peaks = max(peaks, first_lanes<T>(columns - c) ? v : broadcast(lowest));
  }
  const T peak = largest<T>(peaks);
  Vec<T> totals = zero<T>();
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> e = exp(load(z + c) - broadcast(peak));
    const Vec<T> valid = first_lanes<T>(columns - c) ? e : zero<T>();
    store(p + c, valid);
    totals += valid;
  }
  const T total = sum<T>(totals);
  const Vec<T> inverse = broadcast(T(1) / total);
  for (int64_t c = 0; c < columns; c += lanes<T>) store(p + c, load(p + c) * inverse);
  return {peak, total};
}

// z and h may be the same row.
template <class T>
void log_softmax_row(const T* z, T* h, int64_t columns) {
  const Vec<T> lowest = broadcast(T(-__builtin_huge_val()));
  Vec<T> peaks = lowest, totals = zero<T>();
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    peaks = max(peaks, first_lanes<T>(columns - c) ? load(z + c) : lowest);
  }
  const Vec<T> peak = broadcast(largest<T>(peaks));
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    totals += first_lanes<T>(columns - c) ? exp(load(z + c) - peak) : zero<T>();
  }
  const Vec<T> shift = log(broadcast(sum<T>(totals)));
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = (load(z + c) - peak) - shift;
    store(h + c, first_lanes<T>(columns - c) ? v : zero<T>());
  }
}

// h = max(0, z − τ) with τ such that Σ h = 1; z and h may be the same row. τ is found
// without sorting: (Σ z − 1) / count over the entries above τ only rises, until
// none of them drops out (Michelot 1986, Journal of Optimization Theory 50).
template <class T>
void sparsemax_row(const T* z, T* h, int64_t columns) {
  const Vec<T> lowest = broadcast(T(-__builtin_huge_val()));
  Vec<T> peaks = lowest;
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    peaks = max(peaks, first_lanes<T>(columns - c) ? load(z + c) : lowest);
  }
  const Vec<T> peak = broadcast(largest<T>(peaks));
  T threshold = -1, last = 0;  // the largest entry alone gives −1
  for (;;) {
    Vec<T> totals = zero<T>(), counts = zero<T>();
    for (int64_t c = 0; c < columns; c += lanes<T>) {
      const Vec<T> v = first_lanes<T>(columns - c) ? load(z + c) - peak : lowest;
      totals += v > threshold ? v : zero<T>();
      counts += v > threshold ? broadcast(T(1)) : zero<T>();
    }
    const T count = sum<T>(counts);
    if (count == last) break;
    last = count;
    threshold = (sum<T>(totals) - T(1)) / count;
  }
  // Nothing is above a threshold that is not a number: all of h is none, either.
  const T nothing = last == 0 ? peak[0] - peak[0] : T(0);
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = max(zero<T>(), (load(z + c) - peak) - threshold) + nothing;
    store(h + c, first_lanes<T>(columns - c) ? v : zero<T>());
  }
}

template <class T>
NN_INLINE void activate_row(ActivationKind kind, const T* z, T* h, int64_t columns) {
  switch (kind) {
    case ActivationKind::softmax: softmax_row(z, h, columns); return;
    case ActivationKind::log_softmax: log_softmax_row(z, h, columns); return;
    default: sparsemax_row(z, h, columns);
  }
}

// dh becomes dz. Softmax: p (dh − Σ dh p). Log-softmax: dh − p Σ dh. Sparsemax: where
// h > 0, dh less its mean over those entries.
template <class T>
NN_INLINE void differentiate_row(ActivationKind kind, const T* h, T* dh, int64_t columns) {
  const Vec<T> nil = zero<T>();
  Vec<T> sums = nil, counts = nil;
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> d = load(dh + c), y = load(h + c);
    switch (kind) {
      case ActivationKind::softmax: sums += d * y; break;
      case ActivationKind::log_softmax: sums += d; break;
      default:
        sums += y > nil ? d : nil;
        counts += y > nil ? broadcast(T(1)) : nil;
    }
  }
  Vec<T> total = broadcast(sum<T>(sums));
  if (kind == ActivationKind::sparsemax) total /= max(broadcast(T(1)), broadcast(sum<T>(counts)));
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> d = load(dh + c), y = load(h + c);
    Vec<T> dz;
    switch (kind) {
      case ActivationKind::softmax: dz = y * (d - total); break;
      case ActivationKind::log_softmax: dz = d - exp(y) * total; break;
      default: dz = y > nil ? d - total : nil;
    }
    store(dh + c, first_lanes<T>(columns - c) ? dz : nil);
  }
}

}  // namespace neurona::NEURONA_ISA
