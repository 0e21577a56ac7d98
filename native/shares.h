// How much of a step each thread of a team does: as much as it is fast.
//
// Cores are seldom equal: two may be halves of one, another program or another virtual
// machine may have one for a while. Threads that meet at barriers would wait for the
// slowest, so what may be dealt out in any way is dealt out by the speed that each
// thread has lately shown. Nor is work what it seems: half of a picture may have more ink.
// So the update, the finest to deal out, evens out what is left. No bit of the result
// depends on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace neurona {

class Shares {
 public:
  // chunks: as many of the first layer's inputs are dealt out as wholes, and their part
  // of a step's work.
  void plan(int64_t chunks, double chunk_work) {
    chunks_ = chunks;
    chunk_work_ = chunk_work;
  }

  // From now on as if threads had always been so fast, whatever is seen: for tests.
  void fix(const std::vector<double>& speeds) {
    seats_.resize(std::max(seats_.size(), speeds.size()));
    for (size_t t = 0; t < speeds.size(); ++t) seats_[t].speed = speeds[t];
    fixed_ = true;
  }

  // For a slice with so many threads.
  void form(int threads) {
    if (int(seats_.size()) < threads) seats_.resize(size_t(threads));
    const bool same = threads == threads_;
    threads_ = threads;
    double total = 0;
    bool even = true;
    for (int t = 0; t < threads; ++t) total += seats_[size_t(t)].speed;
    std::vector<double> parts;
    for (int t = 0; t < threads; ++t) {
      parts.push_back(seats_[size_t(t)].speed / total);
      even = even && std::abs(parts.back() * threads - 1) < unlike;
    }
    if (even) std::fill(parts.begin(), parts.end(), 1.0 / threads);
    ends_.assign(size_t(threads) + 1, 0);
    for (int t = 0; t < threads; ++t) ends_[size_t(t) + 1] = ends_[size_t(t)] + parts[size_t(t)];
    deal_chunks(parts, same);
    double updates = 0;
    for (int t = 0; t < threads; ++t) {
      Seat& seat = seats_[size_t(t)];
      const double own = double(first_chunk(t + 1) - first_chunk(t));
      seat.work = (1 - chunk_work_) * parts[size_t(t)];
      if (chunks_ > 0) seat.work += chunk_work_ * own / double(chunks_);
      seat.samples.clear();
      seat.updates.clear();
      updates += seat.update * parts[size_t(t)];
    }
    update_ends_.assign(size_t(threads) + 1, 0);
    for (size_t t = 0; t < size_t(threads); ++t) {
      update_ends_[t + 1] = update_ends_[t] + seats_[t].update * parts[t] / updates;
    }
  }

  int threads() const { return threads_; }
  // Of `count` rows or whatever else: where thread t's begin.
  int64_t begin(int64_t count, int t) const { return begin(ends_, count, t); }
  // The same of the update, the chunks' part of it included.
  int64_t update_begin(int64_t count, int t) const { return begin(update_ends_, count, t); }
  int64_t first_chunk(int t) const { return first_chunks_[size_t(t)]; }

  // Thread t worked so long on a step, the waiting left out; so long of it from the last barrier
  // before the update to the next one after it. Its own memory.
  void saw(int t, double seconds, double update) {
    Seat& seat = seats_[size_t(t)];
    if (seat.samples.size() == most_samples) return;
    seat.samples.push_back(seconds);
    seat.updates.push_back(update);
  }
  // After a slice.
  void learn() {
    if (fixed_) return;
    double mean = 0, mean_update = 0;
    std::vector<double> speeds, updates;
    for (int t = 0; t < threads_; ++t) {
      Seat& seat = seats_[size_t(t)];
      if (seat.samples.empty()) return;
      speeds.push_back(seat.work / median(seat.samples));
      updates.push_back(median(seat.updates));
      mean += speeds.back() / threads_;
      mean_update += updates.back() / threads_;
    }
    if (!(mean > 0) || !(mean_update > 0)) return;
    const bool uneven = std::ranges::any_of(
        updates, [&](double update) { return std::abs(update / mean_update - 1) > uneven_update; });
    for (int t = 0; t < threads_; ++t) {
      Seat& seat = seats_[size_t(t)];
      const double speed = std::clamp(speeds[size_t(t)] / mean, slowest, 1 / slowest);
      seat.speed += agility * (speed - seat.speed);
      if (!uneven) continue;
      const double wanted = std::clamp(mean_update / updates[size_t(t)], slowest, 1 / slowest);
      seat.update = std::clamp(seat.update * (1 + update_agility * (wanted - 1)), slowest, 1 / slowest);
    }
  }

 private:
  static constexpr double unlike = 0.05;   // smaller differences do not count
  static constexpr double better = 0.95;   // what chunks move for
  static constexpr double agility = 0.3, update_agility = 0.5, slowest = 0.2;
  static constexpr double uneven_update = 0.01;  // from here on it is dealt out anew
  static constexpr size_t most_samples = 64;

  struct alignas(64) Seat {
    double speed = 1, work = 0;
    double update = 1;  // its part of the update, by what its speed says
    std::vector<double> samples, updates;
    Seat() {
      samples.reserve(most_samples);
      updates.reserve(most_samples);
    }
  };

  static double median(std::vector<double>& samples) {
    const auto middle = samples.begin() + int64_t(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return *middle;
  }
  int64_t begin(const std::vector<double>& ends, int64_t count, int t) const {
    return t == threads_ ? count : int64_t(double(count) * ends[size_t(t)] + 0.5);
  }

  // So that the last to finish its chunks finishes as soon as can be; those that lie in
  // a thread's cache stay unless it is worth it.
  void deal_chunks(const std::vector<double>& parts, bool same) {
    std::vector<int64_t> counts(parts.size(), 0);
    for (int64_t c = 0; c < chunks_; ++c) {
      size_t best = 0;
      for (size_t t = 1; t < parts.size(); ++t) {
        if (double(counts[t] + 1) / parts[t] < double(counts[best] + 1) / parts[best] - 1e-9) best = t;
      }
      ++counts[best];
    }
    double now = 0, then = 0;
    for (size_t t = 0; t < parts.size(); ++t) {
      then = std::max(then, double(counts[t]) / parts[t]);
      if (same) now = std::max(now, double(first_chunk(int(t) + 1) - first_chunk(int(t))) / parts[t]);
    }
    if (same && then > better * now) return;
    first_chunks_.assign(1, 0);
    for (const int64_t count : counts) first_chunks_.push_back(first_chunks_.back() + count);
  }

  int64_t chunks_ = 0;
  double chunk_work_ = 0;
  int threads_ = 0;
  bool fixed_ = false;
  std::vector<Seat> seats_;
  std::vector<double> ends_, update_ends_;  // of each thread's part, from 0 to 1
  std::vector<int64_t> first_chunks_;
};

}  // namespace neurona
