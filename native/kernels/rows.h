// Row-wise kernels: gathering inputs, activations and their derivatives.
#pragma once

#include "../kernels.h"
#include "math.h"
#include "tile.h"

namespace neurona::NEURONA_ISA {

template <class T, class In>
NN_INLINE void gather_rows(const Gather<T>& job) {
  const In* data = static_cast<const In*>(job.data);
  const int64_t count = job.column_end - job.column_begin;
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const In* x = data + job.order[r] * job.columns + job.column_begin;
    T* h = job.h + r * job.ldh;
    if (r < job.next_rows) {
      const char* next =
          reinterpret_cast<const char*>(data + job.next_order[r] * job.columns + job.column_begin);
      for (int64_t byte = 0; byte < count * int64_t(sizeof(In)); byte += 64) {
        __builtin_prefetch(next + byte, 0, 2);
      }
    }
    if (job.scale == nullptr) {
      for (int64_t c = 0; c < count; ++c) h[c] = T(x[c]);
    } else {
      const T* scale = job.scale + job.column_begin;
      const T* shift = job.shift + job.column_begin;
      for (int64_t c = 0; c < count; ++c) h[c] = T(x[c]) * scale[c] + shift[c];
    }
  }
}

template <class T>
void gather(const Gather<T>& job) {
  switch (job.type) {
    case InputType::uint8: return gather_rows<T, uint8_t>(job);
    case InputType::float32: return gather_rows<T, float>(job);
    case InputType::float64: return gather_rows<T, double>(job);
  }
}

inline constexpr double selu_alpha = 1.6732632423543772848170429916717;
inline constexpr double selu_scale = 1.0507009873554804934193349852946;

// h = g(z), vector by vector.
template <class T>
NN_INLINE Vec<T> activation(const Activation& g, Vec<T> z) {
  const Vec<T> nil = zero<T>(), one = broadcast(T(1));
  const Vec<T> a = broadcast(T(g.a)), b = broadcast(T(g.b)), c = broadcast(T(g.c));
  switch (g.kind) {
    case ActivationKind::relu: return max(nil, z);
    case ActivationKind::sigmoid: return sigmoid(z);
    case ActivationKind::tanh: return tanh(z);
    case ActivationKind::leaky_relu: return z < 0 ? a * z : z;
    case ActivationKind::general_relu: return z >= b ? b : (z >= c ? z : a * (z - c));
    case ActivationKind::elu: return z < 0 ? a * expm1(z) : z;
    case ActivationKind::selu:
      return T(selu_scale) * (z < 0 ? T(selu_alpha) * expm1(z) : z);
    case ActivationKind::softplus: return softplus<T>(z);
    case ActivationKind::softsign: return z / (one + abs(z));
    case ActivationKind::exponential: return exp(z);
    case ActivationKind::gelu: return T(0.5) * z * (one + erf(z * T(0.70710678118654752440)));
    case ActivationKind::gelu_tanh:
      return T(0.5) * z * (one + tanh(T(0.79788456080286535588) * (z + T(0.044715) * z * z * z)));
    case ActivationKind::silu: return z * sigmoid(z);
    case ActivationKind::hard_sigmoid: return max(nil, min(one, (z + one) * T(0.5)));
    case ActivationKind::ramp: return max(-one, min(one, z));
    case ActivationKind::arctan: return atan(z);
    case ActivationKind::sign: return z > 0 ? one : (z < 0 ? -one : z);
    case ActivationKind::binary_step: return z >= 0 ? one : (z < 0 ? nil : z);
    default: return z;
  }
}

// g'(z), from h where derivative_from_output says so.
template <class T>
NN_INLINE Vec<T> derivative(const Activation& g, Vec<T> z, Vec<T> h) {
  const Vec<T> nil = zero<T>(), one = broadcast(T(1));
  const Vec<T> a = broadcast(T(g.a)), b = broadcast(T(g.b)), c = broadcast(T(g.c));
  switch (g.kind) {
    case ActivationKind::relu: return h > 0 ? one : nil;
    case ActivationKind::sigmoid: return h * (one - h);
    case ActivationKind::tanh: return one - h * h;
    case ActivationKind::leaky_relu: return h < 0 ? a : one;
    case ActivationKind::general_relu: return z >= b ? nil : (z >= c ? one : a);
    case ActivationKind::elu: return z < 0 ? h + a : one;
    case ActivationKind::selu: return h < 0 ? h + T(selu_scale * selu_alpha) : T(selu_scale) + nil;
    case ActivationKind::softplus: return -expm1(-h);
    case ActivationKind::softsign: return (one - abs(h)) * (one - abs(h));
    case ActivationKind::exponential: return h;
    case ActivationKind::gelu:
      return T(0.5) * (one + erf(z * T(0.70710678118654752440))) +
             z * T(0.39894228040143267794) * exp(T(-0.5) * z * z);
    case ActivationKind::gelu_tanh: {
      const Vec<T> u = tanh(T(0.79788456080286535588) * (z + T(0.044715) * z * z * z));
      const Vec<T> du = T(0.79788456080286535588) * (one + T(0.134145) * z * z);
      return T(0.5) * (one + u) + T(0.5) * z * (one - u * u) * du;
    }
    case ActivationKind::silu: {
      const Vec<T> s = sigmoid(z);
      return s * (one + z * (one - s));
    }
    case ActivationKind::hard_sigmoid: return (h > 0 ? T(0.5) + nil : nil) * (h < 1 ? one : nil);
    case ActivationKind::ramp: return (h > -1 ? one : nil) * (h < 1 ? one : nil);
    case ActivationKind::arctan: return one / (one + z * z);
    case ActivationKind::sign:
    case ActivationKind::binary_step: return nil;
    default: return one;
  }
}

