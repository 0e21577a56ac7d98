// Python's lock (the GIL), let go of while a trainer works.
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include "thread_pool.h"

namespace neurona {

// Lets go of the lock, and takes it back unless Python is ending.
//
// Python before 3.14 ends a thread that asks for the lock when the interpreter
// is on its way down. It would be ended in the middle of C++, which aborts the
// process: a daemon thread that trains would turn every exit into a crash. So
// end(), called at exit, waits for those who are asking, and who comes later
// stays away.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil() {
    ++asking_;
    if (ending_ && std::this_thread::get_id() != last_) {
      --asking_;
      stay_away();
      ++asking_;
    }
    PyEval_RestoreThread(state_);
    --asking_;
  }

  // For Python's atexit.
  static void end() {
    last_ = std::this_thread::get_id();
    ending_ = true;
    nanobind::gil_scoped_release free;
    for (int wait = 0; asking_ > 0 && wait < patience; ++wait) pause_ms();
  }

  // Once, when the module is loaded: threads that asked at a fork are not in the child.
  static void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] { asking_ = 0; });
#endif
  }

 private:
  static constexpr int patience = 1000;  // milliseconds

  static void pause_ms() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  static bool finalizing() {
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing() != 0;
#else
    return _Py_IsFinalizing() != 0;
#endif
  }
  // For good, or until it turns out that other functions at exit take their time:
  // one of them may wait for this thread.
  static void stay_away() {
    for (int wait = 0; finalizing() || wait < patience; ++wait) pause_ms();
  }

  PyThreadState* state_;
  static inline std::atomic<int> asking_{0};
  static inline std::atomic<bool> ending_{false};
  static inline std::thread::id last_;  // who runs the functions at exit
};

// A thread's turn with a trainer that several may call.
class Turn {
 public:
  explicit Turn(std::mutex& mutex) : lock_(mutex) {}

 private:
  WithoutGil free_;  // first: nobody waits for a trainer with the lock in hand
  Uncut uncut_;
  std::lock_guard<std::mutex> lock_;
};

// The same with several trainers at once. Whoever takes several takes them in the
// order of their addresses, so that two never wait for each other.
class Turns {
 public:
  explicit Turns(std::vector<std::mutex*> mutexes) {
    std::sort(mutexes.begin(), mutexes.end(), std::less<>());
    for (std::mutex* mutex : mutexes) locks_.emplace_back(*mutex);
  }

 private:
  WithoutGil free_;
  Uncut uncut_;
  std::vector<std::unique_lock<std::mutex>> locks_;
};

}  // namespace neurona
