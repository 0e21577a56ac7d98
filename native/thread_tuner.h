// Finds by measurement how many threads serve a network best at the moment.
//
// With free cores the answer is nearly always "as many as allowed". When other
// programs, or other virtual machines, take cores away, a step waits at every
// barrier for the thread that lost its core, and fewer threads are several times
// faster. So from time to time one short slice runs with another number. A
// number that looks faster is tried again at once, and kept if it stays so.
#pragma once

#include <algorithm>
#include <vector>

namespace neurona {

class ThreadTuner {
 public:
  explicit ThreadTuner(int most = 1) { set_most(most); }

  void set_most(int most) {
    if (fixed_ || (!candidates_.empty() && candidates_.back().threads == most)) return;
    candidates_.clear();
    for (int threads = 1; threads < most; threads += std::max(1, threads / 2)) {
      candidates_.push_back({threads});
    }
    candidates_.push_back({most});
    current_ = trial_ = candidates_.size() - 1;
    interval_ = shortest;
    next_probe_ = 0;
    trials_ = 0;
  }

  // Always this number, for tests.
  void fix(int threads) {
    candidates_ = {{threads}};
    current_ = trial_ = 0;
    fixed_ = true;
  }

  // The number for the next slice, at time `now` in seconds.
  int choose(double now) {
    if (trials_ > 0) return candidates_[trial_].threads;  // once more
    trial_ = current_;
    if (candidates_.size() > 1 && now >= next_probe_) {
      trial_ = neighbour();
      next_probe_ = now + interval_;
      interval_ = std::min(2 * interval_, longest);
    }
    return candidates_[trial_].threads;
  }
  bool probing() const { return trial_ != current_; }
  // Of a step with the chosen number, as last known; 0: unknown.
  double expected() const { return candidates_[trial_].seconds; }

  // What the slice came to. `threads` may be fewer than chosen.
  void record(int threads, double seconds_per_step) {
    Candidate& tried = candidates_[trial_];
    if (threads != tried.threads) {
      trials_ = 0;
      return;
    }
    if (probing()) {
      judge(tried, seconds_per_step);
    } else if (tried.seconds == 0) {
      tried.seconds = seconds_per_step;
    } else {
      // One long interruption says little; many add up.
      const double seen = std::min(seconds_per_step, 3 * tried.seconds);
      if (seen > 1.5 * tried.seconds) next_probe_ = 0;  // something happened
      tried.seconds = 0.75 * tried.seconds + 0.25 * seen;
    }
  }

 private:
  static constexpr double shortest = 0.02, longest = 0.5;
  static constexpr double clearly = 0.93;  // of the current one's time
  static constexpr int enough = 3;         // slices to be sure

  struct Candidate {
    int threads;
    double seconds = 0;  // per step
  };

  void judge(Candidate& tried, double seconds_per_step) {
    const double before = trials_ > 0 ? tried.seconds * trials_ : 0;
    tried.seconds = (before + seconds_per_step) / ++trials_;
    const bool faster = tried.seconds < clearly * candidates_[current_].seconds;
    if (faster && trials_ < enough) return;
    if (faster) {
      current_ = trial_;
      interval_ = shortest;
    }
    trials_ = 0;
  }

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

  std::vector<Candidate> candidates_;
  size_t current_ = 0, trial_ = 0;
  int trials_ = 0;  // slices of the one that looks faster
  double interval_ = shortest, next_probe_ = 0;
  unsigned turn_ = 0;
  bool fixed_ = false;
};

}  // namespace neurona
