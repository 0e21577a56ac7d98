// The cores that this process may use, and who of its threads uses which.
#pragma once

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace neurona {

// The physical core of each processor in the affinity mask, called by its lowest processor.
// Empty: the system does not say.
//
// root: what stands before the paths of the system's files, for tests.
using CoreByCpu = std::map<int, int>;
CoreByCpu physical_cores(const std::string& root = "");

// What NEURONA_THREADS says; 0: nothing.
//
// Throws SettingError if it is no number from 1 to 1024.
int threads_asked_for();

// As many as NEURONA_THREADS says (see above); else these physical cores, or fewer if a cgroup
// (v1 or v2) grants less processor time. At least 1.
int usable_cores(const CoreByCpu& cores, const std::string& root = "");

// The processor time that the process's cgroup or one above it grants, in cores; 0: any.
double cgroup_quota(const std::string& root = "");

// Processors as the system numbers them (hardware threads), ascending.
using Cpus = std::vector<int>;

// The one that the calling thread is on; −1: the system does not say.
int current_cpu();

// Those that the calling thread may use; none: the system does not say.
Cpus affinity();

// Lets a thread use these alone, if the system allows it.
bool set_affinity(std::thread::native_handle_type thread, const Cpus& cpus);
bool set_affinity(const Cpus& cpus);  // the calling thread

// Which processors each of some threads should use, so that all work side by side: those of
// one core that is its alone, and those of cores that are nobody's. Where there are fewer
// cores than threads, processors count as cores; where there are fewer of these, all may use
// all.
//
// allowed: those there are; cores[i]: whose core allowed[i] belongs to.
// last: where each thread was, and stays if it can; −1: nowhere.
std::vector<Cpus> side_by_side(const Cpus& allowed, const std::vector<int>& cores,
                               const std::vector<int>& last);

}  // namespace neurona
