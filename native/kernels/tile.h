// The register tile: the inner loop that does nearly all the arithmetic.
//
// C[R, NV vectors] = Σ_k a(r, k) · b(k, :). Accumulators live in registers; per
// k there are NV vector loads of b, R broadcasts of a and R·NV multiply-adds.
// Forward uses a = activations, b = a panel of weights; backward the same with
// transposed weights; the weight gradient uses a = activations read by columns,
// b = rows of dz. Each element is summed over k in ascending order, whatever
// the tile's shape, so how rows are cut into tiles never changes a bit.
#pragma once

#include <type_traits>

#include "simd.h"

namespace neurona::NEURONA_ISA {

// Vectors in a full panel, and how many rows a tile of each width may have.
inline constexpr int panel_vectors = registers == 32 ? 4 : 2;
inline constexpr int widest_rows = 12;

template <class T>
inline constexpr int panel_lanes = panel_vectors * lanes<T>;

constexpr int most_rows(int vectors) {
  if (registers == 32) return vectors == 4 ? 6 : vectors == 3 ? 8 : 12;
  return vectors == 2 ? 6 : 12;
}

// Of a tile that leaves out steps whose rows are all 0: fewer rows, more such steps.
constexpr int most_rows_with_zeros(int vectors) { return vectors == 1 ? 12 : 4; }

// What is done before or after a tile, or in its midst, where nothing is to be done.
struct Nothing {
  template <class... Args>
  void operator()(Args...) const {}
};
inline constexpr int64_t ahead_steps = 16;  // of a tile, between two calls of its `ahead`
inline constexpr int64_t list_steps = 256;  // of a tile, in one list

// Those of a tile's steps that count, in ascending order.
struct StepList {
  const int32_t* steps;
  int count;
};

template <class F>
inline constexpr bool is_nothing = std::is_same_v<std::remove_cvref_t<F>, Nothing>;

template <int value>
struct Constant {
  static constexpr int v = value;
};

// T: the sums; X: what is multiplied, the same or pairs of bfloat16.
// ahead(k, l) is called from time to time, before steps k to l - 1.
// some(k, l): the StepList of the steps k to l - 1.
template <class T, int R, int NV, class X, class Epilogue, class Ahead = Nothing,
          class Some = Nothing>
NN_INLINE void tile(int64_t depth, const X* a, int64_t a_row, int64_t a_step, const X* b,
                    int64_t b_step, Epilogue&& epilogue, Ahead&& ahead = {}, Some&& some = {}) {
  static_assert(lanes<T> == lanes<X>);
  Vec<T> sums[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) sums[r][v] = zero<T>();
  }
  const auto step = [&](const X* a, const X* b) NN_INLINE_LAMBDA {
    Vec<X> w[NV];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) w[v] = load(b + v * lanes<T>);
    const X* four = a;  // rows: a place and two distances reach them all
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      if (r % 4 == 0 && r > 0 && !__builtin_constant_p(a_row)) four = as_is(four + 4 * a_row);
      const Vec<X> x = broadcast(__builtin_constant_p(a_row) ? a[r * a_row] : four[r % 4 * a_row]);
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) sums[r][v] = fma(x, w[v], sums[r][v]);
    }
  };
  const auto multiply = [&](int64_t steps) NN_INLINE_LAMBDA {
#pragma GCC unroll 1
    for (int64_t k = 0; k < steps; ++k, a += a_step, b += b_step) step(a, b);
  };
  if constexpr (!is_nothing<Some>) {
    a = as_is(a);
    b = as_is(b);
    for (int64_t k = 0; k < depth; k += list_steps) {
      const StepList list = some(k, depth - k < list_steps ? depth : k + list_steps);
#pragma GCC unroll 1
      for (int i = 0; i < list.count; ++i) {
        step(as_is(a + list.steps[i] * a_step), as_is(b + list.steps[i] * b_step));
      }
    }
  } else if constexpr (is_nothing<Ahead>) {
    multiply(depth);
  } else {
    for (int64_t k = 0; k < depth; k += ahead_steps) {
      const int64_t steps = depth - k < ahead_steps ? depth - k : ahead_steps;
      ahead(k, k + steps);
      multiply(steps);
    }
  }
  epilogue(sums);
}

// Calls f(Constant<R>) for the run-time number r in 1 … most.
template <int most, class Function>
NN_INLINE void with_constant(int r, Function&& f) {
  if constexpr (most >= 1) {
    if (r == most) {
      f(Constant<most>{});
    } else {
      with_constant<most - 1>(r, f);
    }
  }
}

// Cuts [begin, end) into the fewest tiles of at most `most`, as even as can be
// (100 = 6s and 5s, not sixteen 6s and a 4), and calls f(start, rows, rows of the next or 0).
template <class Function>
NN_INLINE void even_tiles(int64_t begin, int64_t end, int most, Function&& f) {
  if (begin >= end) return;
  const int64_t count = end - begin, tiles = (count + most - 1) / most;
  const int64_t short_rows = count / tiles, longer = count % tiles;
  for (int64_t t = 0; t < tiles; ++t) {
    const int rows = int(short_rows + (t < longer));
    f(begin, rows, t + 1 < tiles ? int(short_rows + (t + 1 < longer)) : 0);
    begin += rows;
  }
}

}  // namespace neurona::NEURONA_ISA
