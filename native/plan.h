// What Python says about a network: plain values, no pointers.
#pragma once

#include <cstdint>
#include <vector>

#include "kinds.h"

namespace neurona {

struct Penalty {
  double l1 = 0, l2 = 0;
};

enum class LayerKind : int32_t {
  dense,
  affine,      // rescaling, normalization: x · scale + shift, constants
  activation,  // nothing but its activation
  dropout,
  gaussian_dropout,
  alpha_dropout,
  gaussian_noise,
  batch_normalization,
  layer_normalization,
  prelu,
};

// What one weight is, in the order of the layer's weights in Python.
struct WeightSpec {
  Penalty penalty;
  Constraint constraint;
};

struct LayerSpec {
  LayerKind kind = LayerKind::dense;
  int64_t index = 0;  // of the layer in Python's network: its random numbers depend on it
  int64_t units = 0;  // outputs
  bool use_bias = true;  // dense: b; normalizations: β ("center")
  bool use_scale = true;  // normalizations: γ
  bool trainable = true;
  Activation activation;
  double rate = 0;  // dropouts: rate; noise: standard deviation; batch normalization: momentum
  double epsilon = 0;
  std::vector<double> scale, shift;  // affine
  std::vector<WeightSpec> weights;   // may be empty: nothing special
};

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  double beta_1 = 0.9, beta_2 = 0.999;
  double rho = 0.9;
  double epsilon = 1e-7;
  double weight_decay = 0;
  double clipvalue = 0, clipnorm = 0, global_clipnorm = 0;  // 0: none
};

enum class Reduction : int32_t { mean, sum_over_batch_size, sum };

struct LossSpec {
  Loss loss;
  Reduction reduction = Reduction::mean;
  bool fused = false;  // with the last layer's softmax or sigmoid
  std::vector<double> class_weights;  // one per output, or none
};

struct Plan {
  int64_t inputs = 0;
  std::vector<double> scale, shift;  // of the inputs, one each or none: h = (x + shift) scale
  std::vector<LayerSpec> layers;
  LossSpec loss;
  OptimizerSpec optimizer;
  bool bfloat16 = false;  // multiply in it, where weights are large
  uint64_t seed = 0;
};

}  // namespace neurona
