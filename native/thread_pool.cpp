#include "thread_pool.h"

#include <algorithm>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif

#include "cpus.h"

namespace neurona {

struct alignas(64) ThreadPool::Worker {
  enum : uint32_t { idle, busy, quit };
  std::atomic<uint32_t> state{idle};
  Function function = nullptr;
  void* job = nullptr;
  Seat seat{};
  std::thread thread;
};

namespace {
std::atomic<ThreadPool*> current{nullptr};
}

// Joins the threads when the process ends.
struct PoolOwner {
  PoolOwner() {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, ThreadPool::forget_in_child);
#endif
  }
  ~PoolOwner() { delete current.exchange(nullptr); }
};

ThreadPool& ThreadPool::instance() {
  static PoolOwner owner;
  ThreadPool* pool = current.load(std::memory_order_acquire);
  if (pool == nullptr) {
    auto* fresh = new ThreadPool();
    if (current.compare_exchange_strong(pool, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;  // another caller was first
  }
  return *pool;
}

// fork copies the calling thread alone: the parent's workers do not exist in
// the child and its mutex may be locked for ever, so the object is left behind.
void ThreadPool::forget_in_child() { current.store(nullptr, std::memory_order_release); }

ThreadPool::ThreadPool() : capacity_(usable_cores()) {}

ThreadPool::~ThreadPool() {
  for (auto& worker : workers_) {
    // A worker that is still busy finishes its slice first.
    for (uint32_t state = Worker::idle;
         !worker->state.compare_exchange_weak(state, Worker::quit); state = Worker::idle) {
      std::this_thread::yield();
    }
    worker->state.notify_one();
    worker->thread.join();
  }
}

void ThreadPool::work(Worker& worker) {
  for (;;) {
    wait_while(worker.state, Worker::idle);
    if (worker.state.load(std::memory_order_acquire) == Worker::quit) return;
    worker.function(worker.job, worker.seat);
    worker.state.store(Worker::idle, std::memory_order_release);
    worker.state.notify_all();
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
  const int callers = pool.callers_.fetch_add(1) + 1;
  const int share = std::max(1, pool.capacity_ / callers);
  const int helpers = std::min(wanted, share) - 1;
  if (helpers <= 0) return;
  workers_.reserve(size_t(helpers));
  std::lock_guard lock(pool.mutex_);
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
  }
  pool_.callers_.fetch_sub(1);
}

void ThreadPool::Team::run(Function function, void* job) {
  Barrier barrier(threads());
  for (int t = 1; t < threads(); ++t) {
    Worker& worker = *workers_[size_t(t - 1)];
    worker.function = function;
    worker.job = job;
    worker.seat = {t, threads(), &barrier};
    worker.state.store(Worker::busy, std::memory_order_release);
    worker.state.notify_all();
  }
  function(job, {0, threads(), &barrier});
  for (Worker* worker : workers_) wait_while(worker->state, Worker::busy);
}

}  // namespace neurona
