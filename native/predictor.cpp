#include "predictor.h"

#include <stdexcept>

#include "layers/make_layers.h"

namespace neurona {

template <class T>
Predictor<T>::Predictor(const Plan& plan, const std::vector<std::vector<T>>& weights, Isa isa) {
  const Layers<T> layers = make_layers(kernels<T>(isa), plan);  // to know how weights are packed
  const auto tensors = tensors_of(layers);
  if (weights.size() != tensors.size()) throw std::invalid_argument("there are other weights");
  for (Tensor<T>* tensor : tensors) weights_.plan(tensor->parameters.w, tensor->shape.size());
  weights_.allocate();
  std::vector<T*> packed;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor<T>& tensor = *tensors[i];
    if (int64_t(weights[i].size()) != tensor.shape.in * tensor.shape.out) {
      throw std::invalid_argument("a weight has another size");
    }
    tensor.set(-1, weights[i].data());
    packed.push_back(tensor.parameters.w);
  }
  inference_ = std::make_unique<Inference<T>>(plan, kernels<T>(isa), std::move(packed), true);
}

template class Predictor<float>;
template class Predictor<double>;

}  // namespace neurona
