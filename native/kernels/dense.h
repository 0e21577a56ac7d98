// The dense layer's three products, on packed weights.
#pragma once

#include "optimizers.h"
#include "tile.h"
#include "zeros.h"

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

template <class T, class X>
void dense_forward(const DenseForward<T, X>& job) {
  for (int64_t panel = job.panel_begin; panel < job.panel_end; ++panel) {
    const int64_t width = job.shape.panel_width(panel);
    const X* w = job.w + panel * job.shape.stride + job.first_input * width;
    const int64_t column = panel * job.shape.width;
    with_constant<panel_vectors>(int(width / lanes<T>), [&](auto vectors) NN_INLINE_LAMBDA {
      constexpr int NV = decltype(vectors)::v;
      const auto tiles = [&](auto most, auto zeros) NN_INLINE_LAMBDA {
      constexpr int most_rows = decltype(most)::v;
      even_tiles(job.row_begin, job.row_end, most_rows, [&](int64_t row, int rows) {
        with_constant<most_rows>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
          constexpr int R = decltype(tile_rows)::v;
          const auto finish = [&](auto& sums) NN_INLINE_LAMBDA {
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
              for (int v = 0; v < NV; ++v)
                store(job.z + at + r * job.ldz + v * lanes<T>, sums[r][v]);
          };
          const auto through = [&](auto&& ahead, auto&& some) NN_INLINE_LAMBDA {
            tile<T, R, NV>(job.depth, job.x + row * job.ldx, job.ldx, 1, w, NV * lanes<T>, finish,
                           ahead, some);
          };
          if constexpr (decltype(zeros)::v) {
            int64_t kept = 0;
            if (job.next != nullptr) fetch_share(*job.next, row, row + R, job.rows);
            through(Nothing{}, [&](int64_t k, int64_t l, int32_t* list) NN_INLINE_LAMBDA {
              const int count = list_columns(job.nonzeros, row, R, k, l, list);
              kept += count;
              return count;
            });
            if (job.kept != nullptr) *job.kept += kept * R;
          } else if (std::is_same_v<T, X> && job.next != nullptr) {
            const NextRows share = share_of(*job.next, row, row + R, job.rows);
            through([&](int64_t k, int64_t l) NN_INLINE_LAMBDA { fetch(share, k, l); }, Nothing{});
          } else if (job.fetches_w && panel + 1 < job.shape.panels) {
            // Each row tile fetches some of any `ahead_steps` rows of W.
            const int64_t done = row - job.row_begin, all = job.row_end - job.row_begin;
            const int64_t first = ahead_steps * done / all, last = ahead_steps * (done + R) / all;
            const int64_t next_width = job.shape.panel_width(panel + 1);
            const X* next = job.w + (panel + 1) * job.shape.stride + job.first_input * next_width;
            through([&](int64_t k, int64_t l) NN_INLINE_LAMBDA {
              const X* end = next + (k + last < l ? k + last : l) * next_width;
              for (const X* at = next + (k + first) * next_width; at < end; at += 64 / sizeof(X)) {
                __builtin_prefetch(at, 0, 2);
              }
            }, Nothing{});
          } else {
            through(Nothing{}, Nothing{});
          }
        });
      });
      };
      if constexpr (std::is_same_v<T, X>) {
        if (job.nonzeros.bits != nullptr) {
          return tiles(Constant<most_rows_with_zeros(NV)>{}, Constant<true>{});
        }
      }
      tiles(Constant<most_rows(NV)>{}, Constant<false>{});
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

// Calls finish(place in the packed array, gradient) for each vector of rows
// [begin, begin + R) of the job's panel.
// fetch(place, first, last): lines first to last - 1 from this place of the parameters on.
template <class T, int R, int NV, bool zeros, class X, class Finish, class Fetch>
NN_INLINE void gradient_tile(const DenseGradient<T, X>& job, int64_t begin, Finish&& finish,
                             Fetch&& fetch) {
  const int64_t column = begin - job.first_input;
  const X* x = job.x + column;
  const X* dz = job.dz + job.panel * job.shape.width;
  const int64_t at = job.panel * job.shape.stride + begin * NV * lanes<T>;
  const auto epilogue = [&](auto& sums) NN_INLINE_LAMBDA {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) {  // + 0: see zeros.h
        finish(at + (r * NV + v) * lanes<T>, sums[r][v] + zero<T>());
      }
  };
  const auto through = [&](auto&& ahead, auto&& some) NN_INLINE_LAMBDA {
    tile<T, R, NV>(job.batch, x, 1, job.ldx, dz, job.lddz, epilogue, ahead, some);
  };
  constexpr int64_t lines = R * NV * vector_bytes / 64;
  if constexpr (zeros) {
    if (job.prefetch) fetch(at, 0, lines);
    through(Nothing{}, [&](int64_t k, int64_t l, int32_t* list) NN_INLINE_LAMBDA {
      return list_rows(job.nonzeros, column, R, k, l, list);
    });
  } else if (is_nothing<Fetch> || !job.prefetch) {
    through(Nothing{}, Nothing{});
  } else {
    // Bit by bit, since a core that has too many misses going waits; and all in time.
    const int64_t calls = 1 + job.batch / ahead_steps * 2 / 3;
    const int64_t some = (lines + calls - 1) / calls;
    int64_t done = 0;
    through([&](int64_t, int64_t) NN_INLINE_LAMBDA {
      const int64_t next = done + some < lines ? done + some : lines;
      fetch(at, done, next);
      done = next;
    }, Nothing{});
  }
}

template <class T, int NV, class X, class Finish, class After = Nothing, class Fetch = Nothing>
NN_INLINE void gradient_tiles(const DenseGradient<T, X>& job, Finish&& finish, After&& after = {},
                              Fetch&& fetch = {}) {
  const auto tiles = [&](auto most, auto zeros) NN_INLINE_LAMBDA {
    constexpr int most_rows = decltype(most)::v;
    even_tiles(job.begin, job.end, most_rows, [&](int64_t begin, int rows) NN_INLINE_LAMBDA {
      const int64_t done = begin - job.begin;
      if (job.next != nullptr) fetch_share(*job.next, done, done + rows, job.end - job.begin);
      with_constant<most_rows>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
        gradient_tile<T, decltype(tile_rows)::v, NV, decltype(zeros)::v>(job, begin, finish, fetch);
      });
      after(begin, rows);
    });
  };
  if constexpr (std::is_same_v<T, X>) {
    if (job.nonzeros.bits != nullptr) {
      return tiles(Constant<most_rows_with_zeros(NV)>{}, Constant<true>{});
    }
  }
  tiles(Constant<most_rows(NV)>{}, Constant<false>{});
}

