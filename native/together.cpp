#include "together.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>

#include "thread_pool.h"

namespace neurona {

namespace {

// Those that no thread is at.
class Waiting {
 public:
  explicit Waiting(const std::vector<Errand*>& errands)
      : errands_(errands.begin(), errands.end()) {}
  // The next one, or null.
  Errand* take() {
    const std::lock_guard lock(mutex_);
    if (errands_.empty()) return nullptr;
    Errand* first = errands_.front();
    errands_.pop_front();
    return first;
  }
  void put_back(Errand* errand) {
    const std::lock_guard lock(mutex_);
    errands_.push_back(errand);
  }
  size_t size() const { return errands_.size(); }

 private:
  std::deque<Errand*> errands_;
  std::mutex mutex_;
};

}  // namespace

void run_together(const std::vector<Errand*>& errands, int threads) {
  using Clock = std::chrono::steady_clock;
  // Then the team's threads are shared out again among all callers.
  constexpr std::chrono::milliseconds while_together{10};
  ThreadPool& pool = ThreadPool::instance();
  const size_t most = size_t(pool.most(threads));
  Waiting waiting(errands);
  while (waiting.size() > 0) {
    const Clock::time_point until = Clock::now() + while_together;
    const auto job = [&](const Seat&) {
      do {
        Errand* errand = waiting.take();
        if (errand == nullptr) return;
        if (errand->go_on()) waiting.put_back(errand);
      } while (Clock::now() < until);
    };
    pool.run(int(std::min(most, waiting.size())), [](int) {}, job);
  }
}

}  // namespace neurona
