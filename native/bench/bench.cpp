// Checks the engine against the textbook, then times it.
//
//   bench [samples] [threads] [repeats] [only]
//
// threads: exactly so many, sending to each other if negative; 0: as serves best. `only` is a part of a network's name; no
// repeats: check alone. NEURONA_ISA picks the instruction set.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "../trainer.h"
#include "naive.h"

using namespace neurona;

namespace {

struct Case {
  const char* name;
  std::vector<int64_t> sizes;
  int64_t batch;
  OptimizerKind optimizer;
  bool bfloat16 = false;
  bool dense = false;  // no input is 0
  bool bytes = false;  // inputs are bytes, scaled by the network
};

Plan make_plan(const Case& c) {
  Plan plan;
  plan.inputs = c.sizes[0];
  if (c.bytes) {
    plan.scale.assign(size_t(plan.inputs), 1.0 / 255);
    plan.shift.assign(size_t(plan.inputs), 0.0);
  }
  for (size_t l = 1; l < c.sizes.size(); ++l) {
    LayerSpec layer;
    layer.units = c.sizes[l];
    const bool last = l + 1 == c.sizes.size();
    layer.activation.kind = !last                 ? ActivationKind::relu
                            : c.sizes[l] == 1 ? ActivationKind::sigmoid
                                              : ActivationKind::softmax;
    plan.layers.push_back(layer);
  }
  plan.loss.fused = true;
  plan.loss.loss.kind = c.sizes.back() == 1 ? LossKind::binary_crossentropy_logits
                                            : LossKind::categorical_crossentropy_logits;
  plan.optimizer.kind = c.optimizer;
  plan.optimizer.momentum = 0.9;
  plan.bfloat16 = c.bfloat16;
  return plan;
}

// Large pages, as NumPy asks for: rows are read in any order.
template <class V>
struct Huge {
  using value_type = V;
  static V* allocate(size_t count) {
    constexpr size_t page = size_t(2) << 20;
    const size_t bytes = (count * sizeof(V) + page - 1) / page * page;
    void* memory = std::aligned_alloc(page, bytes);
    if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__)
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<V*>(memory);
  }
  static void deallocate(V* memory, size_t) { std::free(memory); }
  bool operator==(const Huge&) const { return true; }
};

template <class T>
struct Data {
  std::vector<float, Huge<float>> x;
  std::vector<uint8_t> bytes;  // the same, where it is to be read as such
  std::vector<int64_t> labels, order;
  std::vector<T> targets;
  Samples<T> samples;

  Data(const Case& c, int64_t count) {
    std::mt19937_64 random(1);
    x.resize(size_t(count * c.sizes[0]));
    for (size_t r = 0; r < size_t(count); ++r) draw(&x[r * size_t(c.sizes[0])], c, random);
    labels.resize(size_t(count));
    const int64_t classes = std::max<int64_t>(2, c.sizes.back());
    for (auto& v : labels) v = int64_t(random() % uint64_t(classes));
    order.resize(size_t(count));
    for (int64_t i = 0; i < count; ++i) order[size_t(i)] = i;
    std::shuffle(order.begin(), order.end(), random);
    samples.x = x.data();
    samples.x_type = InputType::float32;
    if (c.bytes) {
      for (const float v : x) bytes.push_back(uint8_t(std::lround(v * 255)));
      samples.x = bytes.data();
      samples.x_type = InputType::uint8;
    }
    if (c.sizes.back() == 1) {
      for (int64_t label : labels) targets.push_back(T(label));
      samples.targets = targets.data();
      samples.target_columns = 1;
    } else {
      samples.labels = labels.data();
    }
    samples.order = order.data();
    samples.count = count;
    samples.batch_size = c.batch;
  }

  // Input i as the first layer sees it.
  double input(size_t i) const { return bytes.empty() ? double(x[i]) : double(T(bytes[i]) * T(1.0 / 255)); }

  // A ring somewhere near the middle of a square: as sparse as written digits, and like
  // them in patches. Dense cases: numbers of every kind.
  static void draw(float* x, const Case& c, std::mt19937_64& random) {
    const int64_t side = int64_t(std::sqrt(double(c.sizes[0])));
    const auto uniform = [&] { return double(random() % 1024) / 1024; };
    const double half = double(side) / 2, low = 0.75 * half, high = 1.25 * half;
    const double row = low + (high - low) * uniform(), column = low + (high - low) * uniform();
    const double radius = half * (0.2 + 0.4 * uniform());
    for (int64_t i = 0; i < c.sizes[0]; ++i) {
      const double distance = std::hypot(double(i / side) - row, double(i % side) - column);
      const bool ink = c.dense || std::abs(distance - radius) < 0.13 * half;
      x[i] = ink ? float(1 + random() % 255) / 255 : 0;
    }
  }
};

