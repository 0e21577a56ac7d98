// Kernels of the layers other than dense.
#pragma once

#include "../jobs.h"
#include "math.h"

namespace neurona::NEURONA_ISA {

// Two passes, mean first: the squares of differences cannot cancel.
template <class T>
void column_statistics(const ColumnStatistics<T>& job) {
  const Vec<T> share = broadcast(T(1) / T(job.rows));
  for (int64_t c = job.from; c < job.to; c += lanes<T>) {
    Vec<T> total = zero<T>();
    for (int64_t r = 0; r < job.rows; ++r) total += load(job.x + r * job.ldx + c);
    const Vec<T> mean = total * share;
    Vec<T> squares = zero<T>();
    for (int64_t r = 0; r < job.rows; ++r) {
      const Vec<T> d = load(job.x + r * job.ldx + c) - mean;
      squares = fma(d, d, squares);
    }
    store(job.mean + c, mean);
    store(job.variance + c, squares * share);
  }
}

template <class T>
void column_sums(const ColumnSums<T>& job) {
  for (int64_t c = job.from; c < job.to; c += lanes<T>) {
    Vec<T> total = zero<T>();
    for (int64_t r = 0; r < job.rows; ++r) {
      const Vec<T> a = load(job.a + r * job.lda + c);
      if (job.b == nullptr) {
        total += a;
      } else {
        const Vec<T> b = load(job.b + r * job.ldb + c);
        total = fma(a, job.negative_part ? min(zero<T>(), b) : b, total);
      }
    }
    store(job.sums + c, total);
  }
}

// The vector of parameters at column c, or the number that stands for none.
template <class T>
NN_INLINE Vec<T> or_else(const T* values, int64_t c, T none) {
  return values != nullptr ? load(values + c) : broadcast(none);
}

template <class T>
void column_affine(const ColumnAffine<T>& job) {
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* x = job.x + r * job.ldx;
    T* y = job.y + r * job.ldy;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      store(y + c, load(x + c) * or_else(job.scale, c, T(1)) + or_else(job.shift, c, T(0)));
    }
  }
}

template <class T>
void batch_normalize(const BatchNormalize<T>& job) {
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* x = job.x + r * job.ldx;
    T* xhat = job.xhat + r * job.ldxhat;
    T* z = job.z + r * job.ldz;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> v = (load(x + c) - load(job.mean + c)) * load(job.inverse + c);
      store(xhat + c, v);
      store(z + c, v * or_else(job.gamma, c, T(1)) + or_else(job.beta, c, T(0)));
    }
  }
}

template <class T>
void batch_normalize_backward(const BatchNormalize<T>& job) {
  const Vec<T> share = broadcast(T(1) / T(job.rows));
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* xhat = job.xhat + r * job.ldxhat;
    const T* dz = job.z + r * job.ldz;
    T* dx = job.dx + r * job.lddx;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      Vec<T> d = load(dz + c);
      if (job.sum_dz != nullptr) {  // null: the statistics are constants
        d = d - share * (load(job.sum_dz + c) + load(xhat + c) * load(job.sum_dz_xhat + c));
      }
      store(dx + c, d * load(job.inverse + c) * or_else(job.gamma, c, T(1)));
    }
  }
}

// Sum over a row's first `count` columns of f(column).
template <class T, class Function>
NN_INLINE T row_sum(int64_t count, Function&& f) {
  Vec<T> total = zero<T>();
  for (int64_t c = 0; c < count; c += lanes<T>) {
    total += first_lanes<T>(count - c) ? f(c) : zero<T>();
  }
  return sum<T>(total);
}

template <class T>
void layer_normalize(const LayerNormalize<T>& job) {
  const T share = T(1) / T(job.count);
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* x = job.x + r * job.ldx;
    T* xhat = job.xhat + r * job.ldxhat;
    T* z = job.z + r * job.ldz;
    const Vec<T> mean = broadcast(
        row_sum<T>(job.count, [&](int64_t c) NN_INLINE_LAMBDA { return load(x + c); }) * share);
    const T variance = row_sum<T>(job.count, [&](int64_t c) NN_INLINE_LAMBDA {
                         const Vec<T> d = load(x + c) - mean;
                         return d * d;
                       }) *
                       share;
    const T inverse = T(1) / sqrt(broadcast(variance + job.epsilon))[0];
    job.inverse[r] = inverse;
    for (int64_t c = 0; c < job.count; c += lanes<T>) {
      const Vec<T> v = (load(x + c) - mean) * inverse;
      store(xhat + c, first_lanes<T>(job.count - c) ? v : zero<T>());
      store(z + c, v * or_else(job.gamma, c, T(1)) + or_else(job.beta, c, T(0)));
    }
  }
}

