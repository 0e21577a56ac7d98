// The cores that this process may use.
#pragma once

#include <string>

namespace neurona {

// As many as NEURONA_THREADS says; else the physical cores in the affinity mask,
// or fewer if a cgroup (v1 or v2) grants less processor time. At least 1.
//
// root: what stands before the paths of the system's files, for tests.
// Throws std::invalid_argument if NEURONA_THREADS is no number from 1 to 1024.
int usable_cores(const std::string& root = "");

// The processor time that the process's cgroup or one above it grants, in cores; 0: any.
double cgroup_quota(const std::string& root = "");

// The one that the calling thread is on; −1: the system does not say.
int current_cpu();

// Moves the calling thread to another one, if it may use at least so many; it may come back.
void leave_cpu(int cpu, int least);

}  // namespace neurona