naive::Network start(const Case& c) {
  naive::Network n;
  n.sizes = c.sizes;
  std::mt19937_64 random(2);
  for (size_t l = 1; l < c.sizes.size(); ++l) {
    const size_t in = size_t(c.sizes[l - 1]), out = size_t(c.sizes[l]);
    const double limit = std::sqrt(6.0 / double(in + out));
    std::uniform_real_distribution<double> uniform(-limit, limit);
    naive::Matrix w(in * out);
    for (auto& v : w) v = float(uniform(random));
    n.w.push_back(w);
    n.b.emplace_back(out, 0.0);
    n.vw.emplace_back(in * out, 0.0);
    n.mw.emplace_back(in * out, 0.0);
    n.vb.emplace_back(out, 0.0);
    n.mb.emplace_back(out, 0.0);
  }
  return n;
}

template <class T>
void load(Trainer<T>& trainer, const naive::Network& n) {
  for (size_t l = 0; l < n.w.size(); ++l) {
    const std::vector<T> w(n.w[l].begin(), n.w[l].end()), b(n.b[l].begin(), n.b[l].end());
    trainer.set_tensor(2 * l, -1, w.data());
    trainer.set_tensor(2 * l + 1, -1, b.data());
  }
}

template <class T>
std::vector<T> all_weights(const Trainer<T>& trainer, const Case& c) {
  std::vector<T> all;
  for (size_t l = 1; l < c.sizes.size(); ++l) {
    std::vector<T> w(size_t(c.sizes[l - 1] * c.sizes[l])), b(size_t(c.sizes[l]));
    trainer.get_tensor(2 * l - 2, -1, w.data());
    trainer.get_tensor(2 * l - 1, -1, b.data());
    all.insert(all.end(), w.begin(), w.end());
    all.insert(all.end(), b.begin(), b.end());
  }
  return all;
}

