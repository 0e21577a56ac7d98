// Names of what the native engine knows, in Keras's spelling.
//
// Each list has a twin in Python (activations, losses, optimizers); the
// bindings translate names, and the contract tests hold the twins together.
#pragma once

#include <cstdint>

namespace neurona {

enum class ActivationKind : int32_t {
  linear,
  relu,
  sigmoid,
  tanh,
  softmax,
  log_softmax,
  leaky_relu,    // a: slope below 0
  general_relu,  // a: slope, b: largest value, c: threshold
  elu,           // a: alpha
  selu,
  softplus,
  softsign,
  exponential,
  gelu,
  gelu_tanh,
  silu,
  hard_sigmoid,  // max(0, min(1, (z + 1) / 2))
  ramp,          // clip to [−1, 1]
  arctan,
  sign,
  binary_step,
};

struct Activation {
  ActivationKind kind = ActivationKind::linear;
  double a = 0, b = 0, c = 0;
};

// Whether the derivative is found from the output h alone, so z need not be kept.
constexpr bool derivative_from_output(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::gelu:
    case ActivationKind::gelu_tanh:
    case ActivationKind::silu:
    case ActivationKind::arctan:
    case ActivationKind::general_relu:
    case ActivationKind::elu:
      return false;
    default:
      return true;
  }
}

enum class OptimizerKind : int32_t {
  sgd,
  momentum,
  nesterov,
  adam,
  amsgrad,
  nadam,
  adagrad,
  adadelta,
  rmsprop,
  rmsprop_centered,
  rmsprop_momentum,
  rmsprop_centered_momentum,
};

// Arrays of the size of the weights that an optimizer keeps.
constexpr int slot_count(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return 0;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
    case OptimizerKind::adagrad:
    case OptimizerKind::rmsprop:
      return 1;
    case OptimizerKind::adam:
    case OptimizerKind::nadam:
    case OptimizerKind::adadelta:
    case OptimizerKind::rmsprop_centered:
    case OptimizerKind::rmsprop_momentum:
      return 2;
    default:
      return 3;
  }
}
inline constexpr int most_slots = 3;

enum class LossKind : int32_t {
  mean_squared_error,
  categorical_crossentropy,
  binary_crossentropy,
};

enum class InputType : int32_t { uint8, float32, float64 };

}  // namespace neurona
