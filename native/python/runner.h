// Trainers as Python sees them: arrays are read and written in place.
#pragma once

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "../gil.h"
#include "../together.h"
#include "../trainer.h"
#include "read_plan.h"

namespace neurona {

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using AnyMatrix = nb::ndarray<nb::ro, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

inline InputType input_type(const AnyMatrix& x) {
  if (x.dtype() == nb::dtype<uint8_t>()) return InputType::uint8;
  if (x.dtype() == nb::dtype<float>()) return InputType::float32;
  if (x.dtype() == nb::dtype<double>()) return InputType::float64;
  throw nb::type_error("x must be of uint8, float32 or float64");
}

inline void check(bool holds, const char* message) {
  if (!holds) throw nb::value_error(message);
}

// Some steps of one runner, to be run beside those of others.
class Joined : public Errand {
 public:
  virtual std::mutex& mutex() const = 0;  // its runner's
  virtual void begin() = 0;
  virtual nb::tuple result() const = 0;
};

// A trainer that several Python threads may call; one at a time runs.
template <class T>
class Runner {
 public:
  Runner(const nb::dict& plan, int64_t batch_size, int threads)
      : inputs_(nb::cast<int64_t>(plan["inputs"])),
        trainer_(read_plan(plan), batch_size, threads),
        outputs_(trainer_.outputs()) {}

  bool serves(int64_t batch_size) const { return trainer_.serves(batch_size); }

  size_t tensor_count() const { return trainer_.tensor_count(); }
  int64_t tensor_size(size_t index) const { return trainer_.tensor_size(place(index)); }

  void set_tensor(size_t index, int slot, Vector<const T> values) {
    check(int64_t(values.shape(0)) == tensor_size(index), "the tensor has another size");
    check(slot >= -1 && slot < trainer_.slots(), "there is no such slot");
    const Turn turn(mutex_);
    trainer_.set_tensor(index, slot, values.data());
  }
  // Copies tensors of one moment, given as (index, slot, array), between two calls of
  // other threads. Returns the iteration of that moment.
  int64_t get_tensors(const nb::list& wanted) {
    struct Copy {
      size_t index;
      int slot;
      Vector<T> values;
    };
    std::vector<Copy> copies;
    for (nb::handle one : wanted) {
      const auto parts = nb::cast<nb::tuple>(one);
      check(parts.size() == 3, "index, slot and array are needed");
      Copy copy{nb::cast<size_t>(parts[0]), nb::cast<int>(parts[1]), nb::cast<Vector<T>>(parts[2])};
      check(int64_t(copy.values.shape(0)) == tensor_size(copy.index), "the tensor has another size");
      check(copy.slot >= -1 && copy.slot < trainer_.slots(), "there is no such slot");
      copies.push_back(std::move(copy));
    }
    const Turn turn(mutex_);
    for (const Copy& copy : copies) trainer_.get_tensor(copy.index, copy.slot, copy.values.data());
    return trainer_.iteration;
  }

  // What run_steps is asked for: the arrays, kept while they are worked on.
  struct Asked {
    AnyMatrix x;
    std::optional<Matrix<const T>> targets;
    std::optional<Vector<const int64_t>> labels;
    std::optional<Vector<const T>> weights;
    Vector<const int64_t> order;
    int64_t epoch_rows, batch_size, first, last;
    Vector<const double> rates;
    Vector<double> losses;
    std::optional<Matrix<T>> outputs;
    std::optional<Vector<int64_t>> right;
    bool look;
  };

  nb::tuple run_steps(AnyMatrix x, std::optional<Matrix<const T>> targets,
                      std::optional<Vector<const int64_t>> labels,
                      std::optional<Vector<const T>> weights, Vector<const int64_t> order,
                      int64_t epoch_rows, int64_t batch_size, int64_t first, int64_t last,
                      Vector<const double> rates, Vector<double> losses,
                      std::optional<Matrix<T>> outputs, std::optional<Vector<int64_t>> right,
                      bool look) {
    const Asked asked{x,    targets, labels, weights, order,   epoch_rows, batch_size, first,
                      last, rates,   losses, outputs, right,   look};
    const Samples<T> samples = samples_of(asked);
    Report report;
    {
      const Turn turn(mutex_);
      report = trainer_.run_steps(chunk_of(samples, asked));
    }
    return told(report);
  }

  static nb::tuple told(const Report& report) {
    return nb::make_tuple(report.rows, report.failed_step, report.finite);
  }

  // The same beside other runners: see run_together.
  class Steps final : public Joined {
   public:
    Steps(Runner& runner, Asked asked)
        : runner_(runner), asked_(std::move(asked)), samples_(runner.samples_of(asked_)) {}
    std::mutex& mutex() const override { return runner_.mutex_; }
    void begin() override {
      course_.emplace(runner_.trainer_.begin(runner_.chunk_of(samples_, asked_), true));
    }
    bool go_on() override {
      if (runner_.trainer_.run_slice(*course_)) return true;
      report_ = runner_.trainer_.finish(*course_);
      return false;
    }
    nb::tuple result() const override {
      return told(report_);
    }

   private:
    Runner& runner_;
    const Asked asked_;
    const Samples<T> samples_;
    std::optional<typename Trainer<T>::Course> course_;
    Report report_;
  };

  void predict(AnyMatrix x, std::optional<Matrix<T>> outputs, std::optional<Matrix<T>> logits) {
    Samples<T> samples = samples_of(x);
    samples.count = int64_t(x.shape(0));
    for (const auto& out : {outputs, logits}) {
      check(!out || (int64_t(out->shape(0)) >= samples.count && int64_t(out->shape(1)) == outputs_),
            "outputs or logits has another shape");
    }
    const Turn turn(mutex_);
    trainer_.predict(samples, outputs ? outputs->data() : nullptr,
                     logits ? logits->data() : nullptr);
  }

