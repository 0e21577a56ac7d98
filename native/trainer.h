// Trains one network: whole chunks of steps in one call.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "inference.h"
#include "phases.h"
#include "team_tuner.h"

namespace neurona {

struct Report {
  int64_t rows = 0;
  int64_t failed_step = -1;  // not taken: its loss or new weights were not finite
  bool finite = true;        // all of x that was read, if it was looked at
};

template <class T>
class Trainer {
 public:
  // batch_size: the most rows that a step or a block of predictions has.
  // threads: the most to use; 0: as the pool allows.
  Trainer(const Plan& plan, int64_t batch_size, int threads = 0, Isa isa = chosen_isa());

  // Whether steps of that many rows come out as from a trainer planned for them.
  bool serves(int64_t batch_size) const;

  // Weights in the order of Python's network: layer by layer, each layer's own
  // order. Values are row-major; slot −1 is the weight itself.
  size_t tensor_count() const { return tensors_.size(); }
  int64_t tensor_size(size_t index) const;
  bool trainable(size_t index) const { return tensors_[index]->trainable; }
  void set_tensor(size_t index, int slot, const T* values);
  void get_tensor(size_t index, int slot, T* values) const;
  int slots() const { return slot_count(plan_.optimizer.kind); }

  // Steps first … last − 1 of the samples' order. rates: the learning rate of each
  // of these steps. losses: gets each step's batch size times its batch's loss.
  // outputs: gets the predictions of each row, made before the step's update; right: how
  // many of each step's are right, by labels. Either may be null. looks: whether at x, for
  // NaN and infinity.
  struct Chunk {
    const Samples<T>& samples;
    int64_t first, last;
    const double* rates;
    double* losses;
    T* outputs = nullptr;
    int64_t* right = nullptr;
    bool looks = false;
  };
  // How far a chunk is.
  struct Course {
    Chunk chunk;
    bool alone;  // each slice on the caller's thread, without asking the pool
    int64_t next = chunk.first;
    Report report{};
  };
  Report run_steps(const Chunk& chunk);
  // The same in parts: begin, a slice at a time while one returns true, finish.
  Course begin(const Chunk& chunk, bool alone);
  bool run_slice(Course& course);
  Report finish(const Course& course);

  // Inference: h and the last z. Either may be null.
  void predict(const Samples<T>& samples, T* outputs, T* logits) const;

  int64_t iteration = 0;  // optimizer steps taken so far
  int last_threads() const { return last_.threads; }  // of the last slice
  // Trains with exactly this team, whatever serves best: for tests.
  void fix_team(TeamChoice team) { tuner_.fix({team.threads, team.sends && can_send_}); }
  // And multiplies by all inputs, zeros too: for tests.
  void ignore_zeros() {
    if (zeros_ != nullptr) zeros_->ignore();
    for (auto& chunk : chunks_.chunks) chunk.zeros->ignore();
  }
  // And deals out work as if these were its threads' speeds.
  void fix_speeds(const std::vector<double>& speeds) { shares_.fix(speeds); }
  double flops_per_step() const;
  // Most threads worth having for this network, by the size of its step.
  int useful_threads() const;
  int64_t outputs() const { return layers_.back()->out; }
  size_t memory() const { return weights_.bytes() + rows_.bytes(); }

 private:
  // One phase in its place.
  struct Entry {
    std::unique_ptr<Phase<T>> phase;
    bool barrier = true;  // after it
    bool evens = false;   // the update's shares are such that all threads take as long for these
  };
  using Program = std::vector<Entry>;

  void prepare_layers();
  void plan_memory();
  Program plan_program();
  void plan_updates(Program& program);
  bool narrow() const;
  bool can_send() const;
  int64_t input_chunks() const;
  void plan_shares();
  Step<T> make_step(const Chunk& chunk, int64_t number);
  double batch_loss(const Step<T>& step) const;
  Report try_steps(const Chunk& chunk, bool alone);
  int64_t run_slice(Course& course, int64_t to, TeamChoice team, double longest);
  Report find_failure(const Chunk& chunk, bool alone);
  bool weights_finite(bool alone) const;
  int threads_for(bool alone) const;
  void keep_weights(bool alone);
  void restore_weights();

  Plan plan_;
  const Kernels<T>& kernels_;
  const PairKernels* pairs_;  // null: no products in bfloat16
  int64_t batch_size_;
  int threads_;
  bool can_send_ = false;
  TeamChoice last_;  // as granted to the last slice
  Arena weights_, rows_, kept_;
  char* kept_bytes_ = nullptr;
  int64_t kept_iteration_ = 0;
  std::atomic<bool> finite_{true};  // x, as far as it was looked at in this chunk

  Rows<T> x_, sent_x_;
  std::unique_ptr<Zeros> zeros_;  // of x_; null: nobody asks
  T *scale_ = nullptr, *shift_ = nullptr;  // of the inputs
  Layers<T> owned_;
  std::vector<Layer<T>*> layers_;
  std::vector<Tensor<T>*> tensors_;
  std::vector<Tensor<T>*> learned_;
  Dense<T>* split_ = nullptr;  // the first layer, where it is cut along its inputs
  InputChunks<T> chunks_;
  std::unique_ptr<GatherRows<T>> gather_;
  std::unique_ptr<WholeGradients<T>> whole_;
  Program training_;
  const RowsThrough<T>* losses_ = nullptr;  // the phase that finds them
  std::unique_ptr<Inference<T>> inference_;
  TeamTuner tuner_;
  Shares shares_;
  double step_seconds_ = 0;  // as last measured
};

}  // namespace neurona
