// A training step is a list of phases with a barrier after each.
//
// Every phase says which thread does which part of it. Each output element is
// computed by one thread in one fixed order, so the parts may be dealt out in
// any way, and to any number of threads, without changing a bit.
#pragma once

#include <memory>
#include <vector>

#include "layers/dense.h"
#include "thread_pool.h"

namespace neurona {

template <class T>
class Phase {
 public:
  virtual ~Phase() = default;
  virtual void run(const Step<T>& step, const Seat& seat) = 0;
  // Called once per slice, before its first step.
  virtual void prepare(const Shares&) {}
};

// Work of uneven length, dealt out evenly first and then stolen: each thread
// takes from its own part, then from the others'. Two sets of counters take
// turns: while one is in use the other is put back to the start.
class Tickets {
 public:
  void prepare(int64_t items, int threads);

  template <class Function>
  void run(int64_t round, int thread, Function&& f) {
    counters_[size_t(thread)].next[~round & 1].store(0, std::memory_order_relaxed);
    for (int64_t item; (item = next(round & 1, thread)) >= 0;) f(item);
  }

 private:
  int64_t next(int64_t set, int thread);
  struct alignas(64) Counter {
    std::atomic<int64_t> next[2]{0, 0};
  };
  std::vector<Counter> counters_;
  int64_t items_ = 0;
  int threads_ = 1;
};

// Looks for NaN and infinity in rows of x that have just been read, where that is wanted.
template <class T>
void look_at(const Kernels<T>& kernels, const Step<T>& step, const T* x, int64_t ld, int64_t rows,
             int64_t columns) {
  if (step.finite == nullptr || kernels.finite(x, ld, rows, columns)) return;
  step.finite->store(false, std::memory_order_relaxed);
}

// The batch's samples into rows of floats.
template <class T>
class GatherRows final : public Phase<T> {
 public:
  // sent: x for the other threads, where they send to each other.
  GatherRows(const Kernels<T>& kernels, Rows<T> x, Rows<T> sent, int64_t columns, const T* scale,
             const T* shift, const Zeros* zeros)
      : kernels_(kernels),
        x_(x),
        sent_(sent),
        columns_(columns),
        scale_(scale),
        shift_(shift),
        zeros_(zeros) {}
  void run(const Step<T>& step, const Seat& seat) override {
    gather(step, step.shares->begin(step.rows, seat.thread),
           step.shares->begin(step.rows, seat.thread + 1));
  }
  void gather(const Step<T>& step, int64_t begin, int64_t end) const {
    kernels_.gather({step.samples->x, step.samples->x_type, columns_, step.order, step.next_order,
                     step.next_rows, begin, end, 0, columns_, scale_, shift_, x_.data, x_.ld,
                     zeros_ != nullptr ? zeros_->in_step(step.iteration) : Nonzeros{}});
    look_at(kernels_, step, x_.row(begin), x_.ld, end - begin, columns_);
    if (step.sends) kernels_.send(x_.row(begin), sent_.row(begin), (end - begin) * x_.ld);
  }

 private:
  const Kernels<T>& kernels_;
  Rows<T> x_, sent_;
  int64_t columns_;
  const T *scale_, *shift_;
  const Zeros* zeros_;  // to be found; null: nobody asks
};

// Forward through small layers, the loss, and back, by rows of the batch: a
// thread takes a few rows all the way, so what it works on stays in its L1.
template <class T>
class RowsThrough final : public Phase<T> {
 public:
  RowsThrough(const Kernels<T>& kernels, int64_t most_rows)
      : kernels_(kernels), most_rows_(most_rows) {}
  void prepare(const Shares& shares) override;
  void run(const Step<T>& step, const Seat& seat) override;
  // Part of what `run` will read of other threads' results, into this core's cache.
  void fetch(const Step<T>& step, const Seat& seat, int64_t part, int64_t parts) const;
  // Σ row losses, by rows in their order; fetch_losses asks for them before.
  double sum_losses(const Step<T>& step) const;
  int64_t sum_right(const Step<T>& step) const;  // rows whose class is right
  void fetch_losses(const Step<T>& step) const;
  bool empty() const {
    return gather == nullptr && finish == nullptr && activate == nullptr && forward.empty() &&
           output == nullptr && differentiate == nullptr && backward.empty();
  }

  const GatherRows<T>* gather = nullptr;   // null: x is there already
  const Dense<T>* finish = nullptr;        // add up its input chunks first
  const InputChunks<T>* chunks = nullptr;
  const Layer<T>* activate = nullptr;      // its row-wise activation is still to be done
  std::vector<const Layer<T>*> forward;    // first to last
  const Layer<T>* output = nullptr;        // the last layer, with the loss; null: not here
  LossSpec loss;
  const Layer<T>* differentiate = nullptr; // as activate, on the way back
  std::vector<const Layer<T>*> backward;   // last to first

