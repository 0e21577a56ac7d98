// neurona._native: the sole file that knows of Python.
//
// Plans come as dictionaries of plain values (see engines/native_plan.py); arrays
// are read and written in place; the GIL is not held while a trainer works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <limits>
#include <mutex>
#include <optional>
#include <string>

#include "cpus.h"
#include "gil.h"
#include "names.h"
#include "trainer.h"

namespace nb = nanobind;
using namespace neurona;

namespace {

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using AnyMatrix = nb::ndarray<nb::ro, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <class V>
V value(const nb::dict& from, const char* key, V otherwise) {
  return from.contains(key) ? nb::cast<V>(from[key]) : otherwise;
}

Activation read_activation(const nb::dict& from) {
  const auto name = nb::cast<std::string>(from["kind"]);
  return {find(activation_names, name), value(from, "a", 0.0), value(from, "b", 0.0),
          value(from, "c", 0.0)};
}

WeightSpec read_weight(const nb::dict& from) {
  WeightSpec spec;
  spec.penalty = {value(from, "l1", 0.0), value(from, "l2", 0.0)};
  spec.constraint = {find(constraint_names, value<std::string>(from, "constraint", "none")),
                     value(from, "low", 0.0), value(from, "high", 0.0), value(from, "rate", 1.0)};
  return spec;
}

LayerSpec read_layer(const nb::dict& from) {
  LayerSpec spec;
  spec.kind = find(layer_names, nb::cast<std::string>(from["kind"]));
  spec.index = nb::cast<int64_t>(from["index"]);
  spec.units = nb::cast<int64_t>(from["units"]);
  spec.use_bias = value(from, "use_bias", true);
  spec.use_scale = value(from, "use_scale", true);
  spec.trainable = value(from, "trainable", true);
  spec.activation = read_activation(nb::cast<nb::dict>(from["activation"]));
  spec.rate = value(from, "rate", 0.0);
  spec.epsilon = value(from, "epsilon", 0.0);
  spec.scale = value(from, "scale", std::vector<double>{});
  spec.shift = value(from, "shift", std::vector<double>{});
  for (nb::handle weight : nb::cast<nb::list>(from["weights"])) {
    spec.weights.push_back(read_weight(nb::cast<nb::dict>(weight)));
  }
  return spec;
}

OptimizerSpec read_optimizer(const nb::dict& from) {
  OptimizerSpec spec;
  spec.kind = find(optimizer_names, nb::cast<std::string>(from["kind"]));
  spec.momentum = value(from, "momentum", 0.0);
  spec.beta_1 = value(from, "beta_1", 0.9);
  spec.beta_2 = value(from, "beta_2", 0.999);
  spec.rho = value(from, "rho", 0.9);
  spec.epsilon = value(from, "epsilon", 1e-7);
  spec.weight_decay = value(from, "weight_decay", 0.0);
  spec.clipvalue = value(from, "clipvalue", 0.0);
  spec.clipnorm = value(from, "clipnorm", 0.0);
  spec.global_clipnorm = value(from, "global_clipnorm", 0.0);
  return spec;
}

LossSpec read_loss(const nb::dict& from) {
  LossSpec spec;
  spec.loss.kind = find(loss_names, nb::cast<std::string>(from["kind"]));
  spec.loss.a = value(from, "a", 0.0);
  spec.loss.label_smoothing = value(from, "label_smoothing", 0.0);
  spec.loss.factor = value(from, "factor", 1.0);
  spec.loss.mean = value(from, "mean", true);
  spec.reduction = find(reduction_names, value<std::string>(from, "reduction", "mean"));
  spec.fused = value(from, "fused", false);
  return spec;
}

Plan read_plan(const nb::dict& from) {
  Plan plan;
  plan.inputs = nb::cast<int64_t>(from["inputs"]);
  plan.scale = value(from, "scale", std::vector<double>{});
  plan.shift = value(from, "shift", std::vector<double>{});
  for (nb::handle layer : nb::cast<nb::list>(from["layers"])) {
    plan.layers.push_back(read_layer(nb::cast<nb::dict>(layer)));
  }
  plan.loss = read_loss(nb::cast<nb::dict>(from["loss"]));
  plan.optimizer = read_optimizer(nb::cast<nb::dict>(from["optimizer"]));
  plan.seed = nb::cast<uint64_t>(from["seed"]);
  return plan;
}

InputType input_type(const AnyMatrix& x) {
  if (x.dtype() == nb::dtype<uint8_t>()) return InputType::uint8;
  if (x.dtype() == nb::dtype<float>()) return InputType::float32;
  if (x.dtype() == nb::dtype<double>()) return InputType::float64;
  throw nb::type_error("x must be of uint8, float32 or float64");
}

void check(bool holds, const char* message) {
  if (!holds) throw nb::value_error(message);
}

// A trainer that several Python threads may call; one at a time runs.
template <class T>
class Runner {
 public:
  Runner(const nb::dict& plan, int64_t batch_size, int threads)
      : inputs_(nb::cast<int64_t>(plan["inputs"])),
        trainer_(read_plan(plan), batch_size, threads),
        outputs_(trainer_.outputs()),
        batch_size_(batch_size) {}