// Softmax of one row in place; returns nothing but probabilities. `columns`
// may end inside a vector: lanes beyond it are left as zeros.
template <class T>
struct SoftmaxRow {
  T peak, total;
};

template <class T>
NN_INLINE SoftmaxRow<T> softmax_row(const T* z, T* p, int64_t columns) {
  constexpr T lowest = -__builtin_huge_val();
  Vec<T> peaks = broadcast(lowest);
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = load(z + c);
    peaks = max(peaks, first_lanes<T>(columns - c) ? v : broadcast(lowest));
  }
  const T peak = largest<T>(peaks);
  Vec<T> totals = zero<T>();
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> e = exp(load(z + c) - broadcast(peak));
    const Vec<T> valid = first_lanes<T>(columns - c) ? e : zero<T>();
    store(p + c, valid);
    totals += valid;
  }
  const T total = sum<T>(totals);
  const Vec<T> inverse = broadcast(T(1) / total);
  for (int64_t c = 0; c < columns; c += lanes<T>) store(p + c, load(p + c) * inverse);
  return {peak, total};
}

template <class T>
void log_softmax_row(const T* z, T* h, int64_t columns) {
  const SoftmaxRow<T> row = softmax_row(z, h, columns);
  const Vec<T> shift = broadcast(row.peak) + log(broadcast(row.total));
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> v = load(z + c) - shift;
    store(h + c, first_lanes<T>(columns - c) ? v : zero<T>());
  }
}

// Calls f(activation) with a kind known to the compiler, so that its switches
// are gone from the loops.
template <class Function>
NN_INLINE void with_activation(const Activation& g, Function&& f) {
  with_constant<int(ActivationKind::binary_step)>(int(g.kind), [&](auto kind) NN_INLINE_LAMBDA {
    f(Activation{ActivationKind(decltype(kind)::v), g.a, g.b, g.c});
  });
}

template <class T>
void activate(const ActivationRows<T>& job) {
  const Activation g = job.activation;
  if (g.kind != ActivationKind::softmax && g.kind != ActivationKind::log_softmax) {
    return with_activation(g, [&](const Activation known) {
      for (int64_t r = job.row_begin; r < job.row_end; ++r) {
        const T* z = job.z + r * job.ldz;
        T* h = job.h + r * job.ldh;
        for (int64_t c = 0; c < job.columns; c += lanes<T>) {
          store(h + c, activation<T>(known, load(z + c)));
        }
      }
    });
  }
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const T* z = job.z + r * job.ldz;
    T* h = job.h + r * job.ldh;
    if (g.kind == ActivationKind::softmax) {
      softmax_row(z, h, job.columns);
    } else {
      log_softmax_row(z, h, job.columns);
    }
  }
}

// Rows of the softmax's Jacobian: dz = p (dh − Σ dh p); log-softmax: dz = dh − p Σ dh.
template <class T>
NN_INLINE void softmax_backward_row(const T* h, T* dh, int64_t columns, bool logarithm) {
  Vec<T> sums = zero<T>();
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    sums += logarithm ? load(dh + c) : load(dh + c) * load(h + c);
  }
  const Vec<T> total = broadcast(sum<T>(sums));
  for (int64_t c = 0; c < columns; c += lanes<T>) {
    const Vec<T> d = load(dh + c), y = load(h + c);
    const Vec<T> dz = logarithm ? d - exp(y) * total : y * (d - total);
    store(dh + c, first_lanes<T>(columns - c) ? dz : zero<T>());
  }
}

template <class T>
void activate_backward(const ActivationRows<T>& job) {
  const Activation g = job.activation;
  const bool logarithm = g.kind == ActivationKind::log_softmax;
  if (logarithm || g.kind == ActivationKind::softmax) {
    for (int64_t r = job.row_begin; r < job.row_end; ++r) {
      softmax_backward_row(job.h + r * job.ldh, job.dh + r * job.lddh, job.columns, logarithm);
    }
    return;
  }
  with_activation(g, [&](const Activation known) {
    for (int64_t r = job.row_begin; r < job.row_end; ++r) {
      const T* z = job.z + r * job.ldz;
      const T* h = job.h + r * job.ldh;
      T* dh = job.dh + r * job.lddh;
      for (int64_t c = 0; c < job.columns; c += lanes<T>) {
        const Vec<T> slope = derivative<T>(known, load(z + c), load(h + c));
        store(dh + c, load(dh + c) * slope);
      }
    }
  });
}

}  // namespace neurona::NEURONA_ISA
