// A number that threads wait for to change: what barriers and workers are made of.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace neurona {

// Tells the processor that this is a waiting loop.
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits in a training step last some microseconds and being woken takes far longer, so
// who waits first spins. Where cores are shared with other programs, the thread that is
// waited for may have lost its own for milliseconds. Then to sleep is best: who sleeps
// is let in again as soon as it is woken, so that a team's threads run at the same
// times. To offer the core around (sched_yield) instead gives up one's turn as well, at
// every barrier, and made steps a hundred times slower.
class Awaited {
 public:
  explicit Awaited(uint32_t value) : value_(value) {}

  uint32_t get() const { return value_.load(std::memory_order_acquire); }

  void set(uint32_t value) {
    // The order of all threads: either this sees the sleeper, or it sees the new value.
    value_.store(value, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) wake();
  }

  // Returns once the value is not `old`; sleeps after so much spinning.
  void wait_while(uint32_t old, std::chrono::microseconds spins) {
    using Clock = std::chrono::steady_clock;
    const auto over = [&] {
      for (int i = 0; i < 100; ++i) {
        if (get() != old) return true;
        pause();
      }
      return false;
    };
    if (over()) return;
    const Clock::time_point until = Clock::now() + spins;
    do {
      if (over()) return;
    } while (Clock::now() < until);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (value_.load(std::memory_order_seq_cst) == old) sleep(old);
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  void sleep(uint32_t old);  // unless the value is another; may return at any time
  void wake();

  std::atomic<uint32_t> value_;
  std::atomic<int> sleepers_{0};
};

}  // namespace neurona
