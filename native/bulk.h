// Whole arrays, gone through at the speed of memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace neurona {

// Each by up to `threads` threads of the pool; 0: as many as it has; 1: by the caller alone.

// Whether an array holds neither NaN nor infinity.
template <class T>
bool all_finite(const T* x, int64_t count, int threads);

void copy_bytes(void* to, const void* from, size_t bytes, int threads);

}  // namespace neurona