  size_t tensor_count() const { return trainer_.tensor_count(); }
  int64_t tensor_size(size_t index) const { return trainer_.tensor_size(place(index)); }

  void set_tensor(size_t index, int slot, Vector<const T> values) {
    check(int64_t(values.shape(0)) == tensor_size(index), "the tensor has another size");
    check(slot >= -1 && slot < trainer_.slots(), "there is no such slot");
    const Turn turn(mutex_);
    trainer_.set_tensor(index, slot, values.data());
  }
  void get_tensor(size_t index, int slot, Vector<T> values) {
    check(int64_t(values.shape(0)) == tensor_size(index), "the tensor has another size");
    check(slot >= -1 && slot < trainer_.slots(), "there is no such slot");
    const Turn turn(mutex_);
    trainer_.get_tensor(index, slot, values.data());
  }

  nb::tuple run_steps(AnyMatrix x, std::optional<Matrix<const T>> targets,
                      std::optional<Vector<const int64_t>> labels,
                      std::optional<Vector<const T>> weights, Vector<const int64_t> order,
                      int64_t batch_size, int64_t first, int64_t last, Vector<const double> rates,
                      Vector<double> losses, std::optional<Matrix<T>> outputs) {
    Samples<T> samples = samples_of(x, order);
    check(batch_size > 0 && batch_size <= batch_size_, "batch_size is more than planned");
    samples.batch_size = batch_size;
    const int64_t steps = (samples.count + batch_size - 1) / batch_size;
    check(0 <= first && first <= last && last <= steps, "there are no such steps");
    check(int64_t(rates.shape(0)) == last - first && int64_t(losses.shape(0)) == last - first,
          "one learning rate and one loss a step are needed");
    check(targets.has_value() != labels.has_value(), "either targets or labels are needed");
    if (targets) {
      check(targets->shape(0) == x.shape(0), "x and targets have unlike lengths");
      check(int64_t(targets->shape(1)) == outputs_, "the targets' columns are not the outputs'");
      samples.targets = targets->data();
      samples.target_columns = outputs_;
    } else {
      check(labels->shape(0) == x.shape(0), "x and labels have unlike lengths");
      samples.labels = labels->data();
    }
    if (weights) {
      check(weights->shape(0) == x.shape(0), "x and weights have unlike lengths");
      samples.sample_weights = weights->data();
    }
    if (outputs) {
      const int64_t rows = std::min(samples.count, last * batch_size) - first * batch_size;
      check(int64_t(outputs->shape(0)) >= rows && int64_t(outputs->shape(1)) == outputs_,
            "outputs has another shape");
    }
    Report report;
    int64_t iteration;
    {
      const Turn turn(mutex_);
      report = trainer_.run_steps(samples, first, last, rates.data(), losses.data(),
                                  outputs ? outputs->data() : nullptr);
      iteration = trainer_.iteration;
    }
    return nb::make_tuple(report.rows, report.failed_step, iteration);
  }

