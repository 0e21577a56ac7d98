// How many cores this process may use.
#pragma once

namespace neurona {

// Physical cores in the affinity mask, or fewer if a cgroup (v1 or v2) grants
// less processor time, or as many as NEURONA_THREADS says. At least 1.
int usable_cores();

// Physical cores in the affinity mask alone; the mask may change at run time.
int cores_in_affinity();

}  // namespace neurona
