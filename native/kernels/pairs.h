// Into pairs of bfloat16: the batch's rows and the weights, rounded to nearest.
#pragma once

#include "../kernels.h"
#include "dense.h"

namespace neurona::NEURONA_ISA {

// low's 16 numbers in the low halves, high's in the high ones: pairs of two rows.
NN_INLINE P pairs_across(F low, F high) {
  const P a = (P)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)low));
  const P b = (P)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)high));
  return a | b << 16;
}

// 32 numbers that follow each other: pairs of one row.
NN_INLINE P pairs_along(F first, F second) {
  return (P)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
}

NN_INLINE F load_first(const float* p, int64_t count) {
  if (count >= 16) return load(p);
  return (F)_mm512_maskz_loadu_ps(count <= 0 ? 0 : __mmask16((1u << count) - 1), p);
}

inline void to_pairs(const ToPairs& job) {
  for (int64_t r = job.begin; r < job.end; r += 2) {
    const float* first = job.from + r * job.ld;
    const float* second = first + job.ld;
    const bool both = r + 1 < job.rows;
    Pair* along = job.along + r * job.ld_along;
    Pair* across = job.across + r / 2 * job.ld_across;
    for (int64_t c = 0; c < job.columns; c += 32) {
      const int64_t left = job.columns - c;
      const F a0 = load_first(first + c, left), a1 = load_first(first + c + 16, left - 16);
      F b0 = zero<float>(), b1 = b0;
      store(along + c / 2, pairs_along(a0, a1));
      if (both) {
        b0 = load_first(second + c, left), b1 = load_first(second + c + 16, left - 16);
        store(along + job.ld_along + c / 2, pairs_along(b0, b1));
      }
      store(across + c, pairs_across(a0, b0));
      store(across + c + 16, pairs_across(a1, b1));
    }
  }
}

// 16 rows of 16 pairs in, columns out.
NN_INLINE void transpose(__m512i (&m)[16]) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(m[i], m[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(m[i], m[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      m[i + 2 * k] = _mm512_unpacklo_epi64(t[i + k], t[i + 2 + k]);
      m[i + 2 * k + 1] = _mm512_unpackhi_epi64(t[i + k], t[i + 2 + k]);
    }
  }
  // Now m[4 g + c] holds rows 4 g … 4 g + 3 of columns c, c + 4, c + 8, c + 12.
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    t[c] = _mm512_shuffle_i32x4(m[c], m[4 + c], 0x88);
    t[4 + c] = _mm512_shuffle_i32x4(m[c], m[4 + c], 0xdd);
    t[8 + c] = _mm512_shuffle_i32x4(m[8 + c], m[12 + c], 0x88);
    t[12 + c] = _mm512_shuffle_i32x4(m[8 + c], m[12 + c], 0xdd);
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    m[c] = _mm512_shuffle_i32x4(t[c], t[8 + c], 0x88);
    m[8 + c] = _mm512_shuffle_i32x4(t[c], t[8 + c], 0xdd);
    m[4 + c] = _mm512_shuffle_i32x4(t[4 + c], t[12 + c], 0x88);
    m[12 + c] = _mm512_shuffle_i32x4(t[4 + c], t[12 + c], 0xdd);
  }
}

// A panel's rows for the forward product.
NN_INLINE void pack_forward(const PackPairs& job, const float* w, int64_t width) {
  for (int64_t i = job.begin; i < job.end; i += 2) {
    Pair* to = job.forward + job.panel * job.forward_shape.stride + i / 2 * width;
    for (int64_t j = 0; j < width; j += 16) {
      const float* at = w + i * width + j;
      const F second = i + 1 < job.shape.in ? load(at + width) : zero<float>();
      store(to + j, pairs_across(load(at), second));
    }
  }
}

// The same rows as columns of Wᵀ, by squares of 16 inputs × 16 pairs of outputs.
NN_INLINE void pack_backward(const PackPairs& job, const float* w, int64_t width) {
  const PackedShape& shape = job.backward_shape;
  for (int64_t i = job.begin; i < job.end; i += 16) {
    const int64_t panel = i / shape.width, step = shape.panel_width(panel);
    for (int64_t j = 0; j < width; j += 32) {
      __m512i m[16];
      for (int r = 0; r < 16; ++r) {
        const float* at = w + (i + r) * width + j;
        F first = zero<float>(), second = first;
        if (i + r < job.end) {
          first = load(at);
          if (j + 16 < width) second = load(at + 16);
        }
        m[r] = (__m512i)pairs_along(first, second);
      }
      transpose(m);
      const int64_t row = (job.panel * job.shape.width + j) / 2;
      const int64_t rows = shape.in - row < 16 ? shape.in - row : 16;
      Pair* to = job.backward + panel * shape.stride + row * step + i % shape.width;
      for (int64_t r = 0; r < rows; ++r) store(to + r * step, (P)m[r]);
    }
  }
}

inline void pack_pairs(const PackPairs& job) {
  const int64_t width = job.shape.panel_width(job.panel);
  const float* w = job.w + job.panel * job.shape.stride;
  pack_forward(job, w, width);
  if (job.backward != nullptr) pack_backward(job, w, width);
}

extern const PairKernels table_pairs;
const PairKernels table_pairs = {dense_forward<float, Pair>, dense_gradient<float, Pair>, to_pairs,
                                 pack_pairs};

}  // namespace neurona::NEURONA_ISA
