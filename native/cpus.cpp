#include "cpus.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace neurona {
namespace {

int hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

#if defined(__linux__)

// Two hardware threads of one core share its multiply-add units: count the core once.
std::string core_of(const std::string& root, int cpu) {
  std::ifstream file(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                     "/topology/thread_siblings_list");
  std::string siblings;
  return std::getline(file, siblings) ? siblings : "cpu" + std::to_string(cpu);
}

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

// Calls use(cpus, bytes, mask) with the calling thread's affinity mask, for numbers below
// `cpus`; returns false if the system does not say.
template <class F>
bool with_affinity(const F& use) {
  // The mask of a large machine may not fit cpu_set_t: grow until it does.
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* mask = CPU_ALLOC(cpus);
    if (mask == nullptr) return false;
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    const bool known = sched_getaffinity(0, bytes, mask) == 0;
    if (known) use(cpus, bytes, mask);
    CPU_FREE(mask);
    if (known) return true;
  }
  return false;
}

// Physical cores in the affinity mask.
int cores_in_affinity(const std::string& root) {
  std::set<std::string> cores;
  const bool known = with_affinity([&](int cpus, size_t bytes, const cpu_set_t* mask) {
    for (int cpu = 0; cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, mask)) cores.insert(core_of(root, cpu));
    }
  });
  return known ? std::max<int>(1, int(cores.size())) : hardware_threads();
}

#endif

// What NEURONA_THREADS says; 0: nothing.
int asked_for() {
  const char* wanted = std::getenv("NEURONA_THREADS");
  if (wanted == nullptr || *wanted == '\0') return 0;
  const std::string_view text = wanted;
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size() || threads < 1 || threads > 1024) {
    throw std::invalid_argument("NEURONA_THREADS=" + std::string(text) +
                                " is not a whole number from 1 to 1024.");
  }
  return threads;
}

}  // namespace

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

int usable_cores([[maybe_unused]] const std::string& root) {
  if (const int threads = asked_for(); threads > 0) return threads;
#if defined(__linux__)
  const int cores = cores_in_affinity(root);
  const double quota = cgroup_quota(root);
  return quota > 0 ? std::min(cores, std::max(1, int(std::ceil(quota)))) : cores;
#else
  return hardware_threads();
#endif
}

int current_cpu() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

void leave_cpu([[maybe_unused]] int cpu, [[maybe_unused]] int least) {
#if defined(__linux__)
  with_affinity([&](int cpus, size_t bytes, cpu_set_t* mask) {
    if (cpu >= cpus || !CPU_ISSET_S(cpu, bytes, mask)) return;
    if (CPU_COUNT_S(bytes, mask) < std::max(2, least)) return;
    CPU_CLR_S(cpu, bytes, mask);
    if (sched_setaffinity(0, bytes, mask) != 0) return;
    CPU_SET_S(cpu, bytes, mask);
    sched_setaffinity(0, bytes, mask);
  });
#endif
}

}  // namespace neurona
