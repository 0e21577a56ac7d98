#include "thread_pool.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif

namespace neurona {

struct alignas(64) ThreadPool::Worker {
  enum : uint32_t { idle, busy, quit };
  Awaited state{idle};
  Function function = nullptr;
  void* job = nullptr;
  Seat seat{};
  std::atomic<int> cpu{-1};  // where its last job began
  Cpus cpus;                 // that it may use; none: as the thread that started it
  std::thread thread;
};

namespace {

// The process's pool. It is never freed: threads that outlive main() may hold it.
std::atomic<ThreadPool*> current{nullptr};

// Who is at work, and whether a fork waits for them.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int working = 0;
  int forks = 0;
};
Gate& gate() {
  static Gate* gate = new Gate;  // as above
  return *gate;
}

#if defined(__unix__) || defined(__APPLE__)
void before_fork() {
  std::unique_lock lock(gate().mutex);
  ++gate().forks;
  gate().changed.wait(lock, [] { return gate().working == 0; });
}
void in_parent() {
  const std::lock_guard lock(gate().mutex);
  --gate().forks;
  gate().changed.notify_all();
}
// The parent's workers do not exist in the child, and whatever other threads
// held at the fork is never let go: both are made anew.
void in_child() {
  new (&gate()) Gate;
  current.store(nullptr, std::memory_order_release);
}
[[maybe_unused]] const int watching = (gate(), pthread_atfork(before_fork, in_parent, in_child));
#endif

}  // namespace

Uncut::Uncut() {
  std::unique_lock lock(gate().mutex);
  gate().changed.wait(lock, [] { return gate().forks == 0; });
  ++gate().working;
}

Uncut::~Uncut() {
  const std::lock_guard lock(gate().mutex);
  if (--gate().working == 0 && gate().forks > 0) gate().changed.notify_all();
}

// Sends the workers home when the process ends.
struct Ending {
  ~Ending() {
    if (ThreadPool* pool = current.load(std::memory_order_acquire)) pool->close();
  }
};

