// Rows of the data set, in any order, into rows of floats.
#pragma once

#include "../kernels.h"
#include "simd.h"

namespace neurona::NEURONA_ISA {

template <class T, class In>
NN_INLINE void gather_rows(const Gather<T>& job) {
  const In* data = static_cast<const In*>(job.data);
  const int64_t count = job.column_end - job.column_begin;
  for (int64_t r = job.row_begin; r < job.row_end; ++r) {
    const In* x = data + job.order[r] * job.columns + job.column_begin;
    T* h = job.h + r * job.ldh;
    if (r < job.next_rows) {
      const char* next =
          reinterpret_cast<const char*>(data + job.next_order[r] * job.columns + job.column_begin);
      for (int64_t byte = 0; byte < count * int64_t(sizeof(In)); byte += 64) {
        __builtin_prefetch(next + byte, 0, 2);
      }
    }
    if (job.scale == nullptr) {
      for (int64_t c = 0; c < count; ++c) h[c] = T(x[c]);
    } else {
      const T* scale = job.scale + job.column_begin;
      const T* shift = job.shift + job.column_begin;
      for (int64_t c = 0; c < count; ++c) h[c] = (T(x[c]) + shift[c]) * scale[c];
    }
  }
}

template <class T>
void gather(const Gather<T>& job) {
  switch (job.type) {
    case InputType::uint8: return gather_rows<T, uint8_t>(job);
    case InputType::float32: return gather_rows<T, float>(job);
    case InputType::float64: return gather_rows<T, double>(job);
  }
}

}  // namespace neurona::NEURONA_ISA
