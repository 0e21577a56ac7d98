#include "permutation.h"

#include <algorithm>
#include <bit>

#include "step.h"

namespace neurona {

namespace {
constexpr int most_digit_bits = 11;  // as many places that are written to at a time
constexpr int64_t least_part = 8192;  // numbers of a thread

// The caller's from one time to the next: memory that is new costs more than the sorting.
thread_local std::vector<uint64_t> kept_keys;
constexpr size_t most_kept = size_t(1) << 20;  // keys

// Keys are spread evenly: by so many of their highest bits nearly all are told apart.
constexpr int telling_bits(int index_bits) { return std::min(index_bits + 6, 60); }
}  // namespace

Permuter::Permuter(int64_t count, int threads)
    : count_(count),
      threads_(ThreadPool::instance().most(threads)),
      index_bits_(std::max(1, int(std::bit_width(uint64_t(count - 1))))),
      digits_((telling_bits(index_bits_) + most_digit_bits - 1) / most_digit_bits),
      digit_bits_((telling_bits(index_bits_) + digits_ - 1) / digits_),
      keys_(kept_keys) {
  const auto size = size_t(count + 3) / 4 * 4;
  if (keys_.size() < size) keys_.resize(size);
  threads_ = int(std::clamp<int64_t>(count / least_part, 1, threads_));
  counts_.assign(size_t(threads_), std::vector<int64_t>(size_t(1) << digit_bits_));
  places_ = counts_;
}

Permuter::~Permuter() {
  if (keys_.size() > most_kept) std::vector<uint64_t>().swap(keys_);
}

void Permuter::run(const Stream& stream, int64_t* order) {
  if (threads_ > 1) {
    const auto job = [&](const Seat& seat) { sort_part(stream, order, seat); };
    return ThreadPool::instance().run(threads_, [](int) {}, job);
  }
  Barrier barrier(1);
  sort_part(stream, order, {0, 1, &barrier});
}

// Each thread does an equal part of every pass.
void Permuter::sort_part(const Stream& stream, int64_t* order, const Seat& seat) {
  const int64_t blocks = (count_ + 3) / 4;  // of words
  const int64_t begin = 4 * part_begin(blocks, seat.thread, seat.threads);
  const int64_t end = std::min(count_, 4 * part_begin(blocks, seat.thread + 1, seat.threads));
  uint64_t *from = keys_.data(), *to = reinterpret_cast<uint64_t*>(order);
  for (int64_t i = begin; i < end; i += 4) {
    const std::array<uint64_t, 4> words = stream.block(uint64_t(i) / 4);
    for (int64_t k = 0; k < 4; ++k) from[i + k] = words[size_t(k)] << index_bits_ | uint64_t(i + k);
    __builtin_prefetch(to + i, 1);  // it was last written an epoch ago
  }
  // Sorted by one digit after the other, the lowest first, from one array into the other …
  std::vector<int64_t>& own = counts_[size_t(seat.thread)];
  std::vector<int64_t>& places = places_[size_t(seat.thread)];
  const auto first = counts_.begin(), last = first + seat.threads;
  for (int d = 0; d < digits_; ++d) {
    const int shift = 64 - (digits_ - d) * digit_bits_;
    const auto digit = [&](uint64_t key) { return key >> shift & (own.size() - 1); };
    std::fill(own.begin(), own.end(), 0);
    for (int64_t i = begin; i < end; ++i) ++own[digit(from[i])];
    seat.barrier->wait(seat.thread);
    int64_t place = 0;
    for (size_t value = 0; value < own.size(); ++value) {
      for (auto counts = first; counts != last; ++counts) {
        if (counts - first == seat.thread) places[value] = place;
        place += (*counts)[value];
      }
    }
    for (int64_t i = begin; i < end; ++i) to[places[digit(from[i])]++] = from[i];
    seat.barrier->wait(seat.thread);
    std::swap(from, to);
  }
  // … and the few that these digits do not tell apart by insertion: they lie side by side,
  // and who has the first of them has all.
  const int untold = 64 - digits_ * digit_bits_;
  const auto after = [&](int64_t i) {
    while (i > 0 && i < count_ && from[i] >> untold == from[i - 1] >> untold) ++i;
    return i;
  };
  const int64_t own_begin = after(begin), own_end = after(end);
  seat.barrier->wait(seat.thread);  // then keys move
  for (int64_t i = own_begin; i < own_end; ++i) {
    const uint64_t key = from[i];
    int64_t at = i;
    for (; at > own_begin && from[at - 1] > key; --at) from[at] = from[at - 1];
    from[at] = key;
  }
  const uint64_t index = (uint64_t(1) << index_bits_) - 1;
  for (int64_t i = own_begin; i < own_end; ++i) order[i] = int64_t(from[i] & index);
}

}  // namespace neurona
