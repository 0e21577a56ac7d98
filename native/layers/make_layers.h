// From a plan to its layers.
#pragma once

#include "dense.h"
#include "dense_pairs.h"
#include "normalizations.h"
#include "simple.h"

namespace neurona {

template <class T>
std::unique_ptr<Layer<T>> make_layer(const Kernels<T>& kernels, const LayerSpec& spec,
                                     int64_t in, const PairKernels* pairs) {
  if constexpr (std::is_same_v<T, float>) {
    if (pairs != nullptr && spec.kind == LayerKind::dense && Dense<T>::is_large(in, spec.units)) {
      return std::make_unique<DensePairs>(kernels, *pairs, spec, in);
    }
  }
  switch (spec.kind) {
    case LayerKind::dense: return std::make_unique<Dense<T>>(kernels, spec, in);
    case LayerKind::affine:
    case LayerKind::activation: return std::make_unique<Affine<T>>(kernels, spec, in);
    case LayerKind::batch_normalization:
      return std::make_unique<BatchNormalization<T>>(kernels, spec, in);
    case LayerKind::layer_normalization:
      return std::make_unique<LayerNormalization<T>>(kernels, spec, in);
    case LayerKind::prelu: return std::make_unique<PReLU<T>>(kernels, spec, in);
    default: return std::make_unique<Noise<T>>(kernels, spec, in);
  }
}

// First to last, each above the one before; their memory is not planned yet.
template <class T>
Layers<T> make_layers(const Kernels<T>& kernels, const Plan& plan,
                      const PairKernels* pairs = nullptr) {
  Layers<T> layers;
  int64_t in = plan.inputs;
  for (const LayerSpec& spec : plan.layers) {
    auto layer = make_layer(kernels, spec, in, pairs);
    layer->below = layers.empty() ? nullptr : layers.back().get();
    in = layer->out;
    layers.push_back(std::move(layer));
  }
  return layers;
}

// All weights in the order of Python's network: layer by layer, each layer's own order.
template <class T>
std::vector<Tensor<T>*> tensors_of(const Layers<T>& layers) {
  std::vector<Tensor<T>*> all;
  for (const auto& layer : layers) {
    for (Tensor<T>* tensor : layer->tensors()) all.push_back(tensor);
  }
  return all;
}

// Once memory is there: each layer reads what the one below gives.
template <class T>
void connect(const Layers<T>& layers, Rows<T> x, Rows<T> sent_x = {}) {
  for (size_t l = 0; l < layers.size(); ++l) {
    layers[l]->x = l == 0 ? x : layers[l - 1]->h;
    layers[l]->sent_x = l == 0 ? sent_x : layers[l - 1]->sent_h;
    if (l > 0) layers[l]->dx = layers[l - 1]->dh;
    layers[l]->weights_changed();
  }
}

}  // namespace neurona
