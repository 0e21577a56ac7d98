#include "permutation.h"

#include <algorithm>
#include <bit>

namespace neurona {

namespace {
constexpr int most_bucket_bits = 20;
}

Permuter::Permuter(int64_t count)
    : count_(count),
      index_bits_(std::max(1, int(std::bit_width(uint64_t(count - 1))))),
      bucket_bits_(std::clamp(index_bits_ - 1, 1, most_bucket_bits)),
      keys_(size_t(count)),
      begins_((size_t(1) << bucket_bits_) + 1) {}

void Permuter::run(Stream stream, int64_t* order) {
  // Keys are spread evenly, so their highest bits tell nearly where each belongs …
  std::fill(begins_.begin(), begins_.end(), 0);
  for (int64_t i = 0; i < count_; ++i) {
    const uint64_t key = stream.word(uint64_t(i)) << index_bits_ | uint64_t(i);
    keys_[size_t(i)] = key;
    ++begins_[bucket(key) + 1];
  }
  for (size_t b = 1; b < begins_.size(); ++b) begins_[b] += begins_[b - 1];
  auto* sorted = reinterpret_cast<uint64_t*>(order);
  for (const uint64_t key : keys_) sorted[begins_[bucket(key)]++] = key;
  // … and the few in each bucket are sorted by insertion.
  for (int64_t i = 1; i < count_; ++i) {
    const uint64_t key = sorted[i];
    int64_t at = i;
    for (; at > 0 && sorted[at - 1] > key; --at) sorted[at] = sorted[at - 1];
    sorted[at] = key;
  }
  const uint64_t index = (uint64_t(1) << index_bits_) - 1;
  for (int64_t i = 0; i < count_; ++i) sorted[i] &= index;
}

}  // namespace neurona
