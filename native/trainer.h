// Trains one network: whole chunks of steps in one call.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "phases.h"
#include "thread_tuner.h"

namespace neurona {

struct Report {
  int64_t rows = 0;
  double loss = 0;           // Σ over steps of batch size × batch loss
  int64_t failed_step = -1;  // not taken: its loss was not finite
};

template <class T>
class Trainer {
 public:
  // threads: the most to use; 0: as the pool allows.
  Trainer(Plan plan, int64_t batch_size, int threads = 0, Isa isa = chosen_isa());
  ~Trainer();

  // Weights and slots come and go row-major: kernel (in × out), bias (out).
  // slot −1 is the weight itself.
  void set_kernel(int64_t layer, int slot, const T* values);
  void set_bias(int64_t layer, int slot, const T* values);
  void get_kernel(int64_t layer, int slot, T* values) const;
  void get_bias(int64_t layer, int slot, T* values) const;

  // Trains on steps first … last − 1 of the samples' order. rates: the learning
  // rate of each of these steps. outputs: the predictions of each row, or null.
  Report run_steps(const Samples<T>& samples, int64_t first, int64_t last, const double* rates,
                   T* outputs);

  int64_t iteration = 0;  // optimizer steps taken so far
  // Threads that the last slice ran on.
  int last_threads() const { return last_threads_; }
  double flops_per_step() const;
  // Most threads worth having for this network, by the size of its step.
  int useful_threads() const;

 private:
  void plan_memory();
  void plan_phases();
  bool narrow() const;
  Step<T> make_step(const Samples<T>& samples, int64_t number, int64_t first, double rate,
                    T* outputs) const;
  double batch_loss(const Step<T>& step) const;
  int64_t run_slice(const Samples<T>& samples, int64_t first, int64_t from, int64_t to,
                    const double* rates, T* outputs, int threads, Report& report);

  Plan plan_;
  const Kernels<T>& kernels_;
  int64_t batch_size_;
  int threads_;
  int last_threads_ = 1;
  Arena arena_;
  Rows<T> x_;
  T *scale_ = nullptr, *shift_ = nullptr;
  T* row_losses_ = nullptr;
  std::vector<std::unique_ptr<Dense<T>>> owned_;
  std::vector<Dense<T>*> layers_;
  InputChunks<T> chunks_;
  std::unique_ptr<GatherRows<T>> gather_;
  struct Entry {
    std::unique_ptr<Phase<T>> phase;
    bool barrier;      // after it
    bool gives_loss;   // after it the batch's loss is known
  };
  std::vector<Entry> phases_;
  ThreadTuner tuner_;
  double step_seconds_ = 0;  // as last measured
};

}  // namespace neurona
