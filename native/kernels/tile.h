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

// Where a tile's left factor lies. Its r are rows of a matrix, its k go along them …
template <class X>
struct AlongRows {
  const X* a;
  int64_t ld;
  static constexpr int64_t step = 1;
  // r goes up by 1 from 0: a place and two distances reach them all.
  NN_INLINE X read(const X*& place, int r) const {
    if (r % 4 == 0 && r > 0) place = as_is(place + 4 * ld);
    return place[r % 4 * ld];
  }
};
// … or its r are columns, its k the rows.
template <class X>
struct AcrossRows {
  const X* a;
  int64_t step;
  NN_INLINE X read(const X* place, int r) const { return place[r]; }
};
// The same of rows that lie anywhere: at(k) is what read wants to be given.
template <class X>
struct AlongEachRow {
  const X* const* rows;
  NN_INLINE int64_t at(int64_t k) const { return k; }
  NN_INLINE X read(int64_t k, int r) const { return rows[r][k]; }
};
template <class X>
struct AcrossEachRow {
  const X* const* rows;
  int64_t column;
  NN_INLINE const X* at(int64_t k) const { return rows[k] + column; }
  NN_INLINE X read(const X* place, int r) const { return place[r]; }
};

// T: the sums; X: what is multiplied, the same or pairs of bfloat16.
// left: the other factor than b; of each row where only some steps count.
// ahead(k, l) is called from time to time, before steps k to l - 1.
// some(k, l): the StepList of the steps k to l - 1.
template <class T, int R, int NV, class X, class Left, class Epilogue, class Ahead = Nothing,
          class Some = Nothing>
NN_INLINE void tile(int64_t depth, const Left& left, const X* b, int64_t b_step,
                    Epilogue&& epilogue, Ahead&& ahead = {}, Some&& some = {}) {
  static_assert(lanes<T> == lanes<X>);
  Vec<T> sums[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) sums[r][v] = zero<T>();
  }
  const auto step = [&](auto place, const X* b) NN_INLINE_LAMBDA {
    Vec<X> w[NV];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) w[v] = load(b + v * lanes<T>);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vec<X> x = broadcast(left.read(place, r));
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) sums[r][v] = fma(x, w[v], sums[r][v]);
    }
  };
  if constexpr (!is_nothing<Some>) {
    b = as_is(b);
    for (int64_t k = 0; k < depth; k += list_steps) {
      const StepList list = some(k, depth - k < list_steps ? depth : k + list_steps);
#pragma GCC unroll 1
      for (int i = 0; i < list.count; ++i) {
        const int64_t place = list.steps[i];
        step(as_is(left.at(place)), as_is(b + place * b_step));
      }
    }
  } else {
    const X* a = left.a;
    const auto multiply = [&](int64_t steps) NN_INLINE_LAMBDA {
#pragma GCC unroll 1
      for (int64_t k = 0; k < steps; ++k, a += left.step, b += b_step) step(a, b);
    };
    if constexpr (is_nothing<Ahead>) {
      multiply(depth);
    } else {
      for (int64_t k = 0; k < depth; k += ahead_steps) {
        const int64_t steps = depth - k < ahead_steps ? depth - k : ahead_steps;
        ahead(k, k + steps);
        multiply(steps);
      }
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
