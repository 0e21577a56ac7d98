// Many networks trained side by side: each on one thread, as many at a time as
// there are threads.
#pragma once

#include <vector>

namespace neurona {

// Some steps of one network, done a slice at a time.
class Errand {
 public:
  virtual ~Errand() = default;
  // Does some milliseconds of it; whether there is more to do. Must not throw.
  virtual bool go_on() = 0;
};

// Does all of them, on up to so many threads (0: as the pool allows), the caller's
// among them. Each thread takes the errand that has waited longest, does a slice of
// it, and puts it back: so all end at nearly the same time, however unlike they are
// and whatever cores are taken away meanwhile.
void run_together(const std::vector<Errand*>& errands, int threads);

}  // namespace neurona
