// The process's threads: the only place in the library that makes any.
//
// One pool per process, made on first use. A caller asks for a team, is thread
// 0 of it and gets it for a short while (a few milliseconds of steps); between
// two such slices the pool shares its workers out again, so that several
// callers get equal parts.
//
// A fork waits until no trainer is at work; the child makes a pool of its own.
// At the process's end the workers are joined; who still trains goes on alone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "awaited.h"
#include "cpus.h"

namespace neurona {

// Orders stores that went past the caches (kernels' send) before what follows.
inline void fence() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

// How long a waiting thread keeps its core before it sleeps: within a step, and between
// two slices of steps.
inline constexpr std::chrono::microseconds in_step{100}, between_slices{2000};

// All threads of a team meet here; what each wrote before, all see after.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(uint32_t(threads)) {}
  void wait() {
    if (threads_ == 1) return;
    fence();
    const uint32_t round = round_.get();
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.set(round + 1);
    } else {
      round_.wait_while(round, in_step);
    }
  }

 private:
  const uint32_t threads_;
  alignas(64) std::atomic<uint32_t> arrived_{0};
  alignas(64) Awaited round_{0};
};

// One thread's place in a team.
struct Seat {
  int thread;   // 0 … threads − 1
  int threads;
  Barrier* barrier;
};

// A fork copies the calling thread alone. What others were doing would stop in
// the middle for ever, their locks locked; so it waits until nobody holds one of
// these. A trainer's owner holds one from before its lock until after.
class Uncut {
 public:
  Uncut();
  ~Uncut();
  Uncut(const Uncut&) = delete;
  Uncut& operator=(const Uncut&) = delete;
};

// While it is there, the thread that made it keeps to the processors that its teams give it
// (see Team::run). Afterwards it may use what it might before, unless somebody has changed
// that meanwhile.
class OwnCores {
 public:
  OwnCores();
  ~OwnCores();
  OwnCores(const OwnCores&) = delete;
  OwnCores& operator=(const OwnCores&) = delete;
  static OwnCores* current();  // the calling thread's; null: none
  const Cpus& allowed() const { return allowed_; }
  void use(const Cpus& cpus);

 private:
  Cpus allowed_, now_;
};

class ThreadPool {
 public:
  static ThreadPool& instance();

  // Most threads that a team may have, the caller included.
  int capacity() const { return capacity_; }
  // So many, or as many as there may be for 0.
  int most(int threads) const { return threads > 0 ? threads : capacity_; }
  // Finds a team of up to `wanted` threads, calls prepare(threads), then
  // job(seat) on all of them at once. Callers share the pool evenly; a caller
  // always gets its own thread.
  template <class Prepare, class Job>
  void run(int wanted, Prepare&& prepare, Job&& job) {
    Team team(*this, wanted);
    prepare(team.threads());
    team.run([](void* p, const Seat& seat) { (*static_cast<std::remove_reference_t<Job>*>(p))(seat); }, const_cast<void*>(static_cast<const void*>(&job)));
  }

 private:
  using Function = void (*)(void*, const Seat&);
  struct Worker;

  // The caller and the workers that it has been lent.
  class Team {
   public:
    Team(ThreadPool& pool, int wanted);
    ~Team();
    int threads() const { return int(workers_.size()) + 1; }
    void run(Function function, void* job);

   private:
    // Which processors each thread should use, the caller first.
    std::vector<Cpus> parts(const Cpus& allowed) const;
    ThreadPool& pool_;
    std::vector<Worker*> workers_;
  };

  ThreadPool();
  void grow(size_t workers);
  void close();
  static void work(Worker& worker);

  int capacity_;
  std::map<int, int> cores_;  // of processors
  std::atomic<int> callers_{0};
  std::mutex mutex_;
  std::condition_variable returned_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  friend struct Ending;
};

}  // namespace neurona
