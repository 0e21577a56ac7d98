// Rows of the data set, in any order, into rows of floats.
#pragma once

#include "../jobs.h"
#include "zeros.h"

namespace neurona::NEURONA_ISA {

// 16 numbers at a time, whatever the vectors' length: as many as ZeroBits knows of.
template <class T>
using Sixteen = typename VectorOf<T, columns_of_bits * int(sizeof(T))>::unaligned;

// Bytes to integers; the compiler would go through them one by one.
NN_INLINE Sixteen<int32_t> integers(const uint8_t* x) {
#if defined(__AVX512F__)
  return (Sixteen<int32_t>)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)x));
#elif defined(__AVX2__)
  const __m256i parts[2] = {_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)x)),
                            _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(x + 8)))};
  return *reinterpret_cast<const Sixteen<int32_t>*>(parts);
#elif defined(__x86_64__)
  const __m128i bytes = _mm_loadu_si128((const __m128i*)x), none = _mm_setzero_si128();
  const __m128i low = _mm_unpacklo_epi8(bytes, none), high = _mm_unpackhi_epi8(bytes, none);
  const __m128i parts[4] = {_mm_unpacklo_epi16(low, none), _mm_unpackhi_epi16(low, none),
                            _mm_unpacklo_epi16(high, none), _mm_unpackhi_epi16(high, none)};
  return *reinterpret_cast<const Sixteen<int32_t>*>(parts);
#else
  const uint8x16_t bytes = vld1q_u8(x);
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_u8(vget_high_u8(bytes));
  const uint32x4_t parts[4] = {vmovl_u16(vget_low_u16(low)), vmovl_u16(vget_high_u16(low)),
                               vmovl_u16(vget_low_u16(high)), vmovl_u16(vget_high_u16(high))};
  return *reinterpret_cast<const Sixteen<int32_t>*>(parts);
#endif
}

template <class T, class In>
NN_INLINE Sixteen<T> sixteen(const In* x) {
  if constexpr (sizeof(In) == 1) {
    return __builtin_convertvector(integers(x), Sixteen<T>);
  } else if constexpr (std::is_same_v<In, T>) {
    return *reinterpret_cast<const Sixteen<T>*>(x);
  } else {
    return __builtin_convertvector(*reinterpret_cast<const Sixteen<In>*>(x), Sixteen<T>);
  }
}

// Which of the columns behind the last whole 16 of x's are not 0.
template <class T, class Each = Nothing>
NN_INLINE ZeroBits last_bits(const T* x, int64_t columns, Each&& each = {}) {
  const int64_t known = columns_of_bits - columns % columns_of_bits;
  return ZeroBits(nonzero_bits(x + columns - columns_of_bits, each) >> known);
}

template <class T, class In, bool scales, bool finds_zeros>
NN_INLINE void gather_rows(const Gather<T>& job) {
  const In* data = static_cast<const In*>(job.data) + job.column_begin;
  const int64_t count = job.column_end - job.column_begin;
  const int64_t whole = count / columns_of_bits * columns_of_bits;
  const T* scale = job.scale + job.column_begin;
  const T* shift = job.shift + job.column_begin;
  const int64_t columns = job.columns, row_end = job.row_end, ldh = job.ldh;
  const Nonzeros nonzeros = job.nonzeros;
  for (int64_t r = job.row_begin; r < row_end; ++r) {
    if (r < job.next_rows) {
      const char* next = reinterpret_cast<const char*>(data + job.next_order[r] * columns);
      for (int64_t byte = 0; byte < count * int64_t(sizeof(In)); byte += 64) {
        __builtin_prefetch(next + byte, 0, 2);
      }
    }
    const In* x = data + job.order[r] * columns;
    T* h = job.h + r * ldh;
    ZeroBits* bits = nonzeros.bits + r;
    const auto convert = [&](int64_t c) NN_INLINE_LAMBDA {
      Sixteen<T> v = sixteen<T>(x + c);
      if constexpr (scales) {
        v = (v + *reinterpret_cast<const Sixteen<T>*>(shift + c)) *
            *reinterpret_cast<const Sixteen<T>*>(scale + c);
      }
      *reinterpret_cast<Sixteen<T>*>(h + c) = v;
    };
    for (int64_t c = 0; c < whole; c += columns_of_bits) {
      convert(c);
      if constexpr (finds_zeros) {
        *bits = ZeroBits(nonzero_bits(h + c));
        bits += nonzeros.ld;
      }
    }
    if (whole == count) continue;
    if (count >= columns_of_bits) {  // the last 16, some for the second time
      convert(count - columns_of_bits);
      if constexpr (finds_zeros) *bits = last_bits(h, count);
      continue;
    }
    uint32_t found = 0;
    for (int64_t c = 0; c < count; ++c) {
      h[c] = scales ? (T(x[c]) + shift[c]) * scale[c] : T(x[c]);
      found |= uint32_t(h[c] != 0) << c;
    }
    if constexpr (finds_zeros) *bits = ZeroBits(found);
  }
}

template <class T, class In>
NN_INLINE void gather_any(const Gather<T>& job) {
  const bool finds_zeros = job.nonzeros.bits != nullptr;
  if (job.scale == nullptr) {
    finds_zeros ? gather_rows<T, In, false, true>(job) : gather_rows<T, In, false, false>(job);
  } else {
    finds_zeros ? gather_rows<T, In, true, true>(job) : gather_rows<T, In, true, false>(job);
  }
}

template <class T>
void gather(const Gather<T>& job) {
  switch (job.type) {
    case InputType::uint8: return gather_any<T, uint8_t>(job);
    case InputType::float32: return gather_any<T, float>(job);
    case InputType::float64: return gather_any<T, double>(job);
  }
}

// Of rows of at least 16 columns.
template <class T, bool looks>
NN_INLINE bool find_nonzeros_of(const FindNonzeros<T>& job) {
  const int64_t count = job.column_end - job.column_begin;
  const int64_t whole = count / columns_of_bits * columns_of_bits;
  const Nonzeros nonzeros = job.nonzeros;
  // x · 0 is 0 for every finite x. Several sums, so that none waits for the one before.
  constexpr int turn = 3;
  Vec<T> sums[turn] = {zero<T>(), zero<T>(), zero<T>()};
  const auto look = [&](int i) NN_INLINE_LAMBDA {
    return [&sums, i](Vec<T> v) NN_INLINE_LAMBDA {
      if constexpr (looks) sums[i] = fma(v, zero<T>(), sums[i]);
    };
  };
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const T* x = job.data + job.order[r] * job.columns + job.column_begin;
    job.each[r] = x;
    ZeroBits* bits = nonzeros.bits + r;
    int64_t c = 0;
    const auto find = [&](int i) NN_INLINE_LAMBDA {
      *bits = ZeroBits(nonzero_bits(x + c, look(i)));
      bits += nonzeros.ld;
      c += columns_of_bits;
    };
    while (c + turn * columns_of_bits <= whole) {
#pragma GCC unroll 3
      for (int i = 0; i < turn; ++i) find(i);
    }
    while (c < whole) find(0);
    if (whole < count) *bits = last_bits(x, count, look(0));
  }
  return sum<T>(sums[0] + sums[1] + sums[2]) == 0;
}

template <class T>
bool find_nonzeros(const FindNonzeros<T>& job) {
  return job.looks ? find_nonzeros_of<T, true>(job) : find_nonzeros_of<T, false>(job);
}

}  // namespace neurona::NEURONA_ISA
