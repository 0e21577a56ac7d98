// Where a batch's inputs are 0, and whether it pays to know.
//
// Kernels that are told leave out most products with zeros, which changes no bit of what
// they compute (see kernels/zeros.h). So it may be tried at any time and given up at any
// time: where most products were kept, nobody looks for zeros for some steps.
#pragma once

#include <atomic>

#include "../arena.h"
#include "../kernels.h"

namespace neurona {

class Zeros {
 public:
  void plan(Arena& arena, int64_t rows, int64_t columns) {
    where_.ld = (rows + 31) / 32 * 32;
    arena.plan(where_.bits, (columns + columns_of_bits - 1) / columns_of_bits * where_.ld);
  }

  // From now on nobody looks for them: for tests.
  void ignore() { where_ = {}; }

  // For this step: where they are to be written, and are then read. The same for all threads.
  Nonzeros in_step(int64_t iteration) const {
    const int64_t dense = dense_.load(std::memory_order_relaxed);
    return iteration > dense && iteration <= dense + pause ? Nonzeros{} : where_;
  }
  // How many of all products were kept in this step.
  void saw(int64_t iteration, int64_t kept, int64_t all) {
    if (double(kept) > worthless * double(all)) dense_.store(iteration, std::memory_order_relaxed);
  }

 private:
  static constexpr double worthless = 0.85;
  static constexpr int64_t pause = 100;  // steps
  Nonzeros where_;
  std::atomic<int64_t> dense_{-pause - 1};  // the last step in which it did not pay
};

}  // namespace neurona
