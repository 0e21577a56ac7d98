// The next batch's rows, fetched into the cache a few at a time while products run.
#pragma once

#include "../jobs.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

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

// Apart, so that it takes no registers from the products. Several lines a turn: there are so many
// of them that the loop itself would cost more.
__attribute__((noinline)) inline void fetch_columns(const NextRows& next) {
  constexpr int64_t line = 64;
  for (int64_t r = next.begin; r < next.end; ++r) {
    const char* row = next.data + next.order[r] * next.row_bytes;
    const char* end = row + next.columns * next.column_bytes;
    const char* at = row - reinterpret_cast<uintptr_t>(row) % line;
    for (; at + 3 * line < end; at += 4 * line) {
      for (int i = 0; i < 4; ++i) __builtin_prefetch(at + i * line, 0, 2);
    }
    for (; at < end; at += line) __builtin_prefetch(at, 0, 2);
  }
  asm volatile("");  // else it would seem to have no effect
}
// All their columns, if there are any rows.
NN_INLINE void fetch_all(const NextRows& next) {
  if (next.begin < next.end) fetch_columns(next);
}

// Shares them out evenly among the parts of a product.
class FetchShares {
 public:
  // next: null: none
  NN_INLINE FetchShares(const NextRows* next, int64_t parts) : next_(next) {
    if (next != nullptr) a_part_ = ((next->end - next->begin) << bits) / parts + 1;
  }
  // As many as belong to parts [first, last).
  NN_INLINE NextRows of(int64_t first, int64_t last) const {
    if (next_ == nullptr) return {};
    NextRows share = *next_;
    share.begin = place(first);
    share.end = place(last);
    return share;
  }

 private:
  static constexpr int bits = 16;  // of a part's fraction
  NN_INLINE int64_t place(int64_t part) const {
    const int64_t place = next_->begin + (part * a_part_ >> bits);
    return place < next_->end ? place : next_->end;
  }

  const NextRows* next_;
  int64_t a_part_ = 0;
};

}  // namespace neurona::NEURONA_ISA
