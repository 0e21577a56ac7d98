// Whether the true class is the first of a row's largest entries.
#pragma once

#include <limits>

#include "../jobs.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

template <class T>
int64_t right_classes(const RightClasses<T>& job) {
  constexpr T beaten = 1, unknown = 2;
  const int64_t classes = job.classes;
  const int64_t columns = (classes + lanes<T> - 1) / lanes<T> * lanes<T>;
  // All 0: right. One at least `unknown`: an entry is NaN.
  const auto judge = [&](const T* row, int64_t label) NN_INLINE_LAMBDA {
    const Vec<T> own = broadcast(row[label]);
    Vec<T> worst = zero<T>();
    for (int64_t c = 0; c < columns; c += lanes<T>) {
      const Vec<T> v = load(row + c);
      const Bits<T> beats = (v > own) | ((v == own) & first_lanes<T>(label - c));
      const Vec<T> found = v != v ? broadcast(unknown) : beats ? broadcast(beaten) : zero<T>();
      worst = max(worst, first_lanes<T>(classes - c) ? found : zero<T>());
    }
    return worst;
  };
  // The same where vectors would reach beyond the array.
  const auto judge_last = [&](const T* row, int64_t label) {
    bool beats = false, nan = false;
    for (int64_t c = 0; c < classes; ++c) {
      beats |= row[c] > row[label] || (row[c] == row[label] && c < label);
      nan |= row[c] != row[c];
    }
    return broadcast(nan ? unknown : beats ? beaten : T(0));
  };
  const int64_t reach = columns > job.ld ? (columns - classes + job.ld - 1) / job.ld : 0;
  int64_t count = 0;
  for (int64_t r = 0; r < job.rows; ++r) {
    const T* row = job.p + r * job.ld;
    const int64_t label = job.labels[job.order != nullptr ? job.order[r] : r];
    const Vec<T> worst = r < job.rows - reach ? judge(row, label) : judge_last(row, label);
    const bool right = nonzero_lanes(worst) == 0;
    count += right;
    if (job.right == nullptr) continue;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    job.right[r] = largest<T>(worst) >= unknown ? nan : double(right);
  }
  return count;
}

}  // namespace neurona::NEURONA_ISA
