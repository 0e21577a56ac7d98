// A training step is a list of phases with a barrier after each.
//
// Every phase says which thread does which part of it. Each output element is
// computed by one thread in one fixed order, so the parts may be dealt out in
// any way, and to any number of threads, without changing a bit.
#pragma once

#include <memory>
#include <vector>

#include "dense.h"
#include "thread_pool.h"

namespace neurona {

template <class T>
class Phase {
 public:
  virtual ~Phase() = default;
  virtual void run(const Step<T>& step, const Seat& seat) = 0;
  // Called once per slice, before its first step, with the team's size.
  virtual void prepare(int /*threads*/) {}
};

// Work of uneven length, dealt out evenly first and then stolen: each thread
// takes from its own part, then from the others'.
class Tickets {
 public:
  void prepare(int64_t items, int threads);
  // The thread's next item, or −1 when there is none left.
  int64_t next(int thread);
  // To be called by each thread, in a later phase than next().
  void reset(int thread) { counters_[size_t(thread)].next.store(0, std::memory_order_relaxed); }

 private:
  struct alignas(64) Counter {
    std::atomic<int64_t> next{0};
  };
  std::vector<Counter> counters_;
  int64_t items_ = 0;
  int threads_ = 1;
};

// The batch's samples into rows of floats.
template <class T>
class GatherRows final : public Phase<T> {
 public:
  GatherRows(const Kernels<T>& kernels, Rows<T> x, int64_t columns, const T* scale, const T* shift)
      : kernels_(kernels), x_(x), columns_(columns), scale_(scale), shift_(shift) {}
  void run(const Step<T>& step, const Seat& seat) override {
    gather(step, part_begin(step.rows, seat.thread, seat.threads),
           part_begin(step.rows, seat.thread + 1, seat.threads));
  }
  void gather(const Step<T>& step, int64_t begin, int64_t end) const {
    kernels_.gather({step.samples->x, step.samples->x_type, columns_, step.order, step.next_order,
                     step.next_rows, begin, end, 0, columns_, scale_, shift_, x_.data, x_.ld});
  }

 private:
  const Kernels<T>& kernels_;
  Rows<T> x_;
  int64_t columns_;
  const T *scale_, *shift_;
};

// How the first layer of a narrow network is cut along its inputs. Each thread
// owns some of the chunks: the columns of x and the rows of W and its slots.
// Partial sums of z are added up in the order of the chunks. The number of
// chunks depends on the network alone, never on the threads.
template <class T>
struct InputChunks {
  struct Chunk {
    int64_t begin, end;  // inputs
    Rows<T> x;           // their columns
    T* z;                // partial sum, laid out as the layer's z
  };
  std::vector<Chunk> chunks;

  int64_t first_of(const Seat& seat) const {
    return part_begin(int64_t(chunks.size()), seat.thread, seat.threads);
  }
};

template <class T>
class SplitForward final : public Phase<T> {
 public:
  SplitForward(const Kernels<T>& kernels, const Dense<T>& layer, const InputChunks<T>& chunks,
               const T* scale, const T* shift)
      : kernels_(kernels), layer_(layer), chunks_(chunks), scale_(scale), shift_(shift) {}
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Kernels<T>& kernels_;
  const Dense<T>& layer_;
  const InputChunks<T>& chunks_;
  const T *scale_, *shift_;
};

// Forward through small layers, the loss, and back, by rows of the batch: a
// thread takes a few rows all the way, so what it works on stays in its L1.
template <class T>
class RowsThrough final : public Phase<T> {
 public:
  explicit RowsThrough(const Kernels<T>& kernels) : kernels_(kernels) {}
  void run(const Step<T>& step, const Seat& seat) override;

  const GatherRows<T>* gather = nullptr;         // null: x is there already
  const Dense<T>* finish = nullptr;              // add up its input chunks first
  const InputChunks<T>* chunks = nullptr;
  std::vector<const Dense<T>*> forward;          // first to last
  const Dense<T>* output = nullptr;              // the loss's layer; null: no loss here
  std::vector<const Dense<T>*> backward;         // last to first
  const Dense<T>* below(const Dense<T>* layer) const;
  LossSpec loss;
  T* row_losses = nullptr;
  const std::vector<Dense<T>*>* layers = nullptr;

 private:
  void through(const Step<T>& step, const Seat& seat, int64_t begin, int64_t end) const;
  const Kernels<T>& kernels_;
};

// A large layer, forward: items of one panel × some rows.
template <class T>
class TilesForward final : public Phase<T> {
 public:
  TilesForward(const Dense<T>& layer, int64_t rows) : layer_(layer), rows_(rows) {}
  void prepare(int threads) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Dense<T>& layer_;
  int64_t rows_, blocks_ = 1;
  Tickets tickets_[2];
};

// A large layer, backward: items of some inputs × all rows; then dh → dz below.
template <class T>
class TilesBackward final : public Phase<T> {
 public:
  TilesBackward(const Dense<T>& layer, const Dense<T>& below) : layer_(layer), below_(below) {}
  void prepare(int threads) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  const Dense<T>& layer_;
  const Dense<T>& below_;
  Tickets tickets_[2];
};

// Gradients of all weights with the optimizer's step in the same pass.
template <class T>
class UpdateWeights final : public Phase<T> {
 public:
  UpdateWeights(const std::vector<Dense<T>*>& layers, const InputChunks<T>* chunks, Rows<T> x);
  void prepare(int threads) override;
  void run(const Step<T>& step, const Seat& seat) override;

 private:
  struct Item {
    const Dense<T>* layer;
    int64_t panel, begin, end;  // panel −1: the bias
    int64_t cost;
  };
  void do_item(const Step<T>& step, const Item& item) const;
  const std::vector<Dense<T>*>& layers_;
  const InputChunks<T>* chunks_;
  Rows<T> x_;
  std::vector<Item> items_;
  std::vector<int64_t> begins_;  // of each thread's items, where they are dealt out for good
  bool stealing_ = false;
  Tickets tickets_[2];
};

}  // namespace neurona
