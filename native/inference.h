// The forward pass outside of training.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernels.h"
#include "plan.h"
#include "step.h"

namespace neurona {

// A network that only predicts. Its weights lie elsewhere: in a trainer, which
// moves them between two calls, or in a predictor, where they never change.
//
// Every thread takes some rows through all layers by itself. A row's bits depend
// on the weights and on that row alone: not on the other rows, on how many there
// are, or on threads.
template <class T>
class Inference {
 public:
  // weights: packed, as trained, in the order of tensors_of().
  Inference(const Plan& plan, const Kernels<T>& kernels, std::vector<T*> weights, bool fixed);
  ~Inference();

  // Fills outputs (h) and logits (the last z) of samples.count rows; either may
  // be null. samples.order null: rows as they lie. Any number of threads may
  // call this at once; each call uses up to `threads` of the pool.
  void run(const Samples<T>& samples, T* outputs, T* logits, int threads) const;

  int64_t inputs() const { return plan_.inputs; }
  int64_t outputs() const { return outputs_; }

 private:
  struct Scratch;
  class Lease;
  void run_rows(Scratch& scratch, const Samples<T>& samples, int64_t begin, int64_t end,
                T* outputs, T* logits) const;
  int useful_threads(int64_t rows) const;

  Plan plan_;
  const Kernels<T>& kernels_;
  std::vector<T*> weights_;
  bool fixed_;
  int64_t outputs_, block_;
  double row_flops_ = 0;
  // What one thread works in; kept from call to call.
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace neurona
