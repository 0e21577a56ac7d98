// The next batch's rows, fetched into the cache a few at a time while products run.
#pragma once

#include "../kernels.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

// As much of the next batch's rows as belongs to parts [first, last) of `parts` of a product.
NN_INLINE NextRows share_of(const NextRows& next, int64_t first, int64_t last, int64_t parts) {
  NextRows share = next;
  share.begin = next.begin + (next.end - next.begin) * first / parts;
  share.end = next.begin + (next.end - next.begin) * last / parts;
  return share;
}

// Columns [k, l) of them; their last line with the first ones.
NN_INLINE void fetch(const NextRows& next, int64_t k, int64_t l) {
  constexpr int64_t line = 64;
  const int64_t from = k * next.column_bytes, to = l * next.column_bytes;
  for (int64_t r = next.begin; r < next.end; ++r) {
    const char* row = next.data + next.order[r] * next.row_bytes;
    for (int64_t at = (from + line - 1) / line * line; at < to; at += line) {
      __builtin_prefetch(row + at, 0, 2);
    }
    if (k == 0) __builtin_prefetch(row + next.columns * next.column_bytes - 1, 0, 2);
  }
}

// The same, all columns; apart, so that it takes no registers from the products.
__attribute__((noinline)) inline void fetch_share(const NextRows& next, int64_t first, int64_t last,
                                                  int64_t parts) {
  fetch(share_of(next, first, last, parts), 0, next.columns);
  asm volatile("");  // else it would seem to have no effect
}

}  // namespace neurona::NEURONA_ISA
