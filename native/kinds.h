// Names of what the native engine knows.
//
// Each list has its twins in Python (neurona.activations, losses, optimizers,
// constraints); the bindings translate names and the contract tests hold the
// twins together.
#pragma once

#include <cstdint>

namespace neurona {

enum class ActivationKind : int32_t {
  linear,
  relu,
  sigmoid,
  tanh,
  leaky_relu,    // a: slope for z ≤ 0
  general_relu,  // a: slope, b: ceiling, c: threshold
  elu,           // a: α
  selu,
  celu,  // a: α
  softplus,
  softsign,
  exponential,
  gelu,
  gelu_tanh,
  silu,
  hard_silu,
  mish,
  hard_sigmoid,  // a: slope; clip(a z + ½, 0, 1)
  hard_tanh,
  log_sigmoid,
  squareplus,  // a: b
  sparse_plus,
  hard_shrink,  // a: λ
  soft_shrink,  // a: λ
  tanh_shrink,
  arctan,
  sign,
  step,
  // by rows
  softmax,
  log_softmax,
  sparsemax,
};

struct Activation {
  ActivationKind kind = ActivationKind::linear;
  double a = 0, b = 0, c = 0;
};

// Whether the derivative is found from the output h alone, so z need not be kept.
constexpr bool derivative_from_output(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::linear:
    case ActivationKind::relu:
    case ActivationKind::sigmoid:
    case ActivationKind::tanh:
    case ActivationKind::softplus:
    case ActivationKind::exponential:
    case ActivationKind::log_sigmoid:
    case ActivationKind::softmax:
    case ActivationKind::sparsemax:
      return true;
    default:
      return false;
  }
}

// Whether each output depends on all inputs of its row.
constexpr bool row_wise(ActivationKind kind) { return kind >= ActivationKind::softmax; }

enum class OptimizerKind : int32_t {
  sgd,
  momentum,
  nesterov,
  adam,
  amsgrad,
  nadam,
  adamax,
  lion,
  adagrad,
  adadelta,
  rmsprop,
  rmsprop_centered,
  rmsprop_momentum,
  rmsprop_centered_momentum,
};

// Whether it divides by what it keeps.
constexpr bool divides(OptimizerKind kind) {
  return kind >= OptimizerKind::adam && kind != OptimizerKind::lion;
}

// Arrays of the size of the weights that an optimizer keeps, in the order of
// its Python twin's slots.
constexpr int slot_count(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return 0;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
    case OptimizerKind::lion:
    case OptimizerKind::adagrad:
    case OptimizerKind::rmsprop:
      return 1;
    case OptimizerKind::adam:
    case OptimizerKind::nadam:
    case OptimizerKind::adamax:
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
  // element by element
  squared_error,
  absolute_error,
  absolute_percentage_error,
  squared_logarithmic_error,
  huber,  // a: δ
  log_cosh,
  poisson,
  binary_crossentropy,         // on probabilities
  binary_crossentropy_logits,  // on z
  zero_one,
  perceptron,
  hinge,          // a: margin
  squared_hinge,  // a: margin
  logistic,
  kl_divergence,
  binary_focal,         // gamma, alpha
  binary_focal_logits,  // the same on z
  // by rows
  categorical_crossentropy,         // on probabilities
  categorical_crossentropy_logits,  // on z
  categorical_focal,                // gamma, class_weights
  categorical_focal_logits,
  categorical_hinge,
  max_margin,  // a: margin
  cosine_similarity,
};

struct Loss {
  LossKind kind = LossKind::squared_error;
  double a = 0;
  double label_smoothing = 0;
  double factor = 1;  // of an element-wise loss: 1, or ½ for the half squared error
  bool mean = true;   // over the outputs of a sample; false: their sum
  double gamma = 0;   // focal losses: γ
  double alpha = 1;   // α of class 1, or of all classes;
  double other = 1;   // binary: of class 0
  const double* class_weights = nullptr;  // α of each class; null: alpha
};

enum class ConstraintKind : int32_t { none, non_neg, max_norm, unit_norm, min_max_norm };

// Norms are taken along the inputs (axis 0), or over a whole vector.
struct Constraint {
  ConstraintKind kind = ConstraintKind::none;
  double low = 0, high = 0, rate = 1;
};

enum class InputType : int32_t { uint8, float32, float64 };

constexpr int64_t bytes_of(InputType type) {
  return type == InputType::uint8 ? 1 : type == InputType::float32 ? 4 : 8;
}
// That of an array of T.
template <class T>
inline constexpr InputType input_of = sizeof(T) == 4 ? InputType::float32 : InputType::float64;

}  // namespace neurona
