// The names in a plan and what they stand for; the Python side of each table is
// in engines/native_plan.py.
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include "plan.h"

namespace neurona {

template <class Kind>
using Names = std::initializer_list<std::pair<const char*, Kind>>;

template <class Kind>
Kind find(const Names<Kind>& names, const std::string& name) {
  for (const auto& [known, kind] : names) {
    if (name == known) return kind;
  }
  throw std::invalid_argument("the native engine does not know '" + name + "'");
}

inline constexpr Names<ActivationKind> activation_names = {
    {"linear", ActivationKind::linear},
    {"relu", ActivationKind::relu},
    {"sigmoid", ActivationKind::sigmoid},
    {"tanh", ActivationKind::tanh},
    {"leaky_relu", ActivationKind::leaky_relu},
    {"general_relu", ActivationKind::general_relu},
    {"elu", ActivationKind::elu},
    {"selu", ActivationKind::selu},
    {"celu", ActivationKind::celu},
    {"softplus", ActivationKind::softplus},
    {"softsign", ActivationKind::softsign},
    {"exponential", ActivationKind::exponential},
    {"gelu", ActivationKind::gelu},
    {"gelu_tanh", ActivationKind::gelu_tanh},
    {"silu", ActivationKind::silu},
    {"hard_silu", ActivationKind::hard_silu},
    {"mish", ActivationKind::mish},
    {"hard_sigmoid", ActivationKind::hard_sigmoid},
    {"hard_tanh", ActivationKind::hard_tanh},
    {"log_sigmoid", ActivationKind::log_sigmoid},
    {"squareplus", ActivationKind::squareplus},
    {"sparse_plus", ActivationKind::sparse_plus},
    {"hard_shrink", ActivationKind::hard_shrink},
    {"soft_shrink", ActivationKind::soft_shrink},
    {"tanh_shrink", ActivationKind::tanh_shrink},
    {"arctan", ActivationKind::arctan},
    {"sign", ActivationKind::sign},
    {"step", ActivationKind::step},
    {"softmax", ActivationKind::softmax},
    {"log_softmax", ActivationKind::log_softmax},
    {"sparsemax", ActivationKind::sparsemax},
};

inline constexpr Names<LayerKind> layer_names = {
    {"dense", LayerKind::dense},
    {"affine", LayerKind::affine},
    {"activation", LayerKind::activation},
    {"dropout", LayerKind::dropout},
    {"gaussian_dropout", LayerKind::gaussian_dropout},
    {"alpha_dropout", LayerKind::alpha_dropout},
    {"gaussian_noise", LayerKind::gaussian_noise},
    {"batch_normalization", LayerKind::batch_normalization},
    {"layer_normalization", LayerKind::layer_normalization},
    {"prelu", LayerKind::prelu},
};

inline constexpr Names<OptimizerKind> optimizer_names = {
    {"sgd", OptimizerKind::sgd},
    {"momentum", OptimizerKind::momentum},
    {"nesterov", OptimizerKind::nesterov},
    {"adam", OptimizerKind::adam},
    {"amsgrad", OptimizerKind::amsgrad},
    {"nadam", OptimizerKind::nadam},
    {"adamax", OptimizerKind::adamax},
    {"lion", OptimizerKind::lion},
    {"adagrad", OptimizerKind::adagrad},
    {"adadelta", OptimizerKind::adadelta},
    {"rmsprop", OptimizerKind::rmsprop},
    {"rmsprop_centered", OptimizerKind::rmsprop_centered},
    {"rmsprop_momentum", OptimizerKind::rmsprop_momentum},
    {"rmsprop_centered_momentum", OptimizerKind::rmsprop_centered_momentum},
};

inline constexpr Names<LossKind> loss_names = {
    {"squared_error", LossKind::squared_error},
    {"absolute_error", LossKind::absolute_error},
    {"absolute_percentage_error", LossKind::absolute_percentage_error},
    {"squared_logarithmic_error", LossKind::squared_logarithmic_error},
    {"huber", LossKind::huber},
    {"log_cosh", LossKind::log_cosh},
    {"poisson", LossKind::poisson},
    {"binary_crossentropy", LossKind::binary_crossentropy},
    {"binary_crossentropy_logits", LossKind::binary_crossentropy_logits},
    {"zero_one", LossKind::zero_one},
    {"perceptron", LossKind::perceptron},
    {"hinge", LossKind::hinge},
    {"squared_hinge", LossKind::squared_hinge},
    {"logistic", LossKind::logistic},
    {"kl_divergence", LossKind::kl_divergence},
    {"binary_focal", LossKind::binary_focal},
    {"binary_focal_logits", LossKind::binary_focal_logits},
    {"categorical_crossentropy", LossKind::categorical_crossentropy},
    {"categorical_crossentropy_logits", LossKind::categorical_crossentropy_logits},
    {"categorical_focal", LossKind::categorical_focal},
    {"categorical_focal_logits", LossKind::categorical_focal_logits},
    {"categorical_hinge", LossKind::categorical_hinge},
    {"max_margin", LossKind::max_margin},
    {"cosine_similarity", LossKind::cosine_similarity},
};

inline constexpr Names<ConstraintKind> constraint_names = {
    {"none", ConstraintKind::none},
    {"non_neg", ConstraintKind::non_neg},
    {"max_norm", ConstraintKind::max_norm},
    {"unit_norm", ConstraintKind::unit_norm},
    {"min_max_norm", ConstraintKind::min_max_norm},
};

inline constexpr Names<Reduction> reduction_names = {
    {"mean", Reduction::mean},
    {"sum_over_batch_size", Reduction::sum_over_batch_size},
    {"sum", Reduction::sum},
};

}  // namespace neurona
