// Optimizer steps on vectors: twins of neurona.optimizers.
//
// Each is a functor on (weight, slots, gradient) → new weight, so that it can
// be the epilogue of the gradient tile. Numbers that depend on the iteration
// alone (bias corrections …) are worked out by the caller, in double.
#pragma once

#include "../jobs.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

template <class T>
struct Sgd {
  static constexpr int slots = 0;
  Vec<T> rate;
  explicit Sgd(const OptimizerStep<T>& s) : rate(broadcast(s.rate)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>*, Vec<T> g) const { return fma(-rate, g, w); }
};

// v = μ v − η g; w += v. a: μ
template <class T>
struct Momentum {
  static constexpr int slots = 1;
  Vec<T> rate, mu;
  explicit Momentum(const OptimizerStep<T>& s) : rate(broadcast(s.rate)), mu(broadcast(s.a)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(mu, s[0], -(rate * g));
    return w + s[0];
  }
};

// v = μ v − η g; w += μ v − η g. a: μ
template <class T>
struct Nesterov {
  static constexpr int slots = 1;
  Vec<T> rate, mu;
  explicit Nesterov(const OptimizerStep<T>& s) : rate(broadcast(s.rate)), mu(broadcast(s.a)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    const Vec<T> step = rate * g;
    s[0] = fma(mu, s[0], -step);
    return w + fma(mu, s[0], -step);
  }
};

// m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= m α / (√v + ε), where the
// caller put α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ) in rate. a: 1 − β₁, b: 1 − β₂, c: ε
template <class T>
struct Adam {
  static constexpr int slots = 2;
  Vec<T> rate, a, b, epsilon;
  explicit Adam(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), a(broadcast(s.a)), b(broadcast(s.b)), epsilon(broadcast(s.c)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(g - s[0], a, s[0]);
    s[1] = fma(g * g - s[1], b, s[1]);
    return w - s[0] * rate / (sqrt(s[1]) + epsilon);
  }
};

// Adam whose v is the largest so far.
template <class T>
struct Amsgrad {
  static constexpr int slots = 3;
  Adam<T> adam;
  explicit Amsgrad(const OptimizerStep<T>& s) : adam(s) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(g - s[0], adam.a, s[0]);
    s[1] = fma(g * g - s[1], adam.b, s[1]);
    s[2] = max(s[2], s[1]);
    return w - s[0] * adam.rate / (sqrt(s[2]) + adam.epsilon);
  }
};

// w −= η (d m + e g) / (√(v f) + ε), with d, e, f from the caller.
// a: 1 − β₁, b: 1 − β₂, c: ε, d: weight of m, e: weight of g; rate holds η, and
// v's correction is folded in: √(v f) = √v √f with √f taken into ε and rate.
template <class T>
struct Nadam {
  static constexpr int slots = 2;
  Vec<T> rate, a, b, epsilon, of_m, of_g;
  explicit Nadam(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), a(broadcast(s.a)), b(broadcast(s.b)), epsilon(broadcast(s.c)),
        of_m(broadcast(s.d)), of_g(broadcast(s.e)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(g - s[0], a, s[0]);
    s[1] = fma(g * g - s[1], b, s[1]);
    const Vec<T> direction = fma(of_m, s[0], of_g * g);
    return w - direction * rate / (sqrt(s[1]) + epsilon);
  }
};

// m += (g − m)(1 − β₁); u = max(β₂ u, |g|); w −= α m / (u + ε), with
// α = η / (1 − β₁ᵗ) in rate. a: 1 − β₁, b: β₂, c: ε
template <class T>
struct Adamax {
  static constexpr int slots = 2;
  Vec<T> rate, a, b, epsilon;
  explicit Adamax(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), a(broadcast(s.a)), b(broadcast(s.b)), epsilon(broadcast(s.c)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(g - s[0], a, s[0]);
    s[1] = max(b * s[1], abs(g));
    return w - rate * (s[0] / (s[1] + epsilon));
  }
};

// w −= η sign(β₁ m + (1 − β₁) g); m += (g − m)(1 − β₂). a: 1 − β₁, b: 1 − β₂
template <class T>
struct Lion {
  static constexpr int slots = 1;
  Vec<T> rate, a, b;
  explicit Lion(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), a(broadcast(s.a)), b(broadcast(s.b)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    const Vec<T> change = g - s[0];
    const Vec<T> direction = fma(change, a, s[0]);
    s[0] = fma(change, b, s[0]);
    return w - (direction > 0 ? rate : (direction < 0 ? -rate : direction));
  }
};

// A += g²; w −= η g / √(A + ε). c: ε
template <class T>
struct Adagrad {
  static constexpr int slots = 1;
  Vec<T> rate, epsilon;
  explicit Adagrad(const OptimizerStep<T>& s) : rate(broadcast(s.rate)), epsilon(broadcast(s.c)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(g, g, s[0]);
    return w - rate * g / sqrt(s[0] + epsilon);
  }
};

