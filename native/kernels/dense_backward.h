// The dense layer's way back: dx = dz Wᵀ from the forward panels, and transposed copies of W.
#pragma once

#include <utility>

#include "../jobs.h"
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
  even_tiles(job.column_begin, job.column_end, dot_inputs, [&](int64_t input, int inputs, int) {
    with_constant<dot_inputs>(inputs, [&](auto tile_inputs) NN_INLINE_LAMBDA {
      constexpr int I = decltype(tile_inputs)::v;
      even_tiles(job.row_begin, job.row_end, dot_rows, [&](int64_t row, int rows, int) {
        if (job.fetches_w) fetch_weights(job, input + inputs, inputs, row, row + rows);
        with_constant<dot_rows>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
          dot_tile<T, decltype(tile_rows)::v, I>(job, row, input);
        });
      });
    });
  });
}

// Squares of 16 bytes, as many rows as columns: a vector holds a row of several side by side.
template <class T>
inline constexpr int square = 16 / int(sizeof(T));
template <class T>
using SquareRow = typename VectorOf<T, 16>::unaligned;

// In each square's row: the low or high half of `a` and of `b`, by turns `unit` numbers of each.
template <class T, int unit, bool high, size_t... i>
NN_INLINE Vec<T> zip(Vec<T> a, Vec<T> b, std::index_sequence<i...>) {
  constexpr auto from = [](int to) {
    constexpr int n = square<T>;
    const int place = to % n / unit;
    return to / n * n + (place / 2 + (high ? n / unit / 2 : 0)) * unit + to % unit +
           (place % 2 != 0 ? lanes<T> : 0);
  };
  return __builtin_shufflevector(a, b, from(int(i))...);
}
template <class T, int unit, bool high>
NN_INLINE Vec<T> zip(Vec<T> a, Vec<T> b) {
  return zip<T, unit, high>(a, b, std::make_index_sequence<lanes<T>>{});
}

NN_INLINE void transpose_squares(Vec<float> (&m)[4]) {
  const F a = zip<float, 1, false>(m[0], m[1]), b = zip<float, 1, false>(m[2], m[3]);
  const F c = zip<float, 1, true>(m[0], m[1]), d = zip<float, 1, true>(m[2], m[3]);
  m[0] = zip<float, 2, false>(a, b);
  m[1] = zip<float, 2, true>(a, b);
  m[2] = zip<float, 2, false>(c, d);
  m[3] = zip<float, 2, true>(c, d);
}
NN_INLINE void transpose_squares(Vec<double> (&m)[2]) {
  const D a = zip<double, 1, false>(m[0], m[1]);
  m[1] = zip<double, 1, true>(m[0], m[1]);
  m[0] = a;
}

template <class T>
void transpose(const Transpose<T>& job) {
  constexpr int n = square<T>;
  const int64_t in = job.shape.in, out = job.shape.out;
  for (int64_t j = 0; j < out; j += lanes<T>) {
    const int64_t w_step = job.shape.panel_width(j / job.shape.width);
    const T* w = job.w + job.shape.index(0, j);
    const int columns = int(out - j < lanes<T> ? out - j : lanes<T>);
    for (int64_t i = 0; i < in; i += n, w += n * w_step) {
      const int64_t to_step = job.to_shape.panel_width(i / job.to_shape.width);
      T* to = job.to + job.to_shape.index(j, i);
      if (in - i >= n) {
        union {
          Vec<T> rows[n];
          SquareRow<T> columns[n][lanes<T> / n];
        } m;
#pragma GCC unroll 4
        for (int r = 0; r < n; ++r) m.rows[r] = load(w + r * w_step);
        transpose_squares(m.rows);
        for (int c = 0; c < columns; ++c) {
          *reinterpret_cast<SquareRow<T>*>(to + c * to_step) = m.columns[c % n][c / n];
        }
        continue;
      }
      for (int c = 0; c < columns; ++c) {
        for (int64_t r = 0; r < in - i; ++r) to[c * to_step + r] = w[r * w_step + c];
      }
    }
  }
}

}  // namespace neurona::NEURONA_ISA
