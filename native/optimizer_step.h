// The numbers of one optimizer step, worked out in double from the iteration.
#pragma once

#include <cmath>

#include "kernels.h"
#include "plan.h"

namespace neurona {

// rate: the learning rate η of this step; iteration: steps taken before it.
template <class T>
OptimizerStep<T> optimizer_step(const OptimizerSpec& spec, double rate, int64_t iteration) {
  OptimizerStep<T> step{};
  const double t = double(iteration) + 1;
  step.kind = spec.kind;
  step.rate = T(rate);
  step.c = T(spec.epsilon);
  step.decay = T(rate * spec.weight_decay);
  step.clip = T(spec.clipvalue);
  step.gradient_scale = T(1);
  step.plain = spec.weight_decay == 0 && spec.clipvalue == 0;
  switch (spec.kind) {
    case OptimizerKind::sgd:
      break;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
      step.a = T(spec.momentum);
      break;
    case OptimizerKind::adam:
    case OptimizerKind::amsgrad:
      step.rate = T(rate * std::sqrt(1 - std::pow(spec.beta_2, t)) / (1 - std::pow(spec.beta_1, t)));
      step.a = T(1 - spec.beta_1);
      step.b = T(1 - spec.beta_2);
      break;
    case OptimizerKind::nadam: {
      // Π μ_i over the steps so far; recomputed, so that nothing needs to be kept.
      double product = 1;
      for (int64_t i = 1; i <= iteration + 1; ++i) {
        product *= spec.beta_1 * (1 - 0.5 * std::pow(0.96, double(i)));
        if (product < 1e-300) break;
      }
      const double mu = spec.beta_1 * (1 - 0.5 * std::pow(0.96, t));
      const double next = spec.beta_1 * (1 - 0.5 * std::pow(0.96, t + 1));
      const double correction = std::sqrt(1 - std::pow(spec.beta_2, t));
      step.rate = T(rate * correction);
      step.c = T(spec.epsilon * correction);
      step.a = T(1 - spec.beta_1);
      step.b = T(1 - spec.beta_2);
      step.d = T(next / (1 - product * next));
      step.e = T((1 - mu) / (1 - product));
      break;
    }
    case OptimizerKind::adamax:
      step.rate = T(rate / (1 - std::pow(spec.beta_1, t)));
      step.a = T(1 - spec.beta_1);
      step.b = T(spec.beta_2);
      break;
    case OptimizerKind::lion:
      step.a = T(1 - spec.beta_1);
      step.b = T(1 - spec.beta_2);
      break;
    case OptimizerKind::adagrad:
      break;
    default:  // adadelta and the forms of RMSprop
      step.a = T(spec.rho);
      step.b = T(1 - spec.rho);
      step.d = T(spec.momentum);
      break;
  }
  return step;
}

}  // namespace neurona