 private:
  // What a thread has for itself.
  struct Own {
    Arena memory;
    std::vector<T*> copies;  // of weights, by place in backward; null: none
    T* losses = nullptr;     // of its rows of the batch
    int64_t* right = nullptr;  // how many of these rows are right
  };
  void through(const Step<T>& step, const Seat& seat, int64_t begin, int64_t end) const;
  void fetch_targets(const Step<T>& step, int64_t begin, int64_t end) const;
  void copy_outputs(Rows<T> from, T* to, int64_t begin, int64_t end) const;
  const Kernels<T>& kernels_;
  int64_t most_rows_;
  std::vector<std::unique_ptr<Own>> own_;  // by thread
};

// The first layer of a narrow network, by chunks of its inputs.
template <class T>
class SplitForward final : public Phase<T> {
 public:
  SplitForward(const Kernels<T>& kernels, const Dense<T>& layer, const InputChunks<T>& chunks,
               const T* scale, const T* shift, const RowsThrough<T>& rows)
      : kernels_(kernels), layer_(layer), chunks_(chunks), scale_(scale), shift_(shift), rows_(rows) {}
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  void read_chunk(const Step<T>& step, const typename InputChunks<T>::Chunk& chunk,
                  const typename InputChunks<T>::Input& input, int64_t begin, int64_t end) const;
  // Returns how many of its products were kept.
  int64_t add_chunk(const Step<T>& step, int64_t c, int64_t first, int64_t begin, int64_t end,
                    const NextRows& next) const;
  void send_sums(const Step<T>& step, int thread, int64_t begin, int64_t end) const;
  const Kernels<T>& kernels_;
  const Dense<T>& layer_;
  const InputChunks<T>& chunks_;
  const T *scale_, *shift_;
  const RowsThrough<T>& rows_;
};

// A large dense layer, forward: items of one panel × some rows.
template <class T>
class TilesForward final : public Phase<T> {
 public:
  TilesForward(const Dense<T>& layer, int64_t rows) : layer_(layer), rows_(rows) {}
  void prepare(const Shares& shares) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Dense<T>& layer_;
  int64_t rows_, blocks_ = 1;
  Tickets tickets_;
};

// A large dense layer, backward: items of some inputs × all rows; then dh → dz below.
template <class T>
class TilesBackward final : public Phase<T> {
 public:
  explicit TilesBackward(const Dense<T>& layer) : layer_(layer) {}
  void prepare(const Shares& shares) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Dense<T>& layer_;
  Tickets tickets_;
};

// The rows that a large dense layer multiplies, in the form that it wants: x, or dz.
template <class T>
class ConvertRows final : public Phase<T> {
 public:
  ConvertRows(const Dense<T>& layer, bool forward) : layer_(layer), forward_(forward) {}
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Dense<T>& layer_;
  bool forward_;
};

// A layer's statistics over the batch, by columns.
template <class T>
class Statistics final : public Phase<T> {
 public:
  Statistics(const Kernels<T>& kernels, const Layer<T>& layer, bool forward)
      : lanes_(kernels.lanes), layer_(layer), forward_(forward) {}
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  int64_t lanes_;
  const Layer<T>& layer_;
  bool forward_;
};

// Gradients of all weights with the optimizer's step in the same pass (or, for
// weights with a gradient array, the gradients alone).
template <class T>
class UpdateWeights final : public Phase<T> {
 public:
  // first: the layer that is dealt out by chunks, null if none is.
  UpdateWeights(const std::vector<Layer<T>*>& layers, const Dense<T>* first,
                const InputChunks<T>* chunks);
  void prepare(const Shares& shares) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  struct Item {
    const Layer<T>* layer;
    int64_t item;
  };
  void update_chunks(const Step<T>& step, int thread, int64_t begin, int64_t end) const;
  const Dense<T>* first_;
  const InputChunks<T>* chunks_;
  std::vector<Item> items_;
  std::vector<int64_t> begins_;  // of each thread's items, where they are dealt out for good
  bool stealing_ = false;
  Tickets tickets_;
};

// What must wait until all weights have moved: constraints, transposed copies.
template <class T>
class SettleWeights final : public Phase<T> {
 public:
  explicit SettleWeights(const std::vector<Layer<T>*>& layers);
  void run(const Step<T>& step, const Seat& seat) override;
  bool empty() const { return items_.empty(); }

 private:
  std::vector<std::pair<const Layer<T>*, int64_t>> items_;
};

// Updates that need all gradients first (penalties, clipping by norm), in two
// phases over blocks of fixed size: sums of each block, then the step.
template <class T>
class WholeGradients {
 public:
  WholeGradients(const Kernels<T>& kernels, const std::vector<Tensor<T>*>& tensors,
                 const OptimizerSpec& spec);
  void sum_blocks(const Seat& seat);
  void update_blocks(const Step<T>& step, const Seat& seat);
  double penalty() const;  // of all weights, once the blocks are summed

 private:
  static constexpr int64_t block_size = 8192;
  struct Block {
    size_t tensor;
    int64_t begin, count;
    double squares, penalty;
  };
  // min(1, limit / norm) from the blocks [first, last).
  T scale(double limit, size_t first, size_t last) const;

  const Kernels<T>& kernels_;
  std::vector<Tensor<T>*> tensors_;
  OptimizerSpec spec_;
  std::vector<Block> blocks_;
  std::vector<size_t> first_blocks_;  // of each tensor, and the end
};

template <class T>
class SumGradients final : public Phase<T> {
 public:
  explicit SumGradients(WholeGradients<T>& whole) : whole_(whole) {}
  void run(const Step<T>&, const Seat& seat) override { whole_.sum_blocks(seat); }

 private:
  WholeGradients<T>& whole_;
};

template <class T>
class ApplyGradients final : public Phase<T> {
 public:
  explicit ApplyGradients(WholeGradients<T>& whole) : whole_(whole) {}
  void run(const Step<T>& step, const Seat& seat) override { whole_.update_blocks(step, seat); }

 private:
  WholeGradients<T>& whole_;
};

}  // namespace neurona
