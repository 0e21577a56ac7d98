#include "right.h"

#include <limits>

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

template <class T>
double right_class(const T* p, int64_t classes, int64_t label) {
  const T own = p[label];
  int beaten = 0, nan = 0;  // no branch: the outcome cannot be foreseen
  for (int64_t c = 0; c < label; ++c) beaten |= p[c] >= own, nan |= p[c] != p[c];
  for (int64_t c = label; c < classes; ++c) beaten |= p[c] > own, nan |= p[c] != p[c];
  return nan ? std::numeric_limits<double>::quiet_NaN() : double(!beaten);
}

}  // namespace

template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const int64_t* labels,
                   double* right) {
  for (int64_t r = 0; r < rows; ++r) {
    if (uint64_t(labels[r]) >= uint64_t(classes)) return false;
    right[r] = right_class(p + r * classes, classes, labels[r]);
  }
  return true;
}

template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const T* labels, double* right) {
  for (int64_t r = 0; r < rows; ++r) {
    right[r] = right_class(p + r * classes, classes, largest(labels + r * classes, classes));
  }
  return true;
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
