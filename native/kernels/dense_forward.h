// The dense layer's forward product: z = x W + b.
#pragma once

#include "fetch.h"
#include "tile.h"
#include "zeros.h"

namespace neurona::NEURONA_ISA {

// What comes after the sums: other parts of them, the bias, ReLU.
template <class T, int R, int NV, class X>
NN_INLINE void forward_epilogue(const DenseForward<T, X>& job, int64_t row, int64_t column,
                                Vec<T> (&sums)[R][NV]) {
  const int64_t at = row * job.ldz + column;
  for (int p = 0; p < job.previous_count; ++p) {
    const T* previous = job.previous[p] + at;
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v)
        sums[r][v] = load(previous + r * job.ldz + v * lanes<T>) + sums[r][v];
  }
  if (job.bias != nullptr) {
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) {
      const Vec<T> bias = load(job.bias + column + v * lanes<T>);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) sums[r][v] += bias;
    }
  }
  if (job.relu) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) sums[r][v] = max(zero<T>(), sums[r][v]);
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) store(job.z + at + r * job.ldz + v * lanes<T>, sums[r][v]);
}

// While a panel is multiplied, the next one is fetched: each tile of R rows fetches its share
// of any `ahead_steps` rows of W.
template <class T, int R, class X>
NN_INLINE auto fetch_panel(const DenseForward<T, X>& job, int64_t panel, int64_t row) {
  int64_t first = 0, last = 0;
  if (job.fetches_w && panel + 1 < job.shape.panels) {
    const int64_t done = row - job.row_begin, all = job.row_end - job.row_begin;
    first = ahead_steps * done / all;
    last = ahead_steps * (done + R) / all;
  }
  const int64_t width = job.shape.panel_width(panel + 1);
  const X* w = job.w + (panel + 1) * job.shape.stride + job.first_input * width;
  return [=](int64_t k, int64_t l) NN_INLINE_LAMBDA {
    const X* end = w + (k + last < l ? k + last : l) * width;
    for (const X* at = w + (k + first) * width; at < end; at += 64 / sizeof(X)) {
      __builtin_prefetch(at, 0, 2);
    }
  };
}

// Rows [row, row + R) of one panel of z. some: see tile; Nothing for all steps.
template <class T, int R, int NV, class X, class Some>
NN_INLINE void forward_tile(const DenseForward<T, X>& job, const FetchShares& next, int64_t panel,
                            int64_t row, Some&& some) {
  constexpr int64_t width = NV * lanes<T>;
  const X* w = job.w + panel * job.shape.stride + job.first_input * width;
  const auto epilogue = [&](auto& sums) NN_INLINE_LAMBDA {
    forward_epilogue<T, R, NV>(job, row, panel * job.shape.width, sums);
  };
  const NextRows rows = next.of(row - job.row_begin, row - job.row_begin + R);
  if constexpr (is_nothing<Some>) {
    const auto fetch_w = fetch_panel<T, R>(job, panel, row);
    const auto ahead = [&](int64_t k, int64_t l) NN_INLINE_LAMBDA {
      fetch(rows, k, l);
      fetch_w(k, l);
    };
    const AlongRows<X> x{job.x + row * job.ldx, job.ldx};
    tile<T, R, NV>(job.depth, x, w, width, epilogue, ahead);
  } else {
    fetch_all(rows);
    const AlongEachRow<X> x{job.each_x + row};
    tile<T, R, NV>(job.depth, x, w, width, epilogue, Nothing{}, some);
  }
}

template <class T, int NV, bool zeros, int most, class X>
NN_INLINE void forward_tiles(const DenseForward<T, X>& job, int64_t panel) {
  const FetchShares next(job.next, job.row_end - job.row_begin);
  const auto tiles = [&](auto&& some) NN_INLINE_LAMBDA {
    even_tiles(job.row_begin, job.row_end, most, [&](int64_t row, int rows, int next_rows) {
      if constexpr (zeros) some.turn_to(row, rows, next_rows);
      with_constant<most>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
        forward_tile<T, decltype(tile_rows)::v, NV>(job, next, panel, row, some);
      });
    });
  };
  if constexpr (zeros) {
    int64_t kept = 0;
    StepLists lists(job.depth, [&](int64_t row, int rows, int64_t k, int64_t l,
                                   int32_t* list) NN_INLINE_LAMBDA {
      const int count = list_columns(job.nonzeros, row, rows, k, l, list);
      kept += count * rows;
      return count;
    });
    tiles(lists);
    *job.kept += kept;
  } else {
    tiles(Nothing{});
  }
}

template <class T, class X>
void dense_forward(const DenseForward<T, X>& job) {
  for (int64_t panel = job.panel_begin; panel < job.panel_end; ++panel) {
    const int vectors = int(job.shape.panel_width(panel) / lanes<T>);
    with_constant<panel_vectors>(vectors, [&](auto constant) NN_INLINE_LAMBDA {
      constexpr int NV = decltype(constant)::v;
      if constexpr (std::is_same_v<T, X>) {
        if (job.nonzeros.bits != nullptr) {
          return forward_tiles<T, NV, true, most_rows_with_zeros(NV)>(job, panel);
        }
      }
      forward_tiles<T, NV, false, most_rows(NV)>(job, panel);
    });
  }
}

template <class T>
void send(const T* from, T* to, int64_t count) {
  for (int64_t i = 0; i < count; i += lanes<T>) stream(to + i, load(from + i));
}

template <class T>
void sum_parts(const SumParts<T>& job) {
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const int64_t at = r * job.ldz + c;
      Vec<T> sums[8];  // more than levels of the tree of parts
      int top = 0;
      for (int64_t part = 0; part < job.count; ++part) {
        Vec<T> sum = load(job.parts[part] + at);
        for (int m = job.merges[part]; m > 0; --m) sum = sums[--top] + sum;
        sums[top++] = sum;
      }
      Vec<T> z = sums[0];
      if (job.bias != nullptr) z += load(job.bias + c);
      if (job.relu) z = max(zero<T>(), z);
      store(job.z + at, z);
    }
  }
}

}  // namespace neurona::NEURONA_ISA
