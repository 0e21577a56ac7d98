// Finds by measurement which team serves a network best at the moment: how many
// threads, and how what they compute gets from one to the other.
//
// With free cores the answer is nearly always "as many as allowed". When other
// programs, or other virtual machines, take cores away, a step waits at every
// barrier for the thread that lost its core, and fewer threads may be faster: by
// much where two share one. So from time to time another number is tried: slices
// with it and with the current one take turns, as times that are not side by side
// say little on a busy machine. It is taken if it wins by sum and in most pairs:
// one long interruption must not decide. A number that loses, or wins by far, is
// soon known.
//
// Which way from thread to thread is faster (see Kernels::send) depends on whether
// their cores share a cache, which virtual machines hide and change: tried likewise.
#pragma once

#include <algorithm>
#include <vector>

namespace neurona {

struct TeamChoice {
  int threads = 1;
  bool sends = false;  // by Kernels::send
  bool operator==(const TeamChoice&) const = default;
};

class TeamTuner {
 public:
  TeamTuner() { set_most(1, false); }

  void set_most(int most, bool can_send) {
    const size_t ways = can_send ? 2 : 1;
    if (fixed_ || (!candidates_.empty() && candidates_.back().team.threads == most && ways == ways_)) {
      return;
    }
    candidates_.clear();
    ways_ = ways;
    const auto add = [&](int threads) {
      candidates_.push_back({{threads, false}});
      if (can_send) candidates_.push_back({{threads, threads > 1}});
    };
    for (int threads = 1; threads < most; threads += std::max(1, threads / 2)) add(threads);
    add(most);
    current_ = trial_ = candidates_.size() - ways_;
    interval_ = shortest;
    next_probe_ = ran_ + shortest;
    slow_ = 0;
    pair_ = {};
  }

  // Always this one, for tests.
  void fix(TeamChoice team) {
    candidates_ = {{team}};
    ways_ = 1;
    current_ = trial_ = 0;
    pair_ = {};
    fixed_ = true;
  }

  // The one for the next slice, at time `now` in seconds.
  TeamChoice choose(double now) {
    const size_t most = candidates_.size() - ways_ + current_ % ways_;
    if (now - last_ > pause && current_ != most) {  // cores may be free again
      trial_ = most;
      pair_ = {};
    } else if (!probing() && candidates_.size() > ways_ && ran_ >= next_probe_) {
      // Something happened: a single thread waits for nobody. Else as is its turn.
      const bool alarm = slow_ >= alarming && current_ >= ways_;
      trial_ = alarm ? 0 : neighbour();
      pair_ = {};
      slow_ = 0;
      next_probe_ = ran_ + interval_;
      const bool fewer = current_ + ways_ < candidates_.size();
      interval_ = std::min(2 * interval_, fewer ? longest_with_fewer : longest);
    }
    return chosen().team;
  }
  // Whether the next slice should be short: another number of threads may be far slower.
  // The other way is not, and shows what it is worth only after some steps.
  bool brief() const { return trial_ / ways_ != current_ / ways_; }
  // Of a step with the chosen one, as last known; 0: unknown.
  double expected() const { return candidates_[pair_.second ? trial_ : current_].seconds; }

  // What the slice from time `begin` to `end` came to. The team may be smaller than chosen.
  void record(TeamChoice team, double seconds_per_step, double begin, double end) {
    last_ = end;
    ran_ += end - begin;
    Candidate& one = chosen();
    if (team != one.team) return give_up();
    // One long interruption says little; many add up.
    const double seen = one.seconds > 0 ? std::min(seconds_per_step, 3 * one.seconds)
                                        : seconds_per_step;
    slow_ = one.seconds > 0 && seen > 1.5 * one.seconds ? slow_ + 1 : 0;
    // To have been faster than was known is no accident: the first steps are slow.
    const double share = one.seconds <= 0 ? 1 : seen < one.seconds ? 0.75 : 0.25;
    one.seconds += share * (seen - one.seconds);
    if (slow_ >= alarming) one.seconds = seconds_per_step;
    if (probing()) {
      compare(seen);
    } else if (slow_ >= alarming) {
      next_probe_ = 0;
    }
  }

 private:
  // Seconds of work between trials: with fewer threads than allowed, cores may soon be free again.
  static constexpr double shortest = 0.05, longest = 2, longest_with_fewer = 0.1;
  // Of the current one's time: more threads are the rule, fewer the exception.
  static constexpr double fewer_win = 0.93, more_win = 0.97;
  static constexpr double pause = 0.05;  // without a slice
  static constexpr int enough = 16;  // pairs of slices
  // Or so few, if the trial is faster in each; fewer still, if it takes less than this part.
  static constexpr int some = 6, few = 3;
  static constexpr double clear_win = 0.6;
  // Soon given up, as it costs what it is slower: this much, in one pair or in many together.
  static constexpr double hopeless = 0.2;
  static constexpr int alarming = 3;  // slow slices in a row

  struct Candidate {
    TeamChoice team;
    double seconds = 0;  // per step
  };
  // Slices of the current one and of the trial, side by side.
  struct Pairs {
    bool second = false;  // the trial's turn
    double last = 0;      // the current one's, of this pair
    double current = 0, trial = 0;
    int count = 0, won = 0, clearly = 0;
  };

  bool probing() const { return trial_ != current_; }
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
    pair_.clearly += seconds < clear_win * pair_.last;
    ++pair_.count;
    const double ratio = pair_.trial / pair_.current;
    const bool clear = pair_.count >= few && pair_.clearly == pair_.count;
    const bool sure = pair_.count >= some && pair_.won == pair_.count;
    if (ratio > 1 + hopeless / pair_.count || clear || sure || pair_.count == enough) {
      const bool fewer = chosen().team.threads > candidates_[trial_].team.threads;
      const bool wins = ratio < (fewer ? fewer_win : more_win) &&
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

  // Fewer, the other way, more and a single thread in turn.
  size_t neighbour() {
    const size_t threads = current_ / ways_, way = current_ % ways_;
    const size_t top = candidates_.size() / ways_ - 1;
    for (;;) {
      const int turn = turn_++ % 4;
      if (turn == 0 && threads > 0) return (threads - 1) * ways_ + way;
      if (turn == 1 && ways_ > 1 && threads > 0) return threads * ways_ + (1 - way);
      if (turn == 2 && threads < top) return (threads + 1) * ways_ + way;
      if (turn == 3 && threads > 1) return threads / 2 * ways_ + way;
    }
  }

  std::vector<Candidate> candidates_;  // by threads; each plain first, then, if it can, sending
  size_t ways_ = 1;
  size_t current_ = 0, trial_ = 0;
  Pairs pair_;
  int slow_ = 0;  // slices in a row
  double interval_ = shortest, next_probe_ = 0;
  double last_ = 0;  // slice's end
  double ran_ = 0;   // in all slices
  unsigned turn_ = 0;
  bool fixed_ = false;
};

}  // namespace neurona
