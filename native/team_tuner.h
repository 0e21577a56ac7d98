// Finds by measurement which team serves a network best at the moment: how many
// threads, and how what they compute gets from one to the other.
//
// With free cores the answer is nearly always "as many as allowed". So from time to time
// another number is tried: slices with it and with the current one take turns, as times that
// are not side by side say little on a busy machine. It is taken if it wins by sum and in
// most pairs: one long interruption must not decide. A number that loses, or wins by far, is
// soon known.
//
// When other programs, or other virtual machines, take cores away, a step waits at every
// barrier for the thread that lost its core, and fewer threads may be faster. Then turns
// would mislead: cores come and go by milliseconds, so that one slice is as fast as ever and
// the next waits for long. Slices that are slow again and again raise an alarm, and fewer
// threads are tried for many slices in a row, against the slow ones.
//
// Which way from thread to thread is faster (see Kernels::send) depends on whether
// their cores share a cache, which virtual machines hide and change: tried likewise.
#pragma once

#include <algorithm>
#include <optional>
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
    current_ = candidates_.size() - ways_;
    trial_.reset();
    interval_ = shortest;
    next_probe_ = ran_ + shortest;
    tried_ = ran_;
    next_alarm_ = ran_;
    patience_ = shortest;
    disturbed_ = ran_ - calm;
    alarmed_ = false;
    forget_slow();
  }

  // Always this one, for tests.
  void fix(TeamChoice team) {
    candidates_ = {{team}};
    ways_ = 1;
    current_ = 0;
    trial_.reset();
    fixed_ = true;
  }

  // The one for the next slice, at time `now` in seconds.
  TeamChoice choose(double now) {
    const size_t most = in_this_way(numbers() - 1);
    if (now - last_ > pause && current_ != most) {  // cores may be free again
      trial_.reset();
      alarmed_ ? take(most) : by_turns(most);
    } else if (!trial_ && numbers() > 1) {
      if (alarm()) {
        in_a_row(fewer());
      } else if (ran_ >= next_probe_ && ran_ - tried_ >= least_work()) {
        by_turns(neighbour());
        tried_ = ran_;
        next_probe_ = ran_ + interval_;
        interval_ = std::min(2 * interval_, with_fewer() ? longest_with_fewer : longest);
      }
    }
    return chosen().team;
  }
  // Whether the next slice should be short: another number of threads may be far slower.
  // The other way is not, and shows what it is worth only after some steps; nor do short
  // slices tell anything where cores come and go.
  bool brief() const {
    return trial_ && trial_->candidate / ways_ != current_ / ways_ && ran_ - disturbed_ >= calm;
  }
  // Of a step with the chosen one, as last known; 0: unknown.
  double expected() const { return candidates_[next()].seconds; }

  // What the slice from time `begin` to `end` came to. The team may be smaller than chosen.
  void record(TeamChoice team, double seconds_per_step, double begin, double end) {
    last_ = end;
    ran_ += end - begin;
    Candidate& one = chosen();
    if (team != one.team) return trial_.reset();
    // One long interruption says little; many add up.
    const double seen = one.seconds > 0 ? std::min(seconds_per_step, 3 * one.seconds)
                                        : seconds_per_step;
    const Total slice{end - begin, (end - begin) / seconds_per_step};
    if (trial_ && trial_->in_a_row) {
      one.seconds = seconds_per_step;
      return judge(slice);
    }
    const bool slow = one.seconds > 0 && seen > 1.5 * one.seconds;
    if (next() == current_) {
      slow_ += slow ? 1 : -1;
      if (slow_ <= 0) forget_slow();
      slow_slices_.add(slice);
    }
    // To have been faster than was known is no accident: the first steps are slow.
    const double share = one.seconds <= 0 ? 1 : seen < one.seconds ? 0.75 : 0.25;
    if (!slow) one.seconds += share * (seen - one.seconds);
    if (trial_) compare(seen);
  }

 private:
  // Seconds of work between trials: with fewer threads than allowed, cores may soon be free again.
  static constexpr double shortest = 0.05, longest = 2, longest_with_fewer = 0.1;
  // And steps: a trial is a step at least, and of long ones a step by one thread is dear.
  static constexpr int steps_between = 100, steps_with_fewer = 10;
  // Of the current one's time: more threads are the rule, fewer the exception.
  static constexpr double fewer_win = 0.93, more_win = 0.97;
  static constexpr double pause = 0.05;  // without a slice
  static constexpr int enough = 16;  // pairs of slices
  // Or so few, if the trial is faster in each; fewer still, if it takes less than this part.
  static constexpr int some = 6, few = 3;
  static constexpr double clear_win = 0.6;
  // Soon given up, as it costs what it is slower: this much, in one pair or in many together.
  static constexpr double hopeless = 0.2;
  static constexpr int alarming = 3;  // slow slices more than others
  // Seconds of slow slices, and of the trial then; or so few if it loses. Before it, a thread
  // alone is moved to a core that is free.
  static constexpr double row_seconds = 0.025, at_least = 0.008, settling = 0.006;
  static constexpr double alarm_win = 0.85;
  static constexpr double calm = 1;  // seconds of work since the last alarm

  struct Candidate {
    TeamChoice team;
    double seconds = 0;  // per step
  };
  struct Total {
    double seconds = 0, steps = 0;
    Total& add(const Total& other) {
      seconds += other.seconds;
      steps += other.steps;
      return *this;
    }
    double per_step() const { return seconds / steps; }
  };
  // Slices of the current one and of another, side by side.
  struct Pairs {
    double current = 0, other = 0;  // their sums
    int count = 0, won = 0, clearly = 0;

    void add(double one, double two) {
      current += one;
      other += two;
      ++count;
      won += two < one;
      clearly += two < clear_win * one;
    }
    bool decided() const {
      return other > (1 + hopeless / count) * current || (count >= few && clearly == count) ||
             (count >= some && won == count) || count == enough;
    }
    bool won_by(double part) const { return other < part * current && 3 * won >= 2 * count; }
  };
  // Another candidate, by turns with the current one or for many slices in a row.
  struct Trial {
    size_t candidate;
    bool in_a_row;
    bool its_turn = in_a_row;  // to have the next slice
    Pairs pairs{};
    double last = 0;     // the current one's slice, of a pair that is not complete
    Total row{};         // in a row,
    double settled = 0;  // after so many seconds
  };

  size_t numbers() const { return candidates_.size() / ways_; }  // of threads, to choose from
  // The candidate with the n-th of these numbers, as the current one passes things on.
  size_t in_this_way(size_t n) const { return n * ways_ + current_ % ways_; }
  size_t next() const { return trial_ && trial_->its_turn ? trial_->candidate : current_; }
  Candidate& chosen() { return candidates_[next()]; }

  bool with_fewer() const { return current_ + ways_ < candidates_.size(); }
  // Seconds between trials.
  double least_work() const {
    return (with_fewer() ? steps_with_fewer : steps_between) * candidates_[current_].seconds;
  }
  void by_turns(size_t candidate) { trial_ = Trial{candidate, false}; }
  void in_a_row(size_t candidate) {
    trial_ = Trial{candidate, true};
    disturbed_ = ran_;
  }
  bool alarm() const {
    return slow_ >= alarming && slow_slices_.seconds >= row_seconds && ran_ >= next_alarm_ &&
           current_ >= ways_;
  }

  // A slice of a trial by turns.
  void compare(double seconds) {
    Trial& trial = *trial_;
    trial.its_turn = !trial.its_turn;
    if (trial.its_turn) {
      trial.last = seconds;
      return;
    }
    trial.pairs.add(trial.last, seconds);
    if (!trial.pairs.decided()) return;
    const size_t candidate = trial.candidate;
    const bool fewer = candidate / ways_ < current_ / ways_;
    const bool wins = trial.pairs.won_by(fewer ? fewer_win : more_win);
    trial_.reset();
    if (wins) take(candidate);
  }
  // A slice of a trial in a row, against the slices that raised the alarm.
  void judge(const Total& slice) {
    Trial& trial = *trial_;
    if (trial.settled < settling) {
      trial.settled += slice.seconds;
      return;
    }
    const Total& row = trial.row.add(slice);
    const double ratio = row.per_step() / slow_slices_.per_step();
    const bool lost = row.seconds >= at_least && ratio > 1.25;
    if (row.seconds < row_seconds && !lost) return;
    const size_t candidate = trial.candidate;
    trial_.reset();
    if (ratio < alarm_win) {
      take(candidate);
      alarmed_ = true;
      patience_ = shortest;
    } else {
      patience_ = std::min(8 * patience_, longest);
      candidates_[current_].seconds = slow_slices_.per_step();  // that is how it is now
    }
    next_alarm_ = ran_ + patience_;
    forget_slow();
  }
  void take(size_t candidate) {
    current_ = candidate;
    interval_ = shortest;
    alarmed_ = false;
    forget_slow();
  }
  void forget_slow() {
    slow_ = 0;
    slow_slices_ = {};
  }

  // The next fewer, half as many and a single thread in turn.
  size_t fewer() {
    const size_t n = current_ / ways_, choices[] = {n - 1, n / 2, 0};
    return in_this_way(choices[alarm_turn_++ % 3]);
  }
  // The next fewer, the other way, the next more and half as many in turn.
  size_t neighbour() {
    const size_t n = current_ / ways_;
    for (;;) {
      const unsigned turn = turn_++ % 4;
      if (turn == 0 && n > 0) return in_this_way(n - 1);
      if (turn == 1 && n > 0 && ways_ > 1) return n * ways_ + 1 - current_ % ways_;
      if (turn == 2 && n + 1 < numbers()) return in_this_way(n + 1);
      if (turn == 3 && n > 1) return in_this_way(n / 2);
    }
  }

  std::vector<Candidate> candidates_;  // by threads; each plain first, then, if it can, sending
  size_t ways_ = 1;
  size_t current_ = 0;
  std::optional<Trial> trial_;
  bool alarmed_ = false;  // the current one was taken after an alarm
  int slow_ = 0;          // slices, less those that were not
  Total slow_slices_;      // and those between
  double next_alarm_ = 0, patience_ = shortest, disturbed_ = -calm;  // by ran_
  unsigned alarm_turn_ = 0;
  double interval_ = shortest, next_probe_ = 0, tried_ = 0;
  double last_ = 0;  // slice's end
  double ran_ = 0;   // in all slices
  unsigned turn_ = 0;
  bool fixed_ = false;
};

}  // namespace neurona