template <class T>
void layer_normalize_backward(const LayerNormalize<T>& job) {
  const T share = T(1) / T(job.count);
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* xhat = job.xhat + r * job.ldxhat;
    const T* dz = job.z + r * job.ldz;
    T* dx = job.dx + r * job.lddx;
    const auto dxhat = [&](int64_t c) NN_INLINE_LAMBDA {
      return load(dz + c) * or_else(job.gamma, c, T(1));
    };
    const T mean = row_sum<T>(job.count, dxhat) * share;
    const T along = row_sum<T>(job.count, [&](int64_t c) NN_INLINE_LAMBDA {
                      return dxhat(c) * load(xhat + c);
                    }) *
                    share;
    for (int64_t c = 0; c < job.count; c += lanes<T>) {
      const Vec<T> d = (dxhat(c) - mean - load(xhat + c) * along) * job.inverse[r];
      store(dx + c, first_lanes<T>(job.count - c) ? d : zero<T>());
    }
  }
}

template <class T>
void product(const Product<T>& job) {
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* a = job.a + r * job.lda;
    T* y = job.y + r * job.ldy;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      Vec<T> v = load(a + c);
      if (job.b != nullptr) v = v * load(job.b + r * job.ldb + c);
      if (job.c != nullptr) v = v + load(job.c + r * job.ldb + c);
      store(y + c, v);
    }
  }
}

template <class T>
void prelu(const Prelu<T>& job) {
  for (int64_t r = job.begin; r < job.end; ++r) {
    const T* x = job.x + r * job.ldx;
    T* z = job.z + r * job.ldz;
    for (int64_t c = 0; c < job.columns; c += lanes<T>) {
      const Vec<T> v = load(x + c), alpha = load(job.alpha + c);
      if (job.dx == nullptr) {
        store(z + c, v > 0 ? v : alpha * v);
      } else {
        const Vec<T> dz = load(z + c);
        store(job.dx + r * job.lddx + c, v > 0 ? dz : alpha * dz);
      }
    }
  }
}

// The factor that a constraint asks of a vector of norm n.
template <class T>
NN_INLINE Vec<T> constraint_factor(const Constraint& c, Vec<T> n) {
  const Vec<T> one = broadcast(T(1)), low = broadcast(T(c.low)), high = broadcast(T(c.high));
  const Vec<T> safe = n > 0 ? n : one;
  switch (c.kind) {
    case ConstraintKind::max_norm: return high / max(high, n);
    case ConstraintKind::unit_norm: return one / safe;
    case ConstraintKind::min_max_norm:
      return (T(c.rate) * min(high, max(low, n)) + T(1 - c.rate) * n) / safe;
    default: return one;
  }
}

// A matrix takes norms down its columns; a vector (one row) over the whole of it.
template <class T>
void constrain(const Constrain<T>& job) {
  if (job.constraint.kind == ConstraintKind::non_neg) {
    for (int64_t at = 0; at < job.rows * job.width; at += lanes<T>) {
      store(job.w + at, max(zero<T>(), load(job.w + at)));
    }
    return;
  }
  const bool vector = job.rows == 1;
  const int64_t rows = vector ? job.width / lanes<T> : job.rows;
  const int64_t step = vector ? lanes<T> : job.width;
  const int64_t end = vector ? lanes<T> : job.width;
  for (int64_t c = 0; c < end; c += lanes<T>) {
    // Entries are divided by the greatest before they are squared: no overflow.
    Vec<T> peak = zero<T>();
    for (int64_t r = 0; r < rows; ++r) peak = max(peak, abs(load(job.w + r * step + c)));
    if (vector) peak = broadcast(largest<T>(peak));
    peak = peak > 0 ? peak : broadcast(T(1));
    Vec<T> squares = zero<T>();
    for (int64_t r = 0; r < rows; ++r) {
      const Vec<T> v = load(job.w + r * step + c) / peak;
      squares = fma(v, v, squares);
    }
    if (vector) squares = broadcast(sum<T>(squares));
    const Vec<T> factor = constraint_factor<T>(job.constraint, peak * sqrt(squares));
    for (int64_t r = 0; r < rows; ++r) {
      T* w = job.w + r * step + c;
      store(w, load(w) * factor);
    }
  }
}

template <class T>
void penalize(T l1, T l2, const T* w, T* gradient, int64_t count, double* squares,
              double* penalty) {
  Vec<T> square_sum = zero<T>(), l1_sum = zero<T>(), l2_sum = zero<T>();
  for (int64_t at = 0; at < count; at += lanes<T>) {
    Vec<T> g = load(gradient + at);
    if (l1 != 0 || l2 != 0) {
      const Vec<T> v = load(w + at);
      const Vec<T> sign = v > 0 ? broadcast(T(1)) : (v < 0 ? broadcast(T(-1)) : zero<T>());
      g = g + l1 * sign + (T(2) * l2) * v;
      l1_sum += abs(v);
      l2_sum = fma(v, v, l2_sum);
      store(gradient + at, g);
    }
    square_sum = fma(g, g, square_sum);
  }
  *squares = double(sum<T>(square_sum));
  *penalty = double(l1) * double(sum<T>(l1_sum)) + double(l2) * double(sum<T>(l2_sum));
}

}  // namespace neurona::NEURONA_ISA
