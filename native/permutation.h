// Random orders: twin of neurona.random.Stream.permutation.
#pragma once

#include <cstdint>
#include <vector>

#include "philox.h"
#include "thread_pool.h"

namespace neurona {

// Permutations of 0 … count − 1: each the order of `count` random words. A word's
// high bits make room for its index in the low ones, so no two keys are equal.
class Permuter {
 public:
  // threads: the most to use; 0: as many as the pool has.
  Permuter(int64_t count, int threads);
  ~Permuter();
  // The permutation that the stream's first words make.
  void run(const Stream& stream, int64_t* order);

 private:
  void sort_part(const Stream& stream, int64_t* order, const Seat& seat);

  int64_t count_;
  int threads_, index_bits_, digits_, digit_bits_;
  std::vector<uint64_t>& keys_;
  // By thread: how many keys have each value of a digit, and where the next of them goes.
  std::vector<std::vector<int64_t>> counts_, places_;
};

}  // namespace neurona
