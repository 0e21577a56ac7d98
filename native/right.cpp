#include "right.h"

#include <limits>
#include <vector>

#include "kernels.h"

namespace neurona {

namespace {

// The first of a row's largest entries, or its first NaN: as NumPy's argmax.
template <class T>
int64_t largest(const T* row, int64_t columns) {
  int64_t best = 0;
  for (int64_t c = 0; c < columns; ++c) {
    if (row[c] != row[c]) return c;
    if (row[c] > row[best]) best = c;
  }
  return best;
}

}  // namespace

template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const int64_t* labels,
                   double* right) {
  bool valid = true;
  for (int64_t r = 0; r < rows; ++r) valid &= uint64_t(labels[r]) < uint64_t(classes);
  if (valid) {
    kernels<T>(chosen_isa()).right_classes({p, classes, rows, classes, labels, nullptr, right});
  }
  return valid;
}

template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const T* labels, double* right) {
  std::vector<int64_t> places(static_cast<std::size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) places[std::size_t(r)] = largest(labels + r * classes, classes);
  return right_classes(p, rows, classes, places.data(), right);
}

template <class T>
void right_answers(const T* p, int64_t rows, int64_t outputs, const T* labels, T threshold,
                   double* right) {
  for (int64_t r = 0; r < rows; ++r) {
    int64_t hits = 0, nan = 0;
    for (int64_t i = r * outputs; i < (r + 1) * outputs; ++i) {
      const T label = labels[i] == T(-1) ? T(0) : labels[i];
      hits += label == T(p[i] > threshold);
      nan |= p[i] != p[i];
    }
    right[r] = nan ? std::numeric_limits<double>::quiet_NaN() : double(hits) / double(outputs);
  }
}

#define NEURONA_INSTANTIATE(T)                                                          \
  template bool right_classes(const T*, int64_t, int64_t, const int64_t*, double*);      \
  template bool right_classes(const T*, int64_t, int64_t, const T*, double*);            \
  template void right_answers(const T*, int64_t, int64_t, const T*, T, double*);
NEURONA_INSTANTIATE(float)
NEURONA_INSTANTIATE(double)
#undef NEURONA_INSTANTIATE

}  // namespace neurona
