// What Python says about a network: plain values, no pointers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kinds.h"

namespace neurona {

struct Penalty {
  double l1 = 0, l2 = 0;
};

struct LayerSpec {
  std::string kind;  // "dense", …
  int64_t units = 0;
  bool use_bias = true;
  bool trainable = true;
  Activation activation;
  Penalty kernel_penalty, bias_penalty;
};

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  double beta_1 = 0.9, beta_2 = 0.999;
  double rho = 0.9;
  double epsilon = 1e-7;
  double weight_decay = 0;
  double clipvalue = 0;  // 0: none
};

struct LossSpec {
  LossKind kind = LossKind::mean_squared_error;
  bool fused = false;  // with the last layer's softmax or sigmoid
};

struct Plan {
  int64_t inputs = 0;
  std::vector<double> scale, shift;  // of the inputs, one each or none: h = scale x + shift
  std::vector<LayerSpec> layers;
  LossSpec loss;
  OptimizerSpec optimizer;
};

}  // namespace neurona
