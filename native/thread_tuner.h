// Finds by measurement how many threads serve a network best at the moment.
//
// With free cores the answer is nearly always "as many as allowed". When other
// programs take cores away, a step waits at every barrier for the thread that
// lost its core, and fewer threads are several times faster. So from time to
// time one short slice runs with another number, and the faster one is kept.
#pragma once

#include <algorithm>
#include <vector>

namespace neurona {

class ThreadTuner {
 public:
  explicit ThreadTuner(int most = 1) { set_most(most); }

  void set_most(int most) {
    if (fixed_ || (!candidates_.empty() && candidates_.back() == most)) return;
    candidates_.clear();
    for (int threads = 1; threads < most; threads += std::max(1, threads / 2)) {
      candidates_.push_back(threads);
    }
    candidates_.push_back(most);
    seconds_.assign(candidates_.size(), 0);
    current_ = trial_ = candidates_.size() - 1;
    interval_ = shortest;
    next_probe_ = 0;
  }

  // Always this number, for tests.
  void fix(int threads) {
    candidates_ = {threads};
    seconds_ = {0};
    current_ = trial_ = 0;
    fixed_ = true;
  }

  // The number for the next slice, at time `now` in seconds.
  int choose(double now) {
    trial_ = current_;
    if (candidates_.size() > 1 && now >= next_probe_) {
      trial_ = neighbour();
      next_probe_ = now + interval_;
      interval_ = std::min(2 * interval_, longest);
    }
    return candidates_[trial_];
  }
  bool probing() const { return trial_ != current_; }

  // What the slice came to. `threads` may be fewer than chosen.
  void record(int threads, double seconds_per_step) {
    if (threads != candidates_[trial_]) return;
    double& known = seconds_[trial_];
    if (probing()) {
      known = seconds_per_step;
      if (known < 0.95 * seconds_[current_]) {
        current_ = trial_;
        interval_ = shortest;
      }
      return;
    }
    if (known > 0 && seconds_per_step > 1.5 * known) next_probe_ = 0;  // something happened
    known = known > 0 ? 0.75 * known + 0.25 * seconds_per_step : seconds_per_step;
  }

 private:
  static constexpr double shortest = 0.01, longest = 0.5;

  // Fewer, more and a single thread in turn.
  size_t neighbour() {
    const size_t top = candidates_.size() - 1;
    for (;;) {
      const int turn = turn_++ % 3;
      if (turn == 0 && current_ > 0) return current_ - 1;
      if (turn == 1 && current_ < top) return current_ + 1;
      if (turn == 2 && current_ > 1) return current_ / 2;
    }
  }

  std::vector<int> candidates_;
  std::vector<double> seconds_;  // per step, by candidate; 0: unknown
  size_t current_ = 0, trial_ = 0;
  double interval_ = shortest, next_probe_ = 0;
  unsigned turn_ = 0;
  bool fixed_ = false;
};

}  // namespace neurona