// A few steps against the textbook, the last one with a smaller batch; and the
// same bits from every number of threads. Returns the largest relative error.
template <class T>
double check(const Case& c) {
  const int64_t count = c.batch * 2 + (c.batch + 1) / 2, steps = 3;
  Data<T> data(c, count);
  naive::Network n = start(c);
  const naive::Network begin = n;
  const std::vector<double> rates(size_t(steps), 0.01);
  std::vector<T> first;
  double losses[2] = {};
  std::vector<double> each(static_cast<size_t>(steps));
  for (int team = 1; team <= 8; ++team) {
    const int threads = (team + 1) / 2;
    Trainer<T> trainer(make_plan(c), c.batch, threads);
    load(trainer, n);
    trainer.fix_team({threads, team % 2 == 0});
    const Report report = trainer.run_steps({data.samples, 0, steps, rates.data(), each.data()});
    if (report.failed_step >= 0) return 1;
    losses[0] = each[0] + each[1] + each[2];
    const std::vector<T> weights = all_weights(trainer, c);
    if (first.empty()) first = weights;
    if (std::memcmp(first.data(), weights.data(), weights.size() * sizeof(T)) != 0) {
      std::printf("%s: %d threads give other bits than 1\n", c.name, trainer.last_threads());
      std::exit(1);
    }
  }
  for (int64_t s = 0; s < steps; ++s) {
    const int64_t rows = std::min(c.batch, count - s * c.batch);
    naive::Matrix x;
    std::vector<int64_t> labels;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t sample = data.order[size_t(s * c.batch + r)];
      for (int64_t i = 0; i < c.sizes[0]; ++i)
        x.push_back(data.input(size_t(sample * c.sizes[0] + i)));
      labels.push_back(data.labels[size_t(sample)]);
    }
    losses[1] += double(rows) * naive::step(n, x.data(), labels.data(), rows, 0.01, 0.9,
                                            c.optimizer == OptimizerKind::adam);
  }
  double worst = std::abs(losses[0] - losses[1]) / losses[1];
  size_t at = 0;
  for (size_t l = 0; l < n.w.size(); ++l) {
    for (const naive::Matrix* m : {&n.w[l], &n.b[l]}) {
      double scale = 1e-3;
      for (double v : *m) scale = std::max(scale, std::abs(v));
      if (c.bfloat16) {  // how far weights have moved; some ReLUs flip by rounding
        const naive::Matrix& from = m == &n.w[l] ? begin.w[l] : begin.b[l];
        double moved = 0, off = 0;
        for (size_t i = 0; i < m->size(); ++i) {
          moved += ((*m)[i] - from[i]) * ((*m)[i] - from[i]);
          off += ((*m)[i] - double(first[at + i])) * ((*m)[i] - double(first[at + i]));
        }
        worst = std::max(worst, std::sqrt(off / moved));
        at += m->size();
        continue;
      }
      for (double v : *m) worst = std::max(worst, std::abs(v - double(first[at++])) / scale);
    }
  }
  return worst;
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t samples = argc > 1 ? std::atoll(argv[1]) : 60000;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 0;
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 5;
  const char* only = argc > 4 ? argv[4] : "";
  const OptimizerKind momentum = OptimizerKind::momentum, adam = OptimizerKind::adam;
  const std::vector<int64_t> deep{784, 64, 64, 64, 10}, small{784, 16, 16, 10},
      wide{784, 1024, 1024, 1024, 10}, tiny{4, 12, 6, 1}, middle{784, 300, 100, 10},
      odd{461, 403, 377, 10};
  const Case cases[] = {
      {"784-64-64-64-10 b100", deep, 100, momentum},
      {"784-64-64-64-10 b100 adam", deep, 100, adam},
      {"784-64-64-64-10 b100 dense", deep, 100, momentum, false, true},
      {"784-64-64-64-10 b32", deep, 32, momentum},
      {"784-64-64-64-10 b32 bytes", deep, 32, momentum, false, false, true},
      {"784-16-16-10 b32", small, 32, momentum},
      {"784-16-16-10 b100", small, 100, momentum},
      {"784-16-16-10 b1000", small, 1000, momentum},
      {"784-64-64-64-10 b1000", deep, 1000, momentum},
      {"4-12-6-1 b16", tiny, 16, momentum},
      {"784-300-100-10 b100", middle, 100, momentum},
      {"784-1024x3-10 b100", wide, 100, momentum},
      {"784-1024x3-10 b100 dense", wide, 100, momentum, false, true},
      {"784-1024x3-10 bfloat16 b100", wide, 100, momentum, true},
      {"461-403-377-10 bfloat16 b33", odd, 33, momentum, true},
  };
  std::printf("isa %s\n", isa_name(chosen_isa()));
  for (const Case& c : cases) {
    if (std::strstr(c.name, only) == nullptr) continue;
    if (c.bfloat16 && pair_kernels(chosen_isa()) == nullptr) continue;
    const bool large = c.sizes[1] > 400;
    const double error = check<float>(c), error64 = large ? 0 : check<double>(c);
    if (error > (c.bfloat16 ? 0.1 : 1e-4) || error64 > 1e-10) {
      std::printf("%-28s WRONG: error %.2g (float32) %.2g (float64)\n", c.name, error, error64);
      return 1;
    }
    if (repeats <= 0) {
      std::printf("%-28s error %.1e %.1e\n", c.name, error, error64);
      std::fflush(stdout);
      continue;
    }
    const int64_t count = large ? samples / 10 : samples;
    Data<float> data(c, count);
    Trainer<float> trainer(make_plan(c), c.batch, std::abs(threads));
    load(trainer, start(c));
    if (threads != 0) trainer.fix_team({std::abs(threads), threads < 0});
    const int64_t steps = (count + c.batch - 1) / c.batch;
    const std::vector<double> rates(size_t(steps), 0.01);
    std::vector<double> times, losses(static_cast<size_t>(steps));
    for (int repeat = 0; repeat <= repeats; ++repeat) {
      const double began = seconds();
      const Report report = trainer.run_steps({data.samples, 0, steps, rates.data(), losses.data()});
      if (report.failed_step >= 0) return std::printf("%s: step failed\n", c.name), 1;
      if (repeat > 0) times.push_back(seconds() - began);
    }
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    const double flops = trainer.flops_per_step() * double(steps);
    std::printf("%-28s %d threads  %8.4f s per 60,000 (best %.4f)  %8.2f us/step  %6.1f GF/s (best %.1f)"
                "  error %.1e %.1e\n",
                c.name, trainer.last_threads(), median * 60000 / double(count),
                times[0] * 60000 / double(count), median / double(steps) * 1e6,
                flops / median * 1e-9, flops / times[0] * 1e-9, error, error64);
    std::fflush(stdout);
  }
  return 0;
}
