#include "cpus.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace neurona {
namespace {

int hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

#if defined(__linux__)

// Two hardware threads of one core share its multiply-add units: count the core once.
std::string core_of(int cpu) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
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

// The smallest quota on the way from this process's cgroup to the root.
double cgroup_quota() {
  double smallest = 0;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string root = "/sys/fs/cgroup";
    if (!controllers.empty()) {
      if ((controllers + ",").find("cpu,") == std::string::npos) continue;
      root += "/" + controllers;
    }
    for (std::string path = line.substr(second + 1);;) {
      const double quota = quota_in(root + (path == "/" ? "" : path));
      if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
      if (path.empty() || path == "/") break;
      path.erase(path.find_last_of('/'));
    }
  }
  return smallest;
}

#endif

}  // namespace

int cores_in_affinity() {
#if defined(__linux__)
  // The mask of a large machine may not fit cpu_set_t: grow until it does.
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* mask = CPU_ALLOC(cpus);
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    const bool known = sched_getaffinity(0, bytes, mask) == 0;
    std::set<std::string> cores;
    for (int cpu = 0; known && cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, mask)) cores.insert(core_of(cpu));
    }
    CPU_FREE(mask);
    if (known) return std::max<int>(1, int(cores.size()));
  }
#endif
  return hardware_threads();
}

int usable_cores() {
  if (const char* wanted = std::getenv("NEURONA_THREADS")) {
    if (const int threads = std::atoi(wanted); threads > 0) return threads;
  }
  int cores = cores_in_affinity();
#if defined(__linux__)
  if (const double quota = cgroup_quota(); quota > 0) {
    cores = std::min(cores, std::max(1, int(std::ceil(quota))));
  }
#endif
  return cores;
}

}  // namespace neurona
