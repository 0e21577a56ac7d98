// Activations and their derivatives: twins of neurona.activations.
#pragma once

#include "../jobs.h"
#include "softmaxes.h"
#include "tile.h"

namespace neurona::NEURONA_ISA {

inline constexpr double selu_alpha = 1.6732632423543772848170429916717;
inline constexpr double selu_scale = 1.0507009873554804934193349852946;
inline constexpr double root_half = 0.70710678118654752440;
inline constexpr double root_two_over_pi = 0.79788456080286535588;
inline constexpr double density_at_zero = 0.39894228040143267794;

// h = g(z), vector by vector.
template <class T>
NN_INLINE Vec<T> activation(const Activation& g, Vec<T> z) {
  const Vec<T> nil = zero<T>(), one = broadcast(T(1)), half = broadcast(T(0.5));
  const Vec<T> a = broadcast(T(g.a)), b = broadcast(T(g.b)), c = broadcast(T(g.c));
  switch (g.kind) {
    case ActivationKind::relu: return max(nil, z);
    case ActivationKind::sigmoid: return sigmoid(z);
    case ActivationKind::tanh: return tanh(z);
    case ActivationKind::leaky_relu: return z <= 0 ? a * z : z;
    case ActivationKind::general_relu: return min(b, z <= c ? a * (z - c) : z);
    case ActivationKind::elu: return z < 0 ? a * expm1(z) : z;
    case ActivationKind::selu: return T(selu_scale) * (z < 0 ? T(selu_alpha) * expm1(z) : z);
    case ActivationKind::celu: return z < 0 ? a * expm1(z / a) : z;
    case ActivationKind::softplus: return softplus<T>(z);
    case ActivationKind::softsign: return z / (one + abs(z));
    case ActivationKind::exponential: return exp(z);
    case ActivationKind::gelu: return half * z * (one + erf(z * T(root_half)));
    case ActivationKind::gelu_tanh:
      return half * z * (one + tanh(T(root_two_over_pi) * (z + T(0.044715) * z * z * z)));
    case ActivationKind::silu: return z * sigmoid(z);
    case ActivationKind::hard_silu: return z * max(nil, min(one, z * T(1.0 / 6) + half));
    case ActivationKind::mish: return z * tanh(softplus<T>(z));
    case ActivationKind::hard_sigmoid: return max(nil, min(one, a * z + half));
    case ActivationKind::hard_tanh: return max(-one, min(one, z));
    case ActivationKind::log_sigmoid: return -softplus<T>(-z);
    case ActivationKind::squareplus: return max(nil, z) + half * a / (abs(z) + sqrt(z * z + a));
    case ActivationKind::sparse_plus: {
      const Vec<T> root = max(nil, min(one, half * z + half));
      return root * root + max(nil, z - one);
    }
    case ActivationKind::hard_shrink: return abs(z) <= a ? nil : z;
    case ActivationKind::soft_shrink: return z - max(-a, min(a, z));
    case ActivationKind::tanh_shrink: return z - tanh(z);
    case ActivationKind::arctan: return atan(z);
    case ActivationKind::sign: return z > 0 ? one : (z < 0 ? -one : z);
    case ActivationKind::step: return z >= 0 ? one : (z < 0 ? nil : z);
    default: return z;
  }
}

// g'(z), from h alone where derivative_from_output says so.
template <class T>
NN_INLINE Vec<T> derivative(const Activation& g, Vec<T> z, Vec<T> h) {
  const Vec<T> nil = zero<T>(), one = broadcast(T(1)), half = broadcast(T(0.5));
  const Vec<T> a = broadcast(T(g.a)), b = broadcast(T(g.b)), c = broadcast(T(g.c));
  switch (g.kind) {
    case ActivationKind::relu: return h > 0 ? one : nil;
    case ActivationKind::sigmoid: return h * (one - h);
    case ActivationKind::tanh: return one - h * h;
    case ActivationKind::leaky_relu: return z > 0 ? one : a;
    case ActivationKind::general_relu: return z >= b ? nil : (z > c ? one : a);
    case ActivationKind::elu: return z > 0 ? one : min(nil, h) + a;
    case ActivationKind::selu:
      return z > 0 ? T(selu_scale) + nil : min(nil, h) + T(selu_scale * selu_alpha);
    case ActivationKind::celu: return min(nil, h) / a + one;
    case ActivationKind::softplus: return -expm1(-h);
    case ActivationKind::softsign: {
      const Vec<T> root = one / (one + abs(z));
      return root * root;
    }
    case ActivationKind::exponential: return h;
    case ActivationKind::gelu:
      return half * (one + erf(z * T(root_half))) +
             z * T(density_at_zero) * exp(T(-0.5) * z * z);
    case ActivationKind::gelu_tanh: {
      const Vec<T> u = tanh(T(root_two_over_pi) * (z + T(0.044715) * z * z * z));
      const Vec<T> du = T(root_two_over_pi) * (one + T(0.134145) * z * z);
      return half * (one + u) + half * z * (one - u * u) * du;
    }
    case ActivationKind::silu: {
      const Vec<T> s = sigmoid(z);
      return s + h * (one - s);
    }
    case ActivationKind::hard_silu: {
      const Vec<T> gate = max(nil, min(one, z * T(1.0 / 6) + half));
      return gate + (abs(z) < T(3) ? z * T(1.0 / 6) : nil);
    }
    case ActivationKind::mish: {
      const Vec<T> t = tanh(softplus<T>(z));
      return t + z * (one - t * t) * sigmoid(z);
    }
    case ActivationKind::hard_sigmoid: return abs(z) < half / a ? a : nil;
    case ActivationKind::hard_tanh: return abs(z) < one ? one : nil;
    case ActivationKind::log_sigmoid: return -expm1(h);
    case ActivationKind::squareplus: return h / sqrt(z * z + a);
    case ActivationKind::sparse_plus: return max(nil, min(one, half * z + half));
    case ActivationKind::hard_shrink: return abs(z) > a ? one : nil;
    case ActivationKind::soft_shrink: return abs(z) >= a ? one : nil;
    case ActivationKind::tanh_shrink: return tanh(z) * tanh(z);
    case ActivationKind::arctan: return one / (one + z * z);
    case ActivationKind::sign:
    case ActivationKind::step: return nil * h;
    default: return one;
  }
}

// Calls f(activation) with a kind known to the compiler, so that its switches
// are gone from the loops.
template <class Function>
NN_INLINE void with_activation(const Activation& g, Function&& f) {
  with_constant<int(ActivationKind::step)>(int(g.kind), [&](auto kind) NN_INLINE_LAMBDA {
    f(Activation{ActivationKind(decltype(kind)::v), g.a, g.b, g.c});
  });
}

template <class T>
void activate(const ActivationRows<T>& job) {
  const Activation g = job.activation;
  if (row_wise(g.kind)) {
    for (int64_t r = job.row_begin; r < job.row_end; ++r) {
      activate_row(g.kind, job.z + r * job.ldz, job.h + r * job.ldh, job.columns);
    }
    return;
  }
  with_activation(g, [&](const Activation known) {
    for (int64_t r = job.row_begin; r < job.row_end; ++r) {
      const T* z = job.z + r * job.ldz;
      T* h = job.h + r * job.ldh;
      for (int64_t c = 0; c < job.columns; c += lanes<T>) {
        store(h + c, activation<T>(known, load(z + c)));
      }
    }
  });
}

template <class T>
void activate_backward(const ActivationRows<T>& job) {
  const Activation g = job.activation;
  if (row_wise(g.kind)) {
    for (int64_t r = job.row_begin; r < job.row_end; ++r) {
      differentiate_row(g.kind, job.h + r * job.ldh, job.dh + r * job.lddh, job.columns);
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