// A = ρ A + (1 − ρ) g²; Δ = −√(D + ε)/√(A + ε) g; D = ρ D + (1 − ρ) Δ²;
// w += η Δ. a: ρ, b: 1 − ρ, c: ε
template <class T>
struct Adadelta {
  static constexpr int slots = 2;
  Vec<T> rate, rho, rest, epsilon;
  explicit Adadelta(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), rho(broadcast(s.a)), rest(broadcast(s.b)),
        epsilon(broadcast(s.c)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(rho, s[0], rest * (g * g));
    const Vec<T> delta = -sqrt(s[1] + epsilon) * g / sqrt(s[0] + epsilon);
    s[1] = fma(rho, s[1], rest * (delta * delta));
    return fma(rate, delta, w);
  }
};

// v = ρ v + (1 − ρ) g²; [centered: ḡ = ρ ḡ + (1 − ρ) g, v − ḡ² for v];
// u = η g / √(v + ε); [momentum: M = μ M + u, M for u]; w −= u.
// a: ρ, b: 1 − ρ, c: ε, d: μ. Slots: v, [ḡ], [M]
template <class T, bool centered, bool with_momentum>
struct RmsProp {
  static constexpr int slots = 1 + centered + with_momentum;
  Vec<T> rate, rho, rest, epsilon, mu;
  explicit RmsProp(const OptimizerStep<T>& s)
      : rate(broadcast(s.rate)), rho(broadcast(s.a)), rest(broadcast(s.b)),
        epsilon(broadcast(s.c)), mu(broadcast(s.d)) {}
  NN_INLINE Vec<T> operator()(Vec<T> w, Vec<T>* s, Vec<T> g) const {
    s[0] = fma(rho, s[0], rest * (g * g));
    Vec<T> spread = s[0];
    if constexpr (centered) {
      s[1] = fma(rho, s[1], rest * g);
      spread = max(zero<T>(), fma(-s[1], s[1], spread));  // rounding may go below 0
    }
    Vec<T> step = rate * g / sqrt(spread + epsilon);
    if constexpr (with_momentum) {
      s[1 + centered] = fma(mu, s[1 + centered], step);
      step = s[1 + centered];
    }
    return w - step;
  }
};

// Runs one functor on one vector of the weights and their slots in memory.
template <class T, class Optimizer>
NN_INLINE void step_vector(const Optimizer& optimizer, const Parameters<T>& p, int64_t at,
                           Vec<T> g) {
  Vec<T> slots[most_slots];
#pragma GCC unroll 3
  for (int s = 0; s < Optimizer::slots; ++s) slots[s] = load(p.slots[s] + at);
  store(p.w + at, optimizer(load(p.w + at), slots, g));
#pragma GCC unroll 3
  for (int s = 0; s < Optimizer::slots; ++s) store(p.slots[s] + at, slots[s]);
}

// Calls f(functor) for the optimizer that the step names.
template <class T, class Function>
NN_INLINE void with_optimizer(const OptimizerStep<T>& step, Function&& f) {
  switch (step.kind) {
    case OptimizerKind::sgd: return f(Sgd<T>(step));
    case OptimizerKind::momentum: return f(Momentum<T>(step));
    case OptimizerKind::nesterov: return f(Nesterov<T>(step));
    case OptimizerKind::adam: return f(Adam<T>(step));
    case OptimizerKind::amsgrad: return f(Amsgrad<T>(step));
    case OptimizerKind::nadam: return f(Nadam<T>(step));
    case OptimizerKind::adamax: return f(Adamax<T>(step));
    case OptimizerKind::lion: return f(Lion<T>(step));
    case OptimizerKind::adagrad: return f(Adagrad<T>(step));
    case OptimizerKind::adadelta: return f(Adadelta<T>(step));
    case OptimizerKind::rmsprop: return f(RmsProp<T, false, false>(step));
    case OptimizerKind::rmsprop_centered: return f(RmsProp<T, true, false>(step));
    case OptimizerKind::rmsprop_momentum: return f(RmsProp<T, false, true>(step));
    case OptimizerKind::rmsprop_centered_momentum: return f(RmsProp<T, true, true>(step));
  }
}

// The optimizer's step on `count` elements (whole vectors), from a gradient in memory.
template <class T>
void update(const OptimizerStep<T>& step, const Parameters<T>& p, const T* gradient,
            int64_t count) {
  with_optimizer(step, [&](const auto& optimizer) {
    if (step.plain) {
      for (int64_t at = 0; at < count; at += lanes<T>) {
        step_vector(optimizer, p, at, load(gradient + at));
      }
      return;
    }
    const Vec<T> scale = broadcast(step.gradient_scale), clip = broadcast(step.clip);
    const Vec<T> keep = broadcast(T(1) - step.decay);
    for (int64_t at = 0; at < count; at += lanes<T>) {
      Vec<T> g = load(gradient + at) * scale;
      if (step.clip > 0) g = min(clip, max(-clip, g));
      if (step.decay != 0) store(p.w + at, load(p.w + at) * keep);
      step_vector(optimizer, p, at, g);
    }
  });
}

}  // namespace neurona::NEURONA_ISA
