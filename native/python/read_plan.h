// A plan as Python gives it: a dictionary of plain values (engines/native_plan.py).
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "../names.h"

namespace neurona {

namespace nb = nanobind;

template <class V>
V value(const nb::dict& from, const char* key, V otherwise) {
  return from.contains(key) ? nb::cast<V>(from[key]) : otherwise;
}

inline Activation read_activation(const nb::dict& from) {
  const auto name = nb::cast<std::string>(from["kind"]);
  return {find(activation_names, name), value(from, "a", 0.0), value(from, "b", 0.0),
          value(from, "c", 0.0)};
}

inline WeightSpec read_weight(const nb::dict& from) {
  WeightSpec spec;
  spec.penalty = {value(from, "l1", 0.0), value(from, "l2", 0.0)};
  spec.constraint = {find(constraint_names, value<std::string>(from, "constraint", "none")),
                     value(from, "low", 0.0), value(from, "high", 0.0), value(from, "rate", 1.0)};
  return spec;
}

inline LayerSpec read_layer(const nb::dict& from) {
  LayerSpec spec;
  spec.kind = find(layer_names, nb::cast<std::string>(from["kind"]));
  spec.index = nb::cast<int64_t>(from["index"]);
  spec.units = nb::cast<int64_t>(from["units"]);
  spec.use_bias = value(from, "use_bias", true);
  spec.use_scale = value(from, "use_scale", true);
  spec.trainable = value(from, "trainable", true);
  spec.activation = read_activation(nb::cast<nb::dict>(from["activation"]));
  spec.rate = value(from, "rate", 0.0);
  spec.epsilon = value(from, "epsilon", 0.0);
  spec.scale = value(from, "scale", std::vector<double>{});
  spec.shift = value(from, "shift", std::vector<double>{});
  for (nb::handle weight : nb::cast<nb::list>(from["weights"])) {
    spec.weights.push_back(read_weight(nb::cast<nb::dict>(weight)));
  }
  return spec;
}

inline OptimizerSpec read_optimizer(const nb::dict& from) {
  OptimizerSpec spec;
  spec.kind = find(optimizer_names, nb::cast<std::string>(from["kind"]));
  spec.momentum = value(from, "momentum", 0.0);
  spec.beta_1 = value(from, "beta_1", 0.9);
  spec.beta_2 = value(from, "beta_2", 0.999);
  spec.rho = value(from, "rho", 0.9);
  spec.epsilon = value(from, "epsilon", 1e-7);
  spec.weight_decay = value(from, "weight_decay", 0.0);
  spec.clipvalue = value(from, "clipvalue", 0.0);
  spec.clipnorm = value(from, "clipnorm", 0.0);
  spec.global_clipnorm = value(from, "global_clipnorm", 0.0);
  return spec;
}

inline LossSpec read_loss(const nb::dict& from) {
  LossSpec spec;
  spec.loss.kind = find(loss_names, nb::cast<std::string>(from["kind"]));
  spec.loss.a = value(from, "a", 0.0);
  spec.loss.label_smoothing = value(from, "label_smoothing", 0.0);
  spec.loss.factor = value(from, "factor", 1.0);
  spec.loss.mean = value(from, "mean", true);
  spec.loss.gamma = value(from, "gamma", 0.0);
  spec.loss.alpha = value(from, "alpha", 1.0);
  spec.loss.other = value(from, "other", 1.0);
  spec.class_weights = value(from, "class_weights", std::vector<double>{});
  spec.reduction = find(reduction_names, value<std::string>(from, "reduction", "mean"));
  spec.fused = value(from, "fused", false);
  return spec;
}

inline Plan read_plan(const nb::dict& from) {
  Plan plan;
  plan.inputs = nb::cast<int64_t>(from["inputs"]);
  plan.scale = value(from, "scale", std::vector<double>{});
  plan.shift = value(from, "shift", std::vector<double>{});
  for (nb::handle layer : nb::cast<nb::list>(from["layers"])) {
    plan.layers.push_back(read_layer(nb::cast<nb::dict>(layer)));
  }
  plan.loss = read_loss(nb::cast<nb::dict>(from["loss"]));
  plan.optimizer = read_optimizer(nb::cast<nb::dict>(from["optimizer"]));
  plan.bfloat16 = value(from, "bfloat16", false);
  plan.seed = nb::cast<uint64_t>(from["seed"]);
  return plan;
}

}  // namespace neurona
