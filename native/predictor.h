// A network that only predicts, with weights of its own that never change.
#pragma once

#include "arena.h"
#include "inference.h"

namespace neurona {

template <class T>
class Predictor {
 public:
  // weights: row-major, in the order of Python's network.
  Predictor(const Plan& plan, const std::vector<std::vector<T>>& weights,
            Isa isa = chosen_isa());

  // As Inference::run, on the calling thread alone.
  void run(const Samples<T>& samples, T* outputs) const {
    inference_->run(samples, outputs, nullptr, 1);
  }
  int64_t inputs() const { return inference_->inputs(); }
  int64_t outputs() const { return inference_->outputs(); }

 private:
  Arena weights_;
  std::unique_ptr<Inference<T>> inference_;
};

}  // namespace neurona