  void predict(AnyMatrix x, Vector<const int64_t> order, std::optional<Matrix<T>> outputs,
               std::optional<Matrix<T>> logits) {
    Samples<T> samples = samples_of(x, order);
    samples.batch_size = batch_size_;
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
  void fix_threads(int threads) {
    check(threads > 0, "threads must be 1 or more");
    trainer_.fix_threads(threads);
  }
  size_t memory() const { return trainer_.memory(); }

 private:
  size_t place(size_t index) const {
    check(index < trainer_.tensor_count(), "there is no such tensor");
    return index;
  }

  // Every row number is checked: what follows reads without looking.
  Samples<T> samples_of(const AnyMatrix& x, const Vector<const int64_t>& order) const {
    check(int64_t(x.shape(1)) == inputs_, "x has another number of columns");
    Samples<T> samples;
    samples.x = x.data();
    samples.x_type = input_type(x);
    samples.order = order.data();
    samples.count = int64_t(order.shape(0));
    const auto rows = uint64_t(x.shape(0));
    uint64_t outside = 0;
    for (int64_t i = 0; i < samples.count; ++i) outside |= uint64_t(samples.order[i]) >= rows;
    check(outside == 0, "order names a row that x does not have");
    return samples;
  }

  int64_t inputs_;
  Trainer<T> trainer_;
  int64_t outputs_;
  int64_t batch_size_;
  std::mutex mutex_;
};

template <class T>
void bind_runner(nb::module_& m, const char* name) {
  using R = Runner<T>;
  nb::class_<R>(m, name)
      .def(nb::init<const nb::dict&, int64_t, int>(), nb::arg("plan"), nb::arg("batch_size"),
           nb::arg("threads") = 0)
      .def("tensor_count", &R::tensor_count)
      .def("tensor_size", &R::tensor_size)
      .def("set_tensor", &R::set_tensor)
      .def("get_tensor", &R::get_tensor)
      .def("run_steps", &R::run_steps, nb::arg("x"), nb::arg("targets").none(),
           nb::arg("labels").none(), nb::arg("weights").none(), nb::arg("order"),
           nb::arg("batch_size"), nb::arg("first"), nb::arg("last"), nb::arg("rates"),
           nb::arg("losses"), nb::arg("outputs").none())
      .def("predict", &R::predict, nb::arg("x"), nb::arg("order"), nb::arg("outputs").none(),
           nb::arg("logits").none())
      .def_prop_rw("iteration", &R::iteration, &R::set_iteration)
      .def_prop_ro("threads", &R::threads)
      .def("fix_threads", &R::fix_threads)
      .def_prop_ro("memory", &R::memory);
}

}  // namespace

NB_MODULE(_native, m) {
  m.doc() = "The compiled training engine; neurona.engines.native_engine is its only user.";
  // Threads and forked children may hold runners to the end: that is no leak.
  nb::set_leak_warnings(false);
  WithoutGil::watch_forks();
  m.def("_end", &WithoutGil::end);
  nb::module_::import_("atexit").attr("register")(m.attr("_end"));
  bind_runner<float>(m, "Runner32");
  bind_runner<double>(m, "Runner64");
  m.def("isa", [] { return std::string(isa_name(chosen_isa())); },
        "The instruction set that runs; NEURONA_ISA chooses another.");
  m.def("isas", [] {
    std::vector<std::string> names;
    for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::neon}) {
      if (isa_available(isa)) names.emplace_back(isa_name(isa));
    }
    return names;
  }, "The instruction sets that this machine has.");
  m.def("usable_cores", &usable_cores, "Cores that this process may use.");
}
