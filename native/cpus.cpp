#include "cpus.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

#include "setting_error.h"

namespace neurona {
namespace {

int hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

#if defined(__linux__)

// The quota of one cgroup directory in cores; 0: none.
double quota_in(const std::string& directory) {
  std::string quota;
  double period = 0;
  if (std::ifstream v2(directory + "/cpu.max"); v2 >> quota >> period) {
    return quota == "max" || period <= 0 ? 0 : std::atof(quota.c_str()) / period;
  }
  double amount = 0;
  std::ifstream v1(directory + "/cpu.cfs_quota_us");
  std::ifstream length(directory + "/cpu.cfs_period_us");
  if (v1 >> amount && length >> period && amount > 0 && period > 0) return amount / period;
  return 0;
}

// Calls use(cpus, bytes, mask) with room for so many processors, and more until it returns true:
// the mask of a large machine may not fit cpu_set_t.
template <class F>
bool with_mask(int cpus, const F& use) {
  for (cpus = std::max(cpus, CPU_SETSIZE); cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* mask = CPU_ALLOC(cpus);
    if (mask == nullptr) return false;
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    CPU_ZERO_S(bytes, mask);
    const bool done = use(cpus, bytes, mask);
    CPU_FREE(mask);
    if (done) return true;
  }
  return false;
}

#endif

}  // namespace

int threads_asked_for() {
  const char* wanted = std::getenv("NEURONA_THREADS");
  if (wanted == nullptr || *wanted == '\0') return 0;
  const std::string_view text = wanted;
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size() || threads < 1 || threads > 1024) {
    throw SettingError("NEURONA_THREADS=" + std::string(text) +
                       " is not a whole number from 1 to 1024.");
  }
  return threads;
}

double cgroup_quota([[maybe_unused]] const std::string& root) {
  double smallest = 0;  // on the way from this process's cgroup to the root
#if defined(__linux__)
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string mount = root + "/sys/fs/cgroup";
    if (!controllers.empty()) {
      if (("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
      mount += "/" + controllers;
    }
    for (std::string path = line.substr(second + 1);;) {
      const double quota = quota_in(mount + (path == "/" ? "" : path));
      if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
      const auto slash = path.find_last_of('/');
      if (path == "/" || slash == std::string::npos) break;
      path.erase(slash);
    }
  }
#endif
  return smallest;
}

CoreByCpu physical_cores(const std::string& root) {
  CoreByCpu cores;
  for (const int cpu : affinity()) {
    std::ifstream file(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                       "/topology/thread_siblings_list");
    int first;
    cores[cpu] = file >> first ? first : cpu;  // "0,64" or "0-1"
  }
  return cores;
}

int usable_cores(const CoreByCpu& cores, const std::string& root) {
  if (const int threads = threads_asked_for(); threads > 0) return threads;
  // Two hardware threads of one core share its multiply-add units: it counts once.
  std::set<int> distinct;
  for (const auto& [cpu, core] : cores) distinct.insert(core);
  const int count = distinct.empty() ? hardware_threads() : int(distinct.size());
  const double quota = cgroup_quota(root);
  return quota > 0 ? std::min(count, std::max(1, int(std::ceil(quota)))) : count;
}

int current_cpu() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

Cpus affinity() {
  Cpus found;
#if defined(__linux__)
  with_mask(0, [&](int cpus, size_t bytes, cpu_set_t* mask) {
    if (sched_getaffinity(0, bytes, mask) != 0) return errno != EINVAL;
    for (int cpu = 0; cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, mask)) found.push_back(cpu);
    }
    return true;
  });
#endif
  return found;
}

bool set_affinity([[maybe_unused]] std::thread::native_handle_type thread, const Cpus& cpus) {
  if (cpus.empty()) return false;
#if defined(__linux__)
  bool set = false;
  with_mask(cpus.back() + 1, [&](int, size_t bytes, cpu_set_t* mask) {
    for (const int cpu : cpus) CPU_SET_S(cpu, bytes, mask);
    set = pthread_setaffinity_np(thread, bytes, mask) == 0;
    return true;
  });
  return set;
#else
  return false;
#endif
}

bool set_affinity([[maybe_unused]] const Cpus& cpus) {
#if defined(__linux__)
  return set_affinity(pthread_self(), cpus);
#else
  return false;
#endif
}

std::vector<Cpus> side_by_side(const Cpus& allowed, const std::vector<int>& cores,
                               const std::vector<int>& last) {
  const size_t threads = last.size();
  if (allowed.size() < threads) return std::vector<Cpus>(threads, allowed);
  const std::set<int> distinct(cores.begin(), cores.end());
  const std::vector<int>& units = distinct.size() < threads ? allowed : cores;
  std::map<int, size_t> owner;  // by unit
  std::vector<bool> housed(threads);
  const auto house = [&](size_t thread, int unit) {
    if (!housed[thread]) housed[thread] = owner.emplace(unit, thread).second;
  };
  for (size_t t = 0; t < threads; ++t) {  // first those who can stay
    const auto at = std::find(allowed.begin(), allowed.end(), last[t]);
    if (at != allowed.end()) house(t, units[size_t(at - allowed.begin())]);
  }
  for (size_t t = 0; t < threads; ++t) {
    for (const int unit : units) house(t, unit);
  }
  std::vector<Cpus> parts(threads);
  for (size_t i = 0; i < allowed.size(); ++i) {
    if (const auto found = owner.find(units[i]); found != owner.end()) {
      parts[found->second].push_back(allowed[i]);
    } else {
      for (Cpus& part : parts) part.push_back(allowed[i]);
    }
  }
  return parts;
}

}  // namespace neurona
