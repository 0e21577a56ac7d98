// Whether numbers are finite.
#pragma once

#include "../jobs.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

// x · 0 is 0 for every finite x and NaN for the others.
template <class T>
bool finite(const T* x, int64_t ld, int64_t rows, int64_t columns) {
  constexpr int many = 4;  // sums side by side
  Vec<T> sums[many] = {};
  T rest = 0;
  for (int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * ld;
    int64_t c = 0;
    for (; c + many * lanes<T> <= columns; c += many * lanes<T>) {
#pragma GCC unroll 4
      for (int s = 0; s < many; ++s) sums[s] = fma(load(row + c + s * lanes<T>), zero<T>(), sums[s]);
    }
    for (; c + lanes<T> <= columns; c += lanes<T>) sums[0] = fma(load(row + c), zero<T>(), sums[0]);
    for (; c < columns; ++c) rest += row[c] * T(0);
  }
  return sum<T>((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest == T(0);
}

}  // namespace neurona::NEURONA_ISA
