// Whether the true class is the first of a row's largest entries.
#pragma once

#include <limits>

#include "../kernels.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

// right[r] becomes 1 or 0, or NaN where an entry of row r is. Rows have no padding.
template <class T>
void right_classes(const T* p, int64_t rows, int64_t classes, const int64_t* labels,
                   double* right) {
  constexpr T beaten = 1, unknown = 1000;  // more than all lanes beaten
  const int64_t columns = (classes + lanes<T> - 1) / lanes<T> * lanes<T>;
  const auto judge = [&](const T* row, int64_t label) NN_INLINE_LAMBDA {
    const Vec<T> own = broadcast(row[label]);
    Vec<T> worst = zero<T>();
    for (int64_t c = 0; c < columns; c += lanes<T>) {
      const Vec<T> v = load(row + c);
      const Bits<T> beats = (v > own) | ((v == own) & first_lanes<T>(label - c));
      const Vec<T> found = v != v ? broadcast(unknown) : beats ? broadcast(beaten) : zero<T>();
      worst = max(worst, first_lanes<T>(classes - c) ? found : zero<T>());
    }
    const T total = sum<T>(worst);
    return total >= unknown ? std::numeric_limits<double>::quiet_NaN() : double(total == 0);
  };
  // Vectors of the last rows would reach beyond the array.
  const int64_t safe = rows - (columns + classes - 1) / classes + 1;
  int64_t r = 0;
  for (; r < safe; ++r) right[r] = judge(p + r * classes, labels[r]);
  for (; r < rows; ++r) {
    const T own = p[r * classes + labels[r]];
    bool beats = false, nan = false;
    for (int64_t c = 0; c < classes; ++c) {
      const T v = p[r * classes + c];
      beats |= v > own || (v == own && c < labels[r]);
      nan |= v != v;
    }
    right[r] = nan ? std::numeric_limits<double>::quiet_NaN() : double(!beats);
  }
}

}  // namespace neurona::NEURONA_ISA