  int64_t iteration() const { return trainer_.iteration; }
  void set_iteration(int64_t iteration) { trainer_.iteration = iteration; }
  int threads() const { return trainer_.last_threads(); }
  void ignore_zeros() { trainer_.ignore_zeros(); }
  void fix_team(int threads, bool sends, const std::vector<double>& speeds) {
    check(threads > 0, "threads must be 1 or more");
    for (const double speed : speeds) check(speed > 0, "speeds must be above 0");
    trainer_.fix_team({threads, sends});
    if (!speeds.empty()) trainer_.fix_speeds(speeds);
  }
  size_t memory() const { return trainer_.memory(); }

 private:
  size_t place(size_t index) const {
    check(index < trainer_.tensor_count(), "there is no such tensor");
    return index;
  }

  Samples<T> samples_of(const AnyMatrix& x) const {
    check(int64_t(x.shape(1)) == inputs_, "x has another number of columns");
    Samples<T> samples;
    samples.x = x.data();
    samples.x_type = input_type(x);
    return samples;
  }
  Samples<T> samples_of(const Asked& asked) const {
    const AnyMatrix& x = asked.x;
    Samples<T> samples = samples_of(x);
    take_order(samples, x, asked.order);
    check(asked.batch_size > 0 && trainer_.serves(asked.batch_size), "planned for another batch_size");
    samples.batch_size = asked.batch_size;
    samples.epoch_rows = asked.epoch_rows;
    check(asked.epoch_rows > 0 && samples.count % asked.epoch_rows == 0,
          "order holds no whole epochs");
    const int64_t steps = samples.count / asked.epoch_rows * samples.epoch_steps();
    const int64_t first = asked.first, last = asked.last;
    check(0 <= first && first <= last && last <= steps, "there are no such steps");
    check(int64_t(asked.rates.shape(0)) == last - first &&
              int64_t(asked.losses.shape(0)) == last - first,
          "one learning rate and one loss a step are needed");
    check(asked.targets.has_value() != asked.labels.has_value(),
          "either targets or labels are needed");
    if (asked.targets) {
      check(asked.targets->shape(0) == x.shape(0), "x and targets have unlike lengths");
      check(int64_t(asked.targets->shape(1)) == outputs_,
            "the targets' columns are not the outputs'");
      samples.targets = asked.targets->data();
      samples.target_columns = outputs_;
    } else {
      check(asked.labels->shape(0) == x.shape(0), "x and labels have unlike lengths");
      samples.labels = asked.labels->data();
    }
    if (asked.weights) {
      check(asked.weights->shape(0) == x.shape(0), "x and weights have unlike lengths");
      samples.sample_weights = asked.weights->data();
    }
    if (asked.outputs) {
      const int64_t rows = samples.first_row(last) - samples.first_row(first);
      check(int64_t(asked.outputs->shape(0)) >= rows &&
                int64_t(asked.outputs->shape(1)) == outputs_,
            "outputs has another shape");
    }
    check(!asked.right || (samples.labels != nullptr && outputs_ > 1 &&
                           int64_t(asked.right->shape(0)) == last - first),
          "right needs labels, and one place a step");
    return samples;
  }
  // Every row number is checked: what follows reads without looking.
  static void take_order(Samples<T>& samples, const AnyMatrix& x,
                         const Vector<const int64_t>& order) {
    samples.order = order.data();
    samples.count = int64_t(order.shape(0));
    const auto rows = uint64_t(x.shape(0));
    uint64_t outside = 0;
    for (int64_t i = 0; i < samples.count; ++i) outside |= uint64_t(samples.order[i]) >= rows;
    check(outside == 0, "order names a row that x does not have");
  }
  typename Trainer<T>::Chunk chunk_of(const Samples<T>& samples, const Asked& asked) const {
    return {samples,
            asked.first,
            asked.last,
            asked.rates.data(),
            asked.losses.data(),
            asked.outputs ? asked.outputs->data() : nullptr,
            asked.right ? asked.right->data() : nullptr,
            asked.look};
  }

  int64_t inputs_;
  Trainer<T> trainer_;
  int64_t outputs_;
  std::mutex mutex_;
};

template <class T>
void bind_runner(nb::module_& m, const char* name) {
  using R = Runner<T>;
  nb::class_<R>(m, name)
      .def(nb::init<const nb::dict&, int64_t, int>(), nb::arg("plan"), nb::arg("batch_size"),
           nb::arg("threads") = 0)
      .def("serves", &R::serves)
      .def("tensor_count", &R::tensor_count)
      .def("tensor_size", &R::tensor_size)
      .def("set_tensor", &R::set_tensor)
      .def("get_tensors", &R::get_tensors)
      .def("run_steps", &R::run_steps, nb::arg("x"), nb::arg("targets").none(),
           nb::arg("labels").none(), nb::arg("weights").none(), nb::arg("order"),
           nb::arg("epoch_rows"), nb::arg("batch_size"), nb::arg("first"), nb::arg("last"),
           nb::arg("rates"), nb::arg("losses"), nb::arg("outputs").none(),
           nb::arg("right").none() = nb::none(), nb::arg("look") = false)
      .def("predict", &R::predict, nb::arg("x"), nb::arg("outputs").none(),
           nb::arg("logits").none())
      .def_prop_rw("iteration", &R::iteration, &R::set_iteration)
      .def_prop_ro("threads", &R::threads)
      .def("ignore_zeros", &R::ignore_zeros)
      .def("fix_team", &R::fix_team, nb::arg("threads"), nb::arg("sends") = false,
           nb::arg("speeds") = std::vector<double>{})
      .def_prop_ro("memory", &R::memory);
}

}  // namespace neurona
