// Whether an array holds NaN or infinity: read at the speed of memory.
#pragma once

#include <cstdint>

namespace neurona {

// By up to `threads` threads of the pool; 0: as many as it has.
template <class T>
bool all_finite(const T* x, int64_t count, int threads);

}  // namespace neurona
