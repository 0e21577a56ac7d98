#include "inference.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include "arena.h"
#include "layers/make_layers.h"
#include "thread_pool.h"

namespace neurona {

// Layers of its own, on rows of its own and on weights that all share.
template <class T>
struct Inference<T>::Scratch {
  Scratch(const Plan& plan, const Kernels<T>& kernels, const std::vector<T*>& weights,
          int64_t rows)
      : layers(make_layers(kernels, plan)), in_order(size_t(rows)) {
    std::iota(in_order.begin(), in_order.end(), 0);
    layers.back()->activates = false;  // z may be asked for
    for (auto& layer : layers) layer->plan_memory(memory, rows);
    x.ld = padded<T>(plan.inputs, kernels.lanes);
    memory.plan(x.data, rows * x.ld);
    if (!plan.scale.empty()) {
      memory.plan(scale, plan.inputs);
      memory.plan(shift, plan.inputs);
    }
    memory.allocate();
    for (size_t i = 0; i < plan.scale.size(); ++i) {
      scale[i] = T(plan.scale[i]);
      shift[i] = T(plan.shift[i]);
    }
    const auto tensors = tensors_of(layers);
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i]->parameters.w = weights[i];
    connect(layers, x);
    take_weights();
  }

  // What layers derive from their weights.
  void take_weights() {
    for (auto& layer : layers) {
      if (layer->needs_statistics()) layer->forward_statistics(Step<T>{}, 0, layer->columns);
    }
  }

  Arena memory;
  Layers<T> layers;
  Rows<T> x;
  T *scale = nullptr, *shift = nullptr;
  std::vector<int64_t> in_order;  // 0, 1, 2, …
};

// A scratch for as long as a thread needs it.
template <class T>
class Inference<T>::Lease {
 public:
  explicit Lease(const Inference& of) : of_(of) {
    {
      const std::lock_guard lock(of.mutex_);
      if (!of.idle_.empty()) {
        scratch_ = std::move(of.idle_.back());
        of.idle_.pop_back();
      }
    }
    if (scratch_ == nullptr) {
      scratch_ = std::make_unique<Scratch>(of.plan_, of.kernels_, of.weights_, of.block_);
    } else if (!of.fixed_) {
      scratch_->take_weights();
    }
  }
  Lease(Lease&&) = default;
  ~Lease() {
    if (scratch_ == nullptr) return;
    const std::lock_guard lock(of_.mutex_);
    of_.idle_.push_back(std::move(scratch_));
  }
  Scratch& operator*() const { return *scratch_; }

 private:
  const Inference& of_;
  std::unique_ptr<Scratch> scratch_;
};

template <class T>
Inference<T>::Inference(const Plan& plan, const Kernels<T>& kernels, std::vector<T*> weights,
                        bool fixed)
    : plan_(plan), kernels_(kernels), weights_(std::move(weights)), fixed_(fixed) {
  // Few enough rows for the nearest cache; more where weights must come from afar.
  block_ = 30;
  int64_t in = plan_.inputs;
  for (const LayerSpec& spec : plan_.layers) {
    if (spec.kind == LayerKind::dense) {
      row_flops_ += 2.0 * double(in * spec.units);
      if (in * spec.units >= large_weights) block_ = 120;
    }
    in = spec.units;
  }
  outputs_ = in;
}

template <class T>
Inference<T>::~Inference() = default;

template <class T>
int Inference<T>::useful_threads(int64_t rows) const {
  // A thread costs some microseconds to wake.
  const double microseconds = row_flops_ * double(rows) / 60e3;
  return int(std::clamp(microseconds / 20, 1.0, 1024.0));
}

template <class T>
void Inference<T>::run_rows(Scratch& scratch, const Samples<T>& samples, int64_t begin,
                            int64_t end, T* outputs, T* logits) const {
  const int64_t rows = end - begin, size = bytes_of(samples.x_type);
  const int64_t* order = scratch.in_order.data();
  const char* x = static_cast<const char*>(samples.x);
  if (samples.order != nullptr) {
    order = samples.order + begin;
  } else {
    x += begin * plan_.inputs * size;
  }
  kernels_.gather({x, samples.x_type, plan_.inputs, order, nullptr, 0, 0, rows, 0, plan_.inputs,
                   scratch.scale, scratch.shift, scratch.x.data, scratch.x.ld});
  Step<T> step{};
  step.rows = rows;
  for (const auto& layer : scratch.layers) layer->forward(step, 0, rows);
  Layer<T>& last = *scratch.layers.back();
  const auto copy = [&](const Rows<T>& from, T* to) {
    for (int64_t r = 0; to != nullptr && r < rows; ++r) {
      std::copy_n(from.row(r), outputs_, to + (begin + r) * outputs_);
    }
  };
  const Rows<T> z = last.z_rows();
  copy(z, logits);
  const Activation& activation = last.spec.activation;
  if (activation.kind == ActivationKind::linear) return copy(z, outputs);
  kernels_.activate({activation, z.data, z.ld, last.h.data, last.h.ld, nullptr, 0, 0, rows,
                     outputs_});
  copy(last.h, outputs);
}

template <class T>
void Inference<T>::run(const Samples<T>& samples, T* outputs, T* logits, int threads) const {
  const int64_t rows = samples.count;
  threads = std::min(threads, useful_threads(rows));
  if (threads <= 1) {
    const Lease scratch(*this);
    for (int64_t begin = 0; begin < rows; begin += block_) {
      run_rows(*scratch, samples, begin, std::min(begin + block_, rows), outputs, logits);
    }
    return;
  }
  std::vector<Lease> scratches;
  std::atomic<int64_t> next{0};
  int64_t blocks = 1;
  const auto prepare = [&](int granted) {
    while (int(scratches.size()) < granted) scratches.emplace_back(*this);
    blocks = std::max((rows + block_ - 1) / block_, std::min<int64_t>(rows, granted));
  };
  const auto job = [&](const Seat& seat) {
    for (int64_t b; (b = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) {
      run_rows(*scratches[size_t(seat.thread)], samples, part_begin(rows, b, blocks),
               part_begin(rows, b + 1, blocks), outputs, logits);
    }
  };
  ThreadPool::instance().run(threads, prepare, job);
}

template class Inference<float>;
template class Inference<double>;

}  // namespace neurona
