// Every part in float32 against the same in float64, where the C library does
// the mathematics lane by lane: for machines on which the contract tests cannot
// run, such as an emulated one.
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "../names.h"
#include "../trainer.h"

using namespace neurona;

namespace {

constexpr int64_t inputs = 13, hidden = 21, outputs = 5, rows = 50, batch = 19;

LayerSpec layer(LayerKind kind, int64_t units, ActivationKind activation) {
  LayerSpec spec;
  spec.kind = kind;
  spec.units = units;
  spec.activation = {activation, 0.5, 1.5, 0.25};
  spec.rate = 0.3;
  spec.epsilon = 1e-3;
  return spec;
}

Plan plan_with(LayerKind between, ActivationKind activation, LossKind loss, bool on_logits,
               OptimizerKind optimizer) {
  Plan plan;
  plan.inputs = inputs;
  plan.layers = {layer(LayerKind::dense, hidden, activation),
                 layer(between, hidden, ActivationKind::linear),
                 layer(LayerKind::dense, outputs,
                       on_logits ? ActivationKind::linear : ActivationKind::softmax)};
  for (size_t i = 0; i < plan.layers.size(); ++i) plan.layers[i].index = int64_t(i);
  if (between == LayerKind::affine) {
    plan.layers[1].scale.assign(size_t(hidden), 0.5);
    plan.layers[1].shift.assign(size_t(hidden), 0.25);
  }
  plan.loss.loss.kind = loss;
  plan.loss.loss.a = 0.7;
  plan.optimizer.kind = optimizer;
  plan.optimizer.momentum = 0.9;
  plan.seed = 3;
  return plan;
}

// All weights after three steps, tensor by tensor, and the losses.
template <class T>
std::vector<std::vector<double>> trained(const Plan& plan) {
  Trainer<T> trainer(plan, batch, 2);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0, 0.5f);
  for (size_t t = 0; t < trainer.tensor_count(); ++t) {
    std::vector<T> w(size_t(trainer.tensor_size(t)));
    for (T& v : w) v = T(std::abs(normal(random)) + 0.1f);
    for (size_t i = 0; i < w.size(); i += 2) w[i] = trainer.trainable(t) ? -w[i] : w[i];
    trainer.set_tensor(t, -1, w.data());
    std::vector<T> slot(w.size(), T(0.01f));
    for (int s = 0; s < trainer.slots(); ++s) trainer.set_tensor(t, s, slot.data());
  }
  std::vector<float> x(size_t(rows * inputs));
  for (float& v : x) v = normal(random);
  std::vector<T> targets(size_t(rows * outputs));
  std::vector<int64_t> order;
  for (int64_t r = 0; r < rows; ++r) {
    targets[size_t(r * outputs + r % outputs)] = T(1);
    order.push_back((r * 7) % rows);
  }
  Samples<T> samples;
  samples.x = x.data();
  samples.targets = targets.data();
  samples.target_columns = outputs;
  samples.order = order.data();
  samples.count = rows;
  samples.batch_size = batch;
  const std::vector<double> rates(3, 0.01);
  std::vector<double> losses(3);
  std::vector<std::vector<double>> all;
  const Report report = trainer.run_steps({samples, 0, 3, rates.data(), losses.data()});
  if (report.failed_step >= 0) return {};
  for (size_t t = 0; t < trainer.tensor_count(); ++t) {
    std::vector<T> w(size_t(trainer.tensor_size(t)));
    trainer.get_tensor(t, -1, w.data());
    all.emplace_back(w.begin(), w.end());
  }
  all.push_back(losses);
  return all;
}

int failures = 0, checks = 0;

// How far apart two arrays are, relative to the largest number or to 1: entries that
// larger ones have nearly cancelled keep those ones' rounding.
double distance(const std::vector<double>& single, const std::vector<double>& twice) {
  double largest = 1, worst = 0;
  for (double value : twice) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < twice.size(); ++i) {
    const double apart = std::abs(single[i] - twice[i]);
    if (!std::isfinite(apart)) return INFINITY;
    worst = std::max(worst, apart);
  }
  return worst / largest;
}

void check(const std::string& name, const Plan& plan, double most) {
  const auto single = trained<float>(plan), twice = trained<double>(plan);
  double worst = single.size() == twice.size() && !twice.empty() ? 0 : INFINITY;
  for (size_t i = 0; i < twice.size() && i < single.size(); ++i) {
    worst = std::max(worst, distance(single[i], twice[i]));
  }
  ++checks;
  if (worst <= most) return;
  ++failures;
  std::printf("%-40s WRONG: float32 and float64 are %.2g apart\n", name.c_str(), worst);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

int main() {
  const auto tanh = ActivationKind::tanh;
  const auto squares = LossKind::squared_error;
  const auto sgd = OptimizerKind::sgd;
  for (const auto& [name, kind] : activation_names) {
    check(name, plan_with(LayerKind::affine, kind, squares, false, sgd), 1e-5);
  }
  for (const auto& [name, kind] : layer_names) {
    if (kind == LayerKind::dense || kind == LayerKind::affine) continue;
    check(name, plan_with(kind, tanh, squares, false, sgd), 1e-5);
  }
  for (const auto& [name, kind] : loss_names) {
    check(name, plan_with(LayerKind::affine, tanh, kind, ends_with(name, "_logits"), sgd), 1e-5);
  }
  // Division by small numbers stretches rounding.
  for (const auto& [name, kind] : optimizer_names) {
    check(name, plan_with(LayerKind::affine, tanh, squares, false, kind), 1e-4);
  }
  std::printf("isa %s: %d parts checked, %d wrong\n", isa_name(chosen_isa()), checks, failures);
  return failures == 0 ? 0 : 1;
}
