// Predictors as Python sees them. A call has little overhead: arrays come by the
// buffer protocol, and Python's lock is let go only where the work takes longer
// than that.
#pragma once

#include <nanobind/ndarray.h>

#include "../gil.h"
#include "../predictor.h"
#include "buffer.h"
#include "read_plan.h"

namespace neurona {

template <class T>
class CompiledPredictor {
 public:
  CompiledPredictor(const nb::dict& plan, const nb::list& weights)
      : predictor_(read_plan(plan), values_of(weights)) {}

  // Fills `out` with the outputs of the rows in x; both may have any shape. False
  // where x is not one piece of uint8, float32 or float64.
  bool run(nb::handle x, nb::handle out) const {
    const Buffer from(x, PyBUF_SIMPLE), to(out, PyBUF_WRITABLE);
    const auto type = from.type();
    if (!type) return false;
    const int64_t rows = from.size() / predictor_.inputs();
    if (to.type() != input_of<T> || from.size() != rows * predictor_.inputs() ||
        to.size() != rows * predictor_.outputs()) {
      throw nb::value_error("out does not fit x and the network's outputs");
    }
    Samples<T> samples;
    samples.x = from.data();
    samples.x_type = *type;
    samples.count = rows;
    T* outputs = static_cast<T*>(to.data());
    if (rows < rows_worth_unlocking) {
      predictor_.run(samples, outputs);
    } else {
      const WithoutGil free;
      const Uncut uncut;
      predictor_.run(samples, outputs);
    }
    return true;
  }

 private:
  static constexpr int64_t rows_worth_unlocking = 8;

  static std::vector<std::vector<T>> values_of(const nb::list& weights) {
    std::vector<std::vector<T>> values;
    for (nb::handle weight : weights) {
      const auto array = nb::cast<nb::ndarray<const T, nb::ndim<1>, nb::c_contig>>(weight);
      values.emplace_back(array.data(), array.data() + array.shape(0));
    }
    return values;
  }

  Predictor<T> predictor_;
};

template <class T>
void bind_predictor(nb::module_& m, const char* name) {
  using P = CompiledPredictor<T>;
  nb::class_<P>(m, name)
      .def(nb::init<const nb::dict&, const nb::list&>(), nb::arg("plan"), nb::arg("weights"))
      .def("run", &P::run, nb::arg("x"), nb::arg("out"));
}

}  // namespace neurona