template <class T, int NV, class X>
void store_gradient(const DenseGradient<T, X>& job) {
  gradient_tiles<T, NV>(
      job, [&](int64_t at, Vec<T> g) NN_INLINE_LAMBDA { store(job.gradient + at, g); });
}

// The usual optimizers run straight from the tile's registers.
template <class T, int NV, class Optimizer, class X>
void fused_update(const DenseGradient<T, X>& job) {
  const Optimizer optimizer(*job.optimizer);
  const auto fetch = [&](int64_t at, int64_t first, int64_t last) NN_INLINE_LAMBDA {
    constexpr int64_t line = 64 / sizeof(T);
    for (int64_t e = at + first * line; e < at + last * line; e += line) {
      __builtin_prefetch(job.parameters.w + e, 1, 3);
      for (int s = 0; s < Optimizer::slots; ++s) {
        __builtin_prefetch(job.parameters.slots[s] + e, 1, 3);
      }
    }
  };
  gradient_tiles<T, NV>(
      job,
      [&](int64_t at, Vec<T> g) NN_INLINE_LAMBDA {
        step_vector(optimizer, job.parameters, at, g);
      },
      Nothing{}, fetch);
}

// The others, and those with regularizers or clipping, from a small buffer in L1.
template <class T, int NV, class X>
void buffered_update(const DenseGradient<T, X>& job) {
  constexpr int64_t width = NV * lanes<T>;
  alignas(64) T buffer[most_rows(NV) * width];
  int64_t origin = job.panel * job.shape.stride + job.begin * width;
  gradient_tiles<T, NV>(
      job, [&](int64_t at, Vec<T> g) NN_INLINE_LAMBDA { store(buffer + at - origin, g); },
      [&](int64_t, int rows) {
        Parameters<T> p = job.parameters;
        p.w += origin;
        for (T*& slot : p.slots) {
          if (slot != nullptr) slot += origin;
        }
        update(*job.optimizer, p, buffer, rows * width);
        origin += rows * width;
      });
}

template <class T, class X>
void dense_gradient(const DenseGradient<T, X>& job) {
  const int64_t width = job.shape.panel_width(job.panel);
  with_constant<panel_vectors>(int(width / lanes<T>), [&](auto vectors) {
    constexpr int NV = decltype(vectors)::v;
    if (job.gradient != nullptr) return store_gradient<T, NV>(job);
    if (!job.optimizer->plain) return buffered_update<T, NV>(job);
    switch (job.optimizer->kind) {
      case OptimizerKind::sgd: return fused_update<T, NV, Sgd<T>>(job);
      case OptimizerKind::momentum: return fused_update<T, NV, Momentum<T>>(job);
      case OptimizerKind::nesterov: return fused_update<T, NV, Nesterov<T>>(job);
      case OptimizerKind::adam: return fused_update<T, NV, Adam<T>>(job);
      default: return buffered_update<T, NV>(job);
    }
  });
}

// Sums over the batch, rows in order; some vectors of columns side by side.
template <class T>
void bias_gradient(const BiasGradient<T>& job) {
  constexpr int most = 4;
  for (int64_t j = job.begin; j < job.end; j += most * lanes<T>) {
    const int64_t left = (job.end - j) / lanes<T>;
    with_constant<most>(int(left < most ? left : most), [&](auto vectors) {
      constexpr int NV = decltype(vectors)::v;
      Vec<T> g[NV] = {};
      for (int64_t r = 0; r < job.batch; ++r) {
        for (int v = 0; v < NV; ++v) g[v] += load(job.dz + r * job.lddz + j + v * lanes<T>);
      }
      alignas(64) T buffer[NV * lanes<T>];
      T* to = job.gradient != nullptr ? job.gradient + j : buffer;
      for (int v = 0; v < NV; ++v) store(to + v * lanes<T>, g[v]);
      if (job.gradient != nullptr) return;
      Parameters<T> p = job.parameters;
      p.w += j;
      for (T*& slot : p.slots) {
        if (slot != nullptr) slot += j;
      }
      update(*job.optimizer, p, buffer, NV * lanes<T>);
    });
  }
}

}  // namespace neurona::NEURONA_ISA
