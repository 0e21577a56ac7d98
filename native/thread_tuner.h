// Finds by measurement how many threads serve a network best at the moment.
//
// With free cores the answer is nearly always "as many as allowed". When other
// programs, or other virtual machines, take cores away, a step waits at every
// barrier for the thread that lost its core, and fewer threads are several times
// faster. So from time to time another number is tried: slices with it and with
// the current one take turns, as times that are not side by side say little on a
// busy machine. It is taken if it wins by sum and in most pairs: one long
// interruption must not decide. A number that loses is soon given up.
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
    slow_ = 0;
    pair_ = {};
  }

  // Always this number, for tests.
  void fix(int threads) {
    candidates_ = {{threads}};
    current_ = trial_ = 0;
    pair_ = {};
    fixed_ = true;
  }

  // The number for the next slice, at time `now` in seconds.
  int choose(double now) {
    if (!probing() && candidates_.size() > 1 && now >= next_probe_) {
      trial_ = neighbour();
      pair_ = {};
      next_probe_ = now + interval_;
      const bool fewer = current_ + 1 < candidates_.size();
      interval_ = std::min(2 * interval_, fewer ? longest_with_fewer : longest);
    }
    return chosen().threads;
  }
  bool probing() const { return trial_ != current_; }
  // Of a step with the chosen number, as last known; 0: unknown.
  double expected() const { return candidates_[pair_.second ? trial_ : current_].seconds; }

  // What the slice came to. `threads` may be fewer than chosen.
  void record(int threads, double seconds_per_step) {
    Candidate& one = chosen();
    if (threads != one.threads) return give_up();
    // One long interruption says little; many add up.
    const double seen = one.seconds > 0 ? std::min(seconds_per_step, 3 * one.seconds)
                                        : seconds_per_step;
    slow_ = one.seconds > 0 && seen > 1.5 * one.seconds ? slow_ + 1 : 0;
    one.seconds = one.seconds > 0 ? 0.75 * one.seconds + 0.25 * seen : seen;
    if (probing()) {
      compare(seen);
    } else if (slow_ >= 3) {
      next_probe_ = 0;  // something happened
    }
  }

 private:
  // Seconds between trials: with fewer threads than allowed, cores may soon be free again.
  static constexpr double shortest = 0.02, longest = 2, longest_with_fewer = 0.1;
  // Of the current one's time: more threads are the rule, fewer the exception.
  static constexpr double fewer_win = 0.87, more_win = 0.97;
  static constexpr int enough = 16;  // pairs of slices

  struct Candidate {
    int threads;
    double seconds = 0;  // per step
  };
  // Slices of the current number and of the trial, side by side.
  struct Pairs {
    bool second = false;  // the trial's turn
    double last = 0;      // the current one's, of this pair
    double current = 0, trial = 0;
    int count = 0, won = 0;
  };

  Candidate& chosen() { return candidates_[pair_.second ? trial_ : current_]; }

  void compare(double seconds) {
    if (!pair_.second) {
      pair_.last = seconds;
      pair_.second = true;
      return;
    }
    pair_.second = false;
    pair_.current += pair_.last;
    pair_.trial += seconds;
    pair_.won += seconds < pair_.last;
    ++pair_.count;
    const double ratio = pair_.trial / pair_.current;
    if (ratio > 1 + 0.4 / pair_.count || pair_.count == enough) {
      const bool wins = ratio < (trial_ < current_ ? fewer_win : more_win) &&
                        3 * pair_.won >= 2 * pair_.count;
      if (wins) {
        current_ = trial_;
        interval_ = shortest;
      }
      give_up();
    }
  }
  void give_up() {
    trial_ = current_;
    pair_ = {};
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
  Pairs pair_;
  int slow_ = 0;  // slices in a row
  double interval_ = shortest, next_probe_ = 0;
  unsigned turn_ = 0;
  bool fixed_ = false;
};

}  // namespace neurona
