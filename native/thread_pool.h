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
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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
//
// In round k each tells the one 2ᵏ seats on that it, and all that it has heard of, are there
// (Hensgen, Finkel & Manber, 1988, "Two algorithms for barrier synchronization"). Two threads
// wait only as long as a line takes from core to core; to count up a number that they share
// would take it there and back.
class Barrier {
 public:
  explicit Barrier(int threads)
      : threads_(threads),
        rounds_(std::bit_width(unsigned(threads - 1))),
        heard_(size_t(threads * rounds_)),
        own_(rounds_ > 0 ? size_t(threads) : 0) {}
  void wait(int thread) {
    if (threads_ == 1) return;
    fence();
    const uint32_t before = own_[size_t(thread)].meetings++;
    for (int round = 0; round < rounds_; ++round) {
      heard((thread + (1 << round)) % threads_, round).set(before + 1);
      heard(thread, round).wait_while(before, in_step);
    }
  }

 private:
  // Each on a line of its own. To how many meetings another thread has come, as it said in
  // one round; and to how many this one.
  struct alignas(64) Heard {
    Awaited meetings{0};
  };
  struct alignas(64) Own {
    uint32_t meetings = 0;
  };
  Awaited& heard(int thread, int round) {
    return heard_[size_t(thread * rounds_ + round)].meetings;
  }
  const int threads_, rounds_;
  std::vector<Heard> heard_;
  std::vector<Own> own_;
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
  const Cpus& allowed();  // what it might use if it had none: to be asked before
  void use(const Cpus& cpus);
  void give_back();

 private:
  // What it may use as far as is known here.
  const Cpus& expected() const { return narrowed_.empty() ? allowed_ : narrowed_; }
  Cpus allowed_;
  Cpus narrowed_;  // what it may use meanwhile; none: all that is allowed
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

  const CoreByCpu cores_;
  const int capacity_;
  std::atomic<int> callers_{0};
  std::mutex mutex_;
  std::condition_variable returned_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  friend struct Ending;
};

// How long so many threads take to meet at a barrier, the median of some tries: it shows
// whether their cores share a cache. 0: there are no two.
double meeting_seconds(int threads);

}  // namespace neurona
