// Functions of arrays alone: what the loop around training needs to be quick.
#pragma once

#include <nanobind/ndarray.h>

#include "../bulk.h"
#include "../gil.h"
#include "../permutation.h"
#include "../right.h"
#include "buffer.h"

namespace neurona {

// Row i of `orders` becomes the permutation of stream (seed, purpose, major + i, minor).
inline void permutations(uint64_t seed, uint64_t purpose, uint64_t major, uint64_t minor,
                         nb::ndarray<int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu> orders,
                         int threads) {
  const auto rows = int64_t(orders.shape(0)), count = int64_t(orders.shape(1));
  if (count == 0) return;
  const auto fill = [&] {
    Permuter permuter(count, threads);
    for (int64_t i = 0; i < rows; ++i) {
      permuter.run(Stream(seed, major + uint64_t(i), minor, purpose), orders.data() + i * count);
    }
  };
  constexpr int64_t worth_unlocking = 4096;
  if (rows * count < worth_unlocking) return fill();
  const WithoutGil free;
  const Uncut uncut;
  fill();
}

// Nothing where the array is not one piece of float32 or float64.
inline std::optional<bool> is_finite(nb::handle array, int threads) {
  const Buffer x(array, PyBUF_SIMPLE);
  const auto look = [&]() -> std::optional<bool> {
    if (x.type() == InputType::float32) return all_finite(x.data<const float>(), x.size(), threads);
    if (x.type() == InputType::float64) return all_finite(x.data<const double>(), x.size(), threads);
    return {};
  };
  constexpr int64_t worth_unlocking = 1 << 16;
  if (x.size() < worth_unlocking) return look();
  const WithoutGil free;
  const Uncut uncut;
  return look();
}

// Calls f(float()) or f(double()) where both arrays are of that type; else false.
template <class F>
bool by_type(const Buffer& a, const F& f) {
  if (a.type() == InputType::float32) return f(float());
  if (a.type() == InputType::float64) return f(double());
  return false;
}

// Fills `right`, one entry a row of p, which holds several columns. False where the
// arrays are of other types, or a label is no class.
inline bool fill_right_classes(nb::handle predictions, nb::handle labels, nb::handle right) {
  const Buffer p(predictions, PyBUF_SIMPLE), y(labels, PyBUF_SIMPLE), out(right, PyBUF_WRITABLE);
  const int64_t rows = out.size();
  if (rows == 0 || out.type() != InputType::float64 || p.size() % rows != 0) return false;
  const int64_t classes = p.size() / rows;
  return classes > 1 && by_type(p, [&]<class T>(T) {
    const auto* from = p.data<const T>();
    auto* to = out.data<double>();
    if (y.is_int64() && y.size() == rows) {
      return right_classes(from, rows, classes, y.data<const int64_t>(), to);
    }
    return y.type() == p.type() && y.size() == p.size() &&
           right_classes(from, rows, classes, y.data<const T>(), to);
  });
}

// The same for yes-or-no predictions, with labels like p.
inline bool fill_right_answers(nb::handle predictions, nb::handle labels, double threshold,
                               nb::handle right) {
  const Buffer p(predictions, PyBUF_SIMPLE), y(labels, PyBUF_SIMPLE), out(right, PyBUF_WRITABLE);
  const int64_t rows = out.size();
  if (rows == 0 || out.type() != InputType::float64 || p.size() % rows != 0) return false;
  if (y.type() != p.type() || y.size() != p.size() || p.size() == 0) return false;
  return by_type(p, [&]<class T>(T) {
    right_answers(p.data<const T>(), rows, p.size() / rows, y.data<const T>(), T(threshold),
                  out.data<double>());
    return true;
  });
}

inline void bind_arrays(nb::module_& m) {
  m.def("permutations", &permutations, nb::arg("seed"), nb::arg("purpose"), nb::arg("major"),
        nb::arg("minor"), nb::arg("orders").noconvert(), nb::arg("threads") = 0);
  m.def("is_finite", &is_finite, nb::arg("array"), nb::arg("threads") = 0);
  m.def("right_classes", &fill_right_classes, nb::arg("p"), nb::arg("y"), nb::arg("right"));
  m.def("right_answers", &fill_right_answers, nb::arg("p"), nb::arg("y"), nb::arg("threshold"),
        nb::arg("right"));
}

}  // namespace neurona
