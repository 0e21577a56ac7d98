// The tuner of teams on machines that are made up: how many of the steps that the best fixed
// number of threads takes in the same time it comes to. Prints "machine share" lines.
#include "team_tuner.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>

using namespace neurona;

namespace {

constexpr double turn = 4e-3;  // seconds that programs on one core run by turns

// Whether a core that a hog shares is ours at that time.
bool ours(double time) { return int64_t(time / turn) % 2 == 0; }

struct Machine {
  const char* name;
  // Seconds of a step with so many threads, undisturbed.
  std::function<double(int threads, double time)> step;
  // Whether all cores of so many threads are ours at that time.
  std::function<bool(int threads, double time)> runs;
};

// Takes steps from `time` on, one at least, until there are `most` or `until` has come; returns
// the end.
double take(const Machine& machine, int threads, double time, double until, int64_t most,
            int64_t& taken) {
  constexpr double tick = 1e-5;
  double left = machine.step(threads, time);
  for (taken = 0; taken < most && (time < until || taken == 0); time += tick) {
    if (!machine.runs(threads, time)) continue;
    for (left -= tick; left <= 0 && taken < most; left += machine.step(threads, time)) ++taken;
  }
  return time;
}

int64_t tuned(const Machine& machine, int most, double seconds) {
  TeamTuner tuner;
  tuner.set_most(most, false);
  double time = 0, step = 0;
  int64_t all = 0;
  while (time < seconds) {
    const int threads = tuner.choose(time).threads;
    const double slice = tuner.brief() ? 5e-4 : 3e-3;
    if (tuner.expected() > 0) step = tuner.expected();
    int64_t taken;
    const double end = take(machine, threads, time, time + 3 * slice,
                            step > 0 ? int64_t(slice / step) + 1 : 4, taken);
    step = (end - time) / double(taken);
    tuner.record({threads, false}, step, time, end);
    time = end;
    all += taken;
  }
  return all;
}

}  // namespace

int main() {
  constexpr double seconds = 3, half = 1.5;
  const auto scales = [](int threads, double) { return threads == 1 ? 9e-5 : 6e-5; };
  const auto large = [](int threads, double) { return threads == 1 ? 6.6e-2 : 3.3e-2; };
  const auto always = [](int, double) { return true; };
  // A thread alone is moved to the core that is free.
  const auto one_hog = [](int threads, double time) { return threads == 1 || ours(time); };
  const auto two_hogs = [](int, double time) { return ours(time); };
  const Machine machines[] = {
      {"quiet", scales, always},
      {"long_steps", large, always},
      {"hog", scales, one_hog},
      {"hogs", scales, two_hogs},
      {"hog_leaves", scales, [&](int n, double t) { return t > half || one_hog(n, t); }},
      {"hog_comes", scales, [&](int n, double t) { return t < half || one_hog(n, t); }},
      {"hog_leaves_long_steps", large, [&](int n, double t) { return t > half || one_hog(n, t); }},
      {"hog_comes_long_steps", large, [&](int n, double t) { return t < half || one_hog(n, t); }},
      {"shared_core", [](int n, double) { return n == 1 ? 9e-5 : 1.2e-4; }, always},
  };
  for (const Machine& machine : machines) {
    int64_t best = 0, taken;
    for (int threads : {1, 2}) {
      take(machine, threads, 0, seconds, INT64_MAX, taken);
      best = std::max(best, taken);
    }
    std::printf("%s %.3f\n", machine.name, double(tuned(machine, 2, seconds)) / double(best));
  }
}
