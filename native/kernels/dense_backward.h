// The dense layer's way back: dx = dz Wᵀ from the forward panels, and transposed copies of W.
#pragma once

#include "../kernels.h"
#include "tile.h"

namespace neurona::NEURONA_ISA {

// Dot tile: dx(r, i) = Σ_j dz(r, j) W(i, j). Both are read along j, so partial
// sums fill vectors that are added up across lanes at the end.
inline constexpr int dot_rows = registers == 32 ? 5 : 4;
inline constexpr int dot_inputs = registers == 32 ? 5 : 3;

template <class T, int R, int I>
NN_INLINE void dot_tile(const DenseBackward<T>& job, int64_t row, int64_t input) {
  Vec<T> sums[R][I];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int i = 0; i < I; ++i) sums[r][i] = zero<T>();
  const T* dz = job.dz + row * job.lddz;
  for (int64_t panel = 0; panel < job.shape.panels; ++panel) {
    const int64_t width = job.shape.panel_width(panel);
    const T* w = job.w + panel * job.shape.stride + input * width;
    for (int64_t j = 0; j < width; j += lanes<T>) {
      Vec<T> b[I];
#pragma GCC unroll 16
      for (int i = 0; i < I; ++i) b[i] = load(w + i * width + j);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Vec<T> a = load(dz + r * job.lddz + j);
#pragma GCC unroll 16
        for (int i = 0; i < I; ++i) sums[r][i] = fma(a, b[i], sums[r][i]);
      }
    }
    dz += width;
  }
  T* dx = job.dx + row * job.lddx + input;
  constexpr int count = R * I, fours = sizeof(T) == 4 ? count / 4 * 4 : 0;
  const auto put = [&](int n, T value) NN_INLINE_LAMBDA {
    dx[n / I * job.lddx + n % I] = value;
  };
  if constexpr (sizeof(T) == 4) {
#pragma GCC unroll 16
    for (int n = 0; n < fours; n += 4) {
      const auto at = [&](int k) NN_INLINE_LAMBDA { return sums[k / I][k % I]; };
      const Float4 four = sum4(at(n), at(n + 1), at(n + 2), at(n + 3));
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) put(n + k, four[k]);
    }
  }
  // What is left is summed in the same order, so that a tile's shape changes nothing.
#pragma GCC unroll 32
  for (int n = fours; n < count; ++n) {
    const Vec<T> v = sums[n / I][n % I];
    if constexpr (sizeof(T) == 4) {
      put(n, sum4(v, v, v, v)[0]);
    } else {
      put(n, sum<T>(v));
    }
  }
}

// What the tiles of some more inputs read of W, shared out among the tiles of these.
template <class T>
__attribute__((noinline)) void fetch_weights(const DenseBackward<T>& job, int64_t input,
                                             int64_t inputs, int64_t row, int64_t row_end) {
  const int64_t all = job.row_end - job.row_begin, panels = job.shape.panels;
  const int64_t last = panels * (row_end - job.row_begin) / all;
  if (input + inputs > job.shape.in) return;
  for (int64_t panel = panels * (row - job.row_begin) / all; panel < last; ++panel) {
    const int64_t width = job.shape.panel_width(panel);
    const T* w = job.w + panel * job.shape.stride + input * width;
    for (int64_t at = 0; at < inputs * width; at += 64 / int64_t(sizeof(T))) {
      __builtin_prefetch(w + at, 0, 2);
    }
  }
  asm volatile("");  // else it would seem to have no effect
}

template <class T>
void dense_backward(const DenseBackward<T>& job) {
  even_tiles(job.column_begin, job.column_end, dot_inputs, [&](int64_t input, int inputs) {
    with_constant<dot_inputs>(inputs, [&](auto tile_inputs) NN_INLINE_LAMBDA {
      constexpr int I = decltype(tile_inputs)::v;
      even_tiles(job.row_begin, job.row_end, dot_rows, [&](int64_t row, int rows) {
        if (job.fetches_w) fetch_weights(job, input + inputs, inputs, row, row + rows);
        with_constant<dot_rows>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
          dot_tile<T, decltype(tile_rows)::v, I>(job, row, input);
        });
      });
    });
  });
}

// Squares of 16 bytes: as many rows as columns fit.
template <class T>
inline constexpr int square = 16 / int(sizeof(T));
template <class T>
using SquareRow = typename VectorOf<T, 16>::unaligned;

NN_INLINE void transpose_square(SquareRow<float> (&m)[4]) {
  const auto a = __builtin_shufflevector(m[0], m[1], 0, 4, 1, 5);
  const auto b = __builtin_shufflevector(m[0], m[1], 2, 6, 3, 7);
  const auto c = __builtin_shufflevector(m[2], m[3], 0, 4, 1, 5);
  const auto d = __builtin_shufflevector(m[2], m[3], 2, 6, 3, 7);
  m[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}
NN_INLINE void transpose_square(SquareRow<double> (&m)[2]) {
  const auto a = __builtin_shufflevector(m[0], m[1], 0, 2);
  m[1] = __builtin_shufflevector(m[0], m[1], 1, 3);
  m[0] = a;
}

template <class T>
void transpose(const Transpose<T>& job) {
  constexpr int n = square<T>;
  const int64_t in = job.shape.in, out = job.shape.out;
  for (int64_t j = 0; j < out; j += n) {
    const int64_t w_step = job.shape.panel_width(j / job.shape.width);
    const T* w = job.w + job.shape.index(0, j);
    const int64_t columns = out - j < n ? out - j : n;
    for (int64_t i = 0; i < in; i += n, w += n * w_step) {
      const int64_t to_step = job.to_shape.panel_width(i / job.to_shape.width);
      T* to = job.to + job.to_shape.index(j, i);
      if (columns == n && in - i >= n) {
        SquareRow<T> m[n];
#pragma GCC unroll 4
        for (int r = 0; r < n; ++r) m[r] = *reinterpret_cast<const SquareRow<T>*>(w + r * w_step);
        transpose_square(m);
#pragma GCC unroll 4
        for (int c = 0; c < n; ++c) *reinterpret_cast<SquareRow<T>*>(to + c * to_step) = m[c];
        continue;
      }
      const int64_t rows = in - i < n ? in - i : n;
      for (int64_t c = 0; c < columns; ++c) {
        for (int64_t r = 0; r < rows; ++r) to[c * to_step + r] = w[r * w_step + c];
      }
    }
  }
}

}  // namespace neurona::NEURONA_ISA
