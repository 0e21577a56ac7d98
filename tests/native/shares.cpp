// How the update is dealt out on made-up threads: how much longer than the first one the last one
// is at work, before anything was seen and after 20 slices. Prints "work before after" lines.
#include "shares.h"

#include <cstdint>
#include <cstdio>
#include <vector>

using namespace neurona;

namespace {

struct Work {
  const char* name;
  std::vector<double> chunks;  // seconds of each thread's own
  double rest;                 // seconds of all that can be dealt out
};

// What thread t's part of the update takes, 1000 items cut where the shares say; half of the
// items are the chunks', as UpdateWeights counts them.
double seconds(const Shares& shares, const Work& work, int t) {
  constexpr int64_t all = 1000, of_chunks = 500;
  const int threads = shares.threads();
  const auto begin = [&](int thread) {
    const int64_t own = of_chunks * thread / threads;
    const int64_t free = shares.update_begin(all, thread) - own;
    return free < 0 ? 0 : free > all - of_chunks ? all - of_chunks : free;
  };
  const double items = double(begin(t + 1) - begin(t)) / double(all - of_chunks);
  return work.chunks[size_t(t)] + work.rest * items;
}

double spread(const Shares& shares, const Work& work) {
  double least = 1e9, most = 0;
  for (int t = 0; t < shares.threads(); ++t) {
    const double took = seconds(shares, work, t);
    least = took < least ? took : least;
    most = took > most ? took : most;
  }
  return most / least - 1;
}

}  // namespace

int main() {
  const Work works[] = {
      {"alike", {10, 10}, 8},
      {"more_below", {9, 11}, 8},
      {"more_above", {11, 9}, 8},
      {"four", {8, 11, 12, 9}, 20},
      {"too_much", {4, 16}, 4},  // even with nothing else to do, the second is the last
  };
  for (const Work& work : works) {
    const int threads = int(work.chunks.size());
    Shares shares;
    shares.plan(4 * threads, 0.5);
    shares.form(threads);
    const double before = spread(shares, work);
    for (int slice = 0; slice < 20; ++slice) {
      shares.form(threads);
      // All in all as long for each: here only the update is uneven.
      for (int t = 0; t < threads; ++t) shares.saw(t, 1, seconds(shares, work, t));
      shares.learn();
    }
    shares.form(threads);
    std::printf("%s %.4f %.4f\n", work.name, before, spread(shares, work));
  }
}
