#include "permutation.h"

#include <algorithm>
#include <bit>

#include "step.h"

namespace neurona {

namespace {
constexpr int most_digit_bits = 11;  // as many places that are written to at a time
constexpr int64_t worth_a_thread = 8192;  // numbers

// The caller's from one time to the next: memory that is new costs more than the sorting.
thread_local std::vector<uint64_t> kept_keys;
constexpr size_t most_kept = size_t(1) << 20;  // keys

// Keys are spread evenly: by so many of their highest bits nearly all are told apart.
constexpr int telling_bits(int index_bits) { return std::min(index_bits + 6, 60); }
}  // namespace

Permuter::Permuter(int64_t count, int threads)
    : count_(count),
      threads_(threads > 0 ? threads : ThreadPool::instance().capacity()),
      index_bits_(std::max(1, int(std::bit_width(uint64_t(count - 1))))),
      digits_((telling_bits(index_bits_) + most_digit_bits - 1) / most_digit_bits),
      digit_bits_((telling_bits(index_bits_) + digits_ - 1) / digits_),
      keys_(kept_keys) {
  if (keys_.size() < size_t(count)) keys_.resize(size_t(count));
  threads_ = int(std::clamp<int64_t>(count / worth_a_thread, 1, threads_));
  counts_.assign(size_t(threads_), std::vector<int64_t>(size_t(1) << digit_bits_));
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
void Permuter::sort_part(Stream stream, int64_t* order, const Seat& seat) {
  const int64_t begin = part_begin(count_, seat.thread, seat.threads);
  const int64_t end = part_begin(count_, seat.thread + 1, seat.threads);
  uint64_t *from = keys_.data(), *to = reinterpret_cast<uint64_t*>(order);
  for (int64_t i = begin; i < end; ++i) {
    from[i] = stream.word(uint64_t(i)) << index_bits_ | uint64_t(i);
  }
  // Sorted by one digit after the other, the lowest first, from one array into the other …
  std::vector<int64_t>& own = counts_[size_t(seat.thread)];
  std::vector<int64_t> places(own.size());  // where the next key with a value goes
  const auto first = counts_.begin(), last = first + seat.threads;
  for (int d = 0; d < digits_; ++d) {
    const int shift = 64 - (digits_ - d) * digit_bits_;
    const auto digit = [&](uint64_t key) { return key >> shift & (own.size() - 1); };
    std::fill(own.begin(), own.end(), 0);
    for (int64_t i = begin; i < end; ++i) ++own[digit(from[i])];
    seat.barrier->wait();
    int64_t place = 0;
    for (size_t value = 0; value < own.size(); ++value) {
      for (auto counts = first; counts != last; ++counts) {
        if (counts - first == seat.thread) places[value] = place;
        place += (*counts)[value];
      }
    }
    for (int64_t i = begin; i < end; ++i) to[places[digit(from[i])]++] = from[i];
    seat.barrier->wait();
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
  seat.barrier->wait();  // then keys move
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
