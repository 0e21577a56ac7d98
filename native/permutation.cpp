#include "permutation.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace neurona {

namespace {
constexpr int most_digit_bits = 11;  // as many places that are written to at a time

// Keys are spread evenly: by so many of their highest bits nearly all are told apart.
constexpr int telling_bits(int index_bits) { return std::min(index_bits + 6, 60); }
}  // namespace

Permuter::Permuter(int64_t count)
    : count_(count),
      index_bits_(std::max(1, int(std::bit_width(uint64_t(count - 1))))),
      digits_((telling_bits(index_bits_) + most_digit_bits - 1) / most_digit_bits),
      digit_bits_((telling_bits(index_bits_) + digits_ - 1) / digits_),
      keys_(size_t(count)),
      places_(size_t(digits_) << digit_bits_) {}

void Permuter::run(Stream stream, int64_t* order) {
  const size_t values = size_t(1) << digit_bits_;
  const auto digit = [&](uint64_t key, int d) {  // 0: the lowest
    return key >> (64 - (digits_ - d) * digit_bits_) & (values - 1);
  };
  std::fill(places_.begin(), places_.end(), 0);
  for (int64_t i = 0; i < count_; ++i) {
    const uint64_t key = stream.word(uint64_t(i)) << index_bits_ | uint64_t(i);
    keys_[size_t(i)] = key;
    for (int d = 0; d < digits_; ++d) ++places_[size_t(d) * values + digit(key, d)];
  }
  // Sorted by one digit after the other, from one array into the other …
  uint64_t *from = keys_.data(), *to = reinterpret_cast<uint64_t*>(order);
  for (int d = 0; d < digits_; ++d) {
    int64_t* places = places_.data() + size_t(d) * values;
    std::exclusive_scan(places, places + values, places, int64_t(0));
    for (int64_t i = 0; i < count_; ++i) to[places[digit(from[i], d)]++] = from[i];
    std::swap(from, to);
  }
  // … and the few that these digits do not tell apart by insertion.
  for (int64_t i = 1; i < count_; ++i) {
    const uint64_t key = from[i];
    int64_t at = i;
    for (; at > 0 && from[at - 1] > key; --at) from[at] = from[at - 1];
    from[at] = key;
  }
  const uint64_t index = (uint64_t(1) << index_bits_) - 1;
  for (int64_t i = 0; i < count_; ++i) order[i] = int64_t(from[i] & index);
}

}  // namespace neurona