ThreadPool& ThreadPool::instance() {
  static Ending ending;
  ThreadPool* pool = current.load(std::memory_order_acquire);
  if (pool == nullptr) {
    auto* fresh = new ThreadPool();
    if (current.compare_exchange_strong(pool, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;  // another caller was first
  }
  return *pool;
}

ThreadPool::ThreadPool() : cores_(physical_cores()), capacity_(usable_cores(cores_)) {}

// A thread that Python has left behind may still be in a slice: it gives its
// workers back after some milliseconds. One that does not is not waited for.
void ThreadPool::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  const auto all_here = [this] { return idle_.size() == workers_.size(); };
  if (!returned_.wait_for(lock, std::chrono::seconds(1), all_here)) return;
  for (auto& worker : workers_) {
    worker->state.set(Worker::quit);
    worker->thread.join();
  }
}

void ThreadPool::work(Worker& worker) {
  for (;;) {
    worker.state.wait_while(Worker::idle, between_slices);
    if (worker.state.get() == Worker::quit) return;
    worker.cpu.store(current_cpu(), std::memory_order_relaxed);
    worker.function(worker.job, worker.seat);
    fence();
    worker.state.set(Worker::idle);
  }
}

// Called with the mutex held.
void ThreadPool::grow(size_t workers) {
#if defined(__unix__) || defined(__APPLE__)
  // Signals (Ctrl-C) belong to the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#endif
  while (workers_.size() < workers) {
    auto worker = std::make_unique<Worker>();
    Worker& place = *worker;
    try {
      worker->thread = std::thread([&place] { work(place); });
    } catch (const std::exception&) {
      break;  // the system grants no more threads: go on with those there are
    }
    idle_.push_back(&place);
    workers_.push_back(std::move(worker));
  }
#if defined(__unix__) || defined(__APPLE__)
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
#endif
}

ThreadPool::Team::Team(ThreadPool& pool, int wanted) : pool_(pool) {
  workers_.reserve(size_t(std::max(0, std::min(wanted, pool.capacity_) - 1)));
  const int callers = pool.callers_.fetch_add(1) + 1;
  const int share = std::max(1, pool.capacity_ / callers);
  const int helpers = std::min(wanted, share) - 1;
  if (helpers <= 0) return;
  std::lock_guard lock(pool.mutex_);
  if (pool.closed_) return;
  if (pool.workers_.size() < size_t(helpers)) pool.grow(size_t(helpers));
  // Workers may all belong to callers whose slices have not ended yet.
  while (!pool.idle_.empty() && int(workers_.size()) < helpers) {
    workers_.push_back(pool.idle_.back());
    pool.idle_.pop_back();
  }
}

ThreadPool::Team::~Team() {
  if (!workers_.empty()) {
    std::lock_guard lock(pool_.mutex_);
    // In reverse, so that the next slice seats each worker where it was: its
    // part of the weights is in that core's cache.
    pool_.idle_.insert(pool_.idle_.end(), workers_.rbegin(), workers_.rend());
    if (pool_.closed_) pool_.returned_.notify_all();
  }
  pool_.callers_.fetch_sub(1);
}

namespace {
thread_local OwnCores* own_cores = nullptr;
}

OwnCores::OwnCores() { own_cores = this; }

OwnCores::~OwnCores() {
  own_cores = nullptr;
  give_back();
}

OwnCores* OwnCores::current() { return own_cores; }

const Cpus& OwnCores::allowed() {
  Cpus now = affinity();
  if (now != expected()) {  // somebody has set it meanwhile, or it was not asked before
    allowed_ = std::move(now);
    narrowed_.clear();
  }
  return allowed_;
}

void OwnCores::use(const Cpus& cpus) {
  if (cpus != expected() && affinity() == expected() && set_affinity(cpus)) narrowed_ = cpus;
}

void OwnCores::give_back() {
  if (!narrowed_.empty() && affinity() == narrowed_) set_affinity(allowed_);
  narrowed_.clear();
}

std::vector<Cpus> ThreadPool::Team::parts(const Cpus& allowed) const {
  std::vector<int> cores, last{current_cpu()};
  for (const int cpu : allowed) {
    const auto core = pool_.cores_.find(cpu);
    cores.push_back(core == pool_.cores_.end() ? cpu : core->second);
  }
  for (const Worker* worker : workers_) last.push_back(worker->cpu.load(std::memory_order_relaxed));
  return side_by_side(allowed, cores, last);
}

// The system may wake a thread on the core of the one that woke it, and leave both there for
// a long time, where other programs keep all cores busy, or where it takes a virtual
// machine's idle cores for taken ones. They would take turns instead of working side by side:
// so nobody may use another's core.
void ThreadPool::Team::run(Function function, void* job) {
  OwnCores* own = OwnCores::current();
  Barrier barrier(threads());
  if (threads() == 1) {
    if (own != nullptr) own->give_back();
    return function(job, {0, 1, &barrier});
  }
  const std::vector<Cpus> parts = this->parts(own != nullptr ? own->allowed() : affinity());
  for (int t = 1; t < threads(); ++t) {
    Worker& worker = *workers_[size_t(t - 1)];
    const Cpus& cpus = parts[size_t(t)];
    if (worker.cpus != cpus && set_affinity(worker.thread.native_handle(), cpus)) worker.cpus = cpus;
    worker.function = function;
    worker.job = job;
    worker.seat = {t, threads(), &barrier};
    worker.state.set(Worker::busy);
  }
  if (own != nullptr) own->use(parts[0]);
  function(job, {0, threads(), &barrier});
  for (Worker* worker : workers_) worker->state.wait_while(Worker::busy, in_step);
}

double meeting_seconds(int threads) {
  using Clock = std::chrono::steady_clock;
  constexpr int tries = 15, meetings = 200;
  const OwnCores own_cores;
  std::vector<double> seconds;
  seconds.reserve(tries);
  const auto job = [&](const Seat& seat) {
    for (int t = 0; t < tries; ++t) {
      seat.barrier->wait(seat.thread);
      const Clock::time_point begin = Clock::now();
      for (int i = 0; i < meetings; ++i) seat.barrier->wait(seat.thread);
      const std::chrono::duration<double> taken = Clock::now() - begin;
      if (seat.thread == 0 && seat.threads > 1) seconds.push_back(taken.count() / meetings);
    }
  };
  ThreadPool::instance().run(threads, [](int) {}, job);
  if (seconds.empty()) return 0;
  std::nth_element(seconds.begin(), seconds.begin() + tries / 2, seconds.end());
  return seconds[tries / 2];
}

}  // namespace neurona
