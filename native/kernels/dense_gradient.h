// The dense layer's gradients, dW = xᵀ dz and db = Σ dz, with the optimizer's step.
#pragma once

#include "fetch.h"
#include "optimizers.h"
#include "tile.h"
#include "zeros.h"

namespace neurona::NEURONA_ISA {

// Calls what finish() gives, f(place in the packed array, gradient), for each vector of rows
// [begin, begin + R) of the job's panel. Once a tile, that it has no registers meanwhile.
// fetch(place, first, last): lines first to last - 1 from this place of the parameters on.
// some: see tile; Nothing for all steps.
template <class T, int R, int NV, class X, class Finish, class Fetch, class Some>
NN_INLINE void gradient_tile(const DenseGradient<T, X>& job, int64_t begin, Finish&& finish,
                             Fetch&& fetch, Some&& some) {
  const int64_t column = begin - job.first_input;
  const X* dz = job.dz + job.panel * job.shape.width;
  const int64_t at = job.panel * job.shape.stride + begin * NV * lanes<T>;
  const auto epilogue = [&](auto& sums) NN_INLINE_LAMBDA {
    const int64_t first = as_is(at);
    const auto finish_vector = finish();
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) {  // + 0: see zeros.h
        finish_vector(first + (r * NV + v) * lanes<T>, sums[r][v] + zero<T>());
      }
  };
  const auto through = [&](auto&& ahead) NN_INLINE_LAMBDA {
    const AcrossRows<X> x{job.x + column, job.ldx};
    tile<T, R, NV>(job.batch, x, dz, job.lddz, epilogue, ahead);
  };
  constexpr int64_t lines = R * NV * vector_bytes / 64;
  if constexpr (!is_nothing<Some>) {
    if (job.prefetch) fetch(at, 0, lines);
    const AcrossEachRow<X> x{job.each_x, column};
    tile<T, R, NV>(job.batch, x, dz, job.lddz, epilogue, Nothing{}, some);
  } else if constexpr (is_nothing<Fetch>) {
    through(Nothing{});
  } else {
    // Bit by bit, since a core that has too many misses going waits; and all in time.
    int64_t a_call = 0;
    if (job.prefetch) {
      const int64_t calls = 1 + job.batch / ahead_steps * 2 / 3;
      a_call = (lines + calls - 1) / calls;
    }
    int64_t done = 0;
    through([&](int64_t, int64_t) NN_INLINE_LAMBDA {
      const int64_t next = done + a_call < lines ? done + a_call : lines;
      fetch(at, done, next);
      done = next;
    });
  }
}

template <class T, int NV, class X, class Finish, class After = Nothing, class Fetch = Nothing>
NN_INLINE void gradient_tiles(const DenseGradient<T, X>& job, Finish&& finish, After&& after = {},
                              Fetch&& fetch = {}) {
  const FetchShares next(job.next, job.end - job.begin);
  const auto tiles = [&](auto most, auto&& some) NN_INLINE_LAMBDA {
    constexpr int most_rows = decltype(most)::v;
    even_tiles(job.begin, job.end, most_rows,
               [&](int64_t begin, int rows, int next_rows) NN_INLINE_LAMBDA {
      const int64_t done = begin - job.begin;
      fetch_all(next.of(done, done + rows));
      if constexpr (!is_nothing<decltype(some)>) some.turn_to(begin, rows, next_rows);
      with_constant<most_rows>(rows, [&](auto tile_rows) NN_INLINE_LAMBDA {
        gradient_tile<T, decltype(tile_rows)::v, NV>(job, begin, finish, fetch, some);
      });
      after(begin, rows);
    });
  };
  if constexpr (std::is_same_v<T, X>) {
    if (job.nonzeros.bits != nullptr) {
      StepLists lists(job.batch, [&](int64_t begin, int rows, int64_t k, int64_t l,
                                     int32_t* list) NN_INLINE_LAMBDA {
        return list_rows(job.nonzeros, begin - job.first_input, rows, k, l, list);
      });
      return tiles(Constant<most_rows_with_zeros(NV)>{}, lists);
    }
  }
  tiles(Constant<most_rows(NV)>{}, Nothing{});
}

template <class T, int NV, class X>
void store_gradient(const DenseGradient<T, X>& job) {
  gradient_tiles<T, NV>(job, [&]() NN_INLINE_LAMBDA {
    return [&](int64_t at, Vec<T> g) NN_INLINE_LAMBDA { store(job.gradient + at, g); };
  });
}

// The usual optimizers run straight from the tile's registers.
template <class T, int NV, class Optimizer, class X>
void fused_update(const DenseGradient<T, X>& job) {
  const Parameters<T> parameters = job.parameters;  // our own: no store can change them
  const auto fetch = [&](int64_t at, int64_t first, int64_t last) NN_INLINE_LAMBDA {
    constexpr int64_t line = 64 / sizeof(T);
    for (int64_t e = at + first * line; e < at + last * line; e += line) {
      __builtin_prefetch(parameters.w + e, 1, 3);
      for (int s = 0; s < Optimizer::slots; ++s) {
        __builtin_prefetch(parameters.slots[s] + e, 1, 3);
      }
    }
  };
  gradient_tiles<T, NV>(
      job,
      [&]() NN_INLINE_LAMBDA {
        return [&, optimizer = Optimizer(*as_is(job.optimizer))](int64_t at, Vec<T> g)
            NN_INLINE_LAMBDA { step_vector(optimizer, parameters, at, g); };
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
      job,
      [&]() NN_INLINE_LAMBDA {
        return [&](int64_t at, Vec<T> g) NN_INLINE_LAMBDA { store(buffer + at - origin, g); };
      },
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
