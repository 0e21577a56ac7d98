// Random orders: twin of neurona.random.Stream.permutation.
#pragma once

#include <cstdint>
#include <vector>

#include "philox.h"

namespace neurona {

// Permutations of 0 … count − 1: each the order of `count` random words. A word's
// high bits make room for its index in the low ones, so no two keys are equal.
class Permuter {
 public:
  explicit Permuter(int64_t count);
  // The permutation that the stream's first words make.
  void run(Stream stream, int64_t* order);

 private:
  int64_t count_;
  int index_bits_, digits_, digit_bits_;
  std::vector<uint64_t> keys_;
  std::vector<int64_t> places_;  // of each digit's values: where the next key goes
};

}  // namespace neurona
