// Steps of a product that may be left out, since all that they multiply is 0.
//
// A sum is the same to the bit: adding 0 changes nothing (but that −0 becomes 0, which
// whoever keeps a sum adds at its end). Digits on a page, one-hot categories and counts of
// words are mostly zeros.
#pragma once

#include "../jobs.h"
#include "tile.h"

namespace neurona::NEURONA_ISA {

// Which of the 16 numbers at p are not 0. each(v) is called for each vector of them.
template <class T, class Each = Nothing>
NN_INLINE uint32_t nonzero_bits(const T* p, Each&& each = {}) {
  uint32_t bits = 0;
#pragma GCC unroll 8
  for (int c = 0; c < columns_of_bits; c += lanes<T>) {
    const Vec<T> v = load(p + c);
    bits |= nonzero_lanes(v) << c;
    each(v);
  }
  return bits;
}

// Writes `first` + the places of 16 bits that are set; returns how many. May write 16.
NN_INLINE int list_bits(uint32_t bits, int64_t first, int32_t* list) {
#if defined(__AVX512F__)
  const __m512i places = _mm512_add_epi32(_mm512_set1_epi32(int32_t(first)),
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  _mm512_storeu_si512(list, _mm512_maskz_compress_epi32(__mmask16(bits), places));
  return __builtin_popcount(bits);
#else
  int count = 0;
  for (int c = 0; c < 16; ++c) {
    list[count] = int32_t(first) + c;
    count += bits >> c & 1;
  }
  return count;
#endif
}

// The bits that are set in one of at most 16 rows.
NN_INLINE uint32_t any_of(const ZeroBits* rows, int count) {
#if defined(__AVX512F__)
  const __m256i all = _mm256_maskz_loadu_epi16(__mmask16((1u << count) - 1), rows);
  __m128i v = _mm_or_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  v = _mm_or_si128(v, _mm_srli_si128(v, 8));
  v = _mm_or_si128(v, _mm_srli_si128(v, 4));
  return uint16_t(_mm_cvtsi128_si32(v) | _mm_cvtsi128_si32(v) >> 16);
#else
  uint32_t bits = 0;
  for (int r = 0; r < count; ++r) bits |= rows[r];
  return bits;
#endif
}

// Columns [begin, end), begin a multiple of 16, in which one of `rows` rows is not 0.
NN_INLINE int list_columns(const Nonzeros& nonzeros, int64_t row, int rows, int64_t begin,
                           int64_t end, int32_t* list) {
  int count = 0;
  for (int64_t c = begin; c < end; c += columns_of_bits) {
    const ZeroBits* at = nonzeros.bits + c / columns_of_bits * nonzeros.ld + row;
    count += list_bits(any_of(at, rows), c, list + count);
  }
  return count;
}

// Rows [begin, end) that are not 0 in one of `columns` columns, at most 16.
NN_INLINE int list_rows(const Nonzeros& nonzeros, int64_t column, int columns, int64_t begin,
                        int64_t end, int32_t* list) {
  const uint32_t wanted = ((1u << columns) - 1) << column % columns_of_bits;
  const ZeroBits low = ZeroBits(wanted), high = ZeroBits(wanted >> columns_of_bits);
  const ZeroBits* at = nonzeros.bits + column / columns_of_bits * nonzeros.ld;
  const ZeroBits* above = high != 0 ? at + nonzeros.ld : at;
  int count = 0;
#if defined(__AVX512F__)
  for (int64_t r = begin; r < end; r += 16) {
    const auto test = [&](const ZeroBits* bits, ZeroBits which) NN_INLINE_LAMBDA {
      return uint32_t(_mm256_test_epi16_mask(_mm256_loadu_si256((const __m256i*)(bits + r)),
                                             _mm256_set1_epi16(int16_t(which))));
    };
    uint32_t rows = test(at, low);
    if (high != 0) rows |= test(above, high);
    if (end - r < 16) rows &= (1u << (end - r)) - 1;
    count += list_bits(rows, r, list + count);
  }
#else
  for (int64_t r = begin; r < end; ++r) {
    list[count] = int32_t(r);
    count += ((at[r] & low) | (above[r] & high)) != 0;
  }
#endif
  return count;
}

// The step lists of one tile after the other. The next tile's is made before a tile is
// multiplied: the first steps would have to wait for it.
// find(place, size, k, l, list): writes those of steps k to l - 1 that count for the tile of
// `size` at `place`; returns how many.
template <class Find>
class StepLists {
 public:
  NN_INLINE StepLists(int64_t depth, Find find) : find_(find), depth_(depth) {}

  // On to this tile; the size of the next one, 0 if there is none.
  NN_INLINE void turn_to(int64_t place, int size, int next_size) {
    if (place != found_) find_first(place, size);
    current_ = 1 - current_;
    place_ = place;
    size_ = size;
    if (next_size > 0) find_first(place + size, next_size);
  }
  NN_INLINE StepList operator()(int64_t k, int64_t l) {
    if (k > 0) counts_[current_] = find_(place_, size_, k, l, lists_[current_]);
    return {lists_[current_], counts_[current_]};
  }

 private:
  NN_INLINE void find_first(int64_t place, int size) {
    const int other = 1 - current_;
    counts_[other] = find_(place, size, 0, depth_ < list_steps ? depth_ : list_steps, lists_[other]);
    found_ = place;
  }

  Find find_;
  int64_t depth_, place_ = -1, found_ = -1;
  int size_ = 0, current_ = 0;
  int counts_[2];
  int32_t lists_[2][list_steps + 16];
};

}  // namespace neurona::NEURONA_ISA
