// One training step's data, as every thread sees it.
#pragma once

#include <atomic>

#include "kernels.h"
#include "plan.h"
#include "shares.h"

namespace neurona {

// Rows of a batch: row r starts at data + r · ld.
template <class T>
struct Rows {
  T* data = nullptr;
  int64_t ld = 0;
  const T** each = nullptr;  // where each starts, for those who want a list
  T* row(int64_t r) const { return data + r * ld; }
  void list(int64_t count) {
    for (int64_t r = 0; r < count; ++r) each[r] = row(r);
  }
};

// The arrays that a chunk of steps reads. They stay Python's.
template <class T>
struct Samples {
  const void* x = nullptr;
  InputType x_type = InputType::float32;
  const T* targets = nullptr;       // samples × target_columns, or
  const int64_t* labels = nullptr;  // one class per sample
  int64_t target_columns = 0;
  const T* sample_weights = nullptr;  // null: 1 each
  const int64_t* order = nullptr;     // which sample comes when
  int64_t count = 0;                  // entries of order
  int64_t epoch_rows = 0;             // of them, an epoch's; 0: all are one epoch
  int64_t batch_size = 0;

  int64_t epoch() const { return epoch_rows > 0 ? epoch_rows : count; }
  // Steps of an epoch; the last may be smaller.
  int64_t epoch_steps() const { return (epoch() + batch_size - 1) / batch_size; }
  // Where in the order a step begins.
  int64_t first_row(int64_t step) const {
    return step / epoch_steps() * epoch() + step % epoch_steps() * batch_size;
  }
};

template <class T>
struct Step {
  const Samples<T>* samples;
  const int64_t* order;       // of this batch
  const int64_t* next_order;  // of the next one, to be fetched early; null: none
  int64_t rows, next_rows;
  bool training;
  const Shares* shares;  // who does how much
  bool sends;  // what other threads read goes to them by Kernels::send
  uint64_t seed;
  int64_t iteration;  // optimizer steps taken before this one
  T scale;            // what a sample of weight 1 counts in the batch's loss
  T* outputs;         // where this batch's predictions go; null: nowhere
  bool counts_right;  // how many of them are right, by the labels
  std::atomic<bool>* finite;  // becomes false where x is not; null: nobody looks
  OptimizerStep<T> optimizer;
};

// Elements of a cache line.
template <class T>
inline constexpr int64_t line = 64 / int64_t(sizeof(T));

// Brings [from, to) into this core's cache. The compiler takes a function that does
// nothing but prefetch for one without effect, and leaves its calls out: hence the asm.
template <class T>
void fetch(const T* from, const T* to) {
  for (; from < to; from += line<T>) __builtin_prefetch(from, 0, 2);
  asm volatile("");
}

// Row lengths in memory: whole vectors, and not a multiple of 4 KB, since rows
// that far apart fall on the same few cache sets.
template <class T>
int64_t padded(int64_t columns, int64_t lanes) {
  int64_t ld = (columns + lanes - 1) / lanes * lanes;
  if (ld * int64_t(sizeof(T)) >= 1024 && ld % (8 * line<T>) == 0) ld += line<T> > lanes ? line<T> : lanes;
  return ld;
}

// Splits [0, count) evenly: where part p of `parts` begins.
constexpr int64_t part_begin(int64_t count, int64_t part, int64_t parts) {
  return count * part / parts;
}

}  // namespace neurona
