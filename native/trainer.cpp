#include "trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "optimizer_step.h"

namespace neurona {

template <class T>
Trainer<T>::Trainer(Plan plan, int64_t batch_size, int threads, Isa isa)
    : plan_(std::move(plan)),
      kernels_(kernels<T>(isa)),
      batch_size_(batch_size),
      threads_(threads) {
  int64_t in = plan_.inputs;
  for (const LayerSpec& spec : plan_.layers) {
    owned_.push_back(std::make_unique<Dense<T>>(kernels_, spec, in));
    layers_.push_back(owned_.back().get());
    in = spec.units;
  }
  bool learning = false;  // below
  for (Dense<T>* layer : layers_) {
    layer->needs_dx = learning;
    learning = learning || layer->spec.trainable;
  }
  if (plan_.loss.fused) layers_.back()->activates = false;
  plan_memory();
  plan_phases();
}

template <class T>
Trainer<T>::~Trainer() = default;

// Narrow: all layers but the first are small enough for every thread to walk
// through, and the first is worth cutting along its inputs.
template <class T>
bool Trainer<T>::narrow() const {
  for (size_t l = 1; l < layers_.size(); ++l) {
    if (layers_[l]->large()) return false;
  }
  const Dense<T>& first = *layers_.front();
  return first.in >= 128 && first.out <= 256 && first.in * first.out >= 8192;
}

template <class T>
void Trainer<T>::plan_memory() {
  const int slots = slot_count(plan_.optimizer.kind);
  const int64_t lanes = kernels_.lanes;
  for (Dense<T>* layer : layers_) {
    layer->plan_weights(arena_, slots);
    layer->plan_rows(arena_, batch_size_);
  }
  arena_.plan(row_losses_, batch_size_);
  if (!plan_.scale.empty()) {
    arena_.plan(scale_, plan_.inputs);
    arena_.plan(shift_, plan_.inputs);
  }
  const Dense<T>& first = *layers_.front();
  if (narrow()) {
    // A number that depends on the network and the batch alone: small enough
    // that adding the parts up is cheap, large enough for the threads.
    const int64_t products = first.in * first.out * batch_size_;
    const int64_t count = std::clamp<int64_t>(products / (1 << 20), 4, 16) / 4 * 4;
    for (int64_t c = 0; c < count; ++c) {
      chunks_.chunks.push_back(
          {part_begin(first.in, c, count), part_begin(first.in, c + 1, count), {}, nullptr});
    }
    for (auto& chunk : chunks_.chunks) {
      chunk.x.ld = padded<T>(chunk.end - chunk.begin, lanes);
      arena_.plan(chunk.x.data, batch_size_ * chunk.x.ld);
      arena_.plan(chunk.z, batch_size_ * first.h.ld);
    }
  } else {
    x_.ld = padded<T>(plan_.inputs, lanes);
    arena_.plan(x_.data, batch_size_ * x_.ld);
  }
  arena_.allocate();
  for (size_t i = 0; i < plan_.scale.size(); ++i) {
    scale_[i] = T(plan_.scale[i]);
    shift_[i] = T(plan_.shift[i]);
  }
  layers_.front()->x = x_;
  for (size_t l = 1; l < layers_.size(); ++l) {
    layers_[l]->x = layers_[l - 1]->h;
    layers_[l]->dx = layers_[l - 1]->dh;
  }
}

template <class T>
void Trainer<T>::plan_phases() {
  const bool split = narrow();
  const auto add = [&](std::unique_ptr<Phase<T>> phase, bool gives_loss = false) {
    phases_.push_back({std::move(phase), true, gives_loss});
  };
  gather_ = std::make_unique<GatherRows<T>>(kernels_, x_, plan_.inputs, scale_, shift_);
  auto rows = std::make_unique<RowsThrough<T>>(kernels_);
  rows->layers = &layers_;
  size_t l = 0;
  if (split) {
    add(std::make_unique<SplitForward<T>>(kernels_, *layers_.front(), chunks_, scale_, shift_));
    rows->finish = layers_.front();
    rows->chunks = &chunks_;
    l = 1;
  } else if (layers_.front()->large()) {
    add(std::make_unique<GatherRows<T>>(*gather_));
  } else {
    rows->gather = gather_.get();
  }
  // Large layers run by tiles, runs of small ones by rows; the run that ends
  // with the output layer goes on through the loss and back.
  const auto flush = [&] {
    if (rows->forward.empty() && rows->finish == nullptr && rows->gather == nullptr) return;
    add(std::move(rows));
    rows = std::make_unique<RowsThrough<T>>(kernels_);
    rows->layers = &layers_;
  };
  for (; l < layers_.size(); ++l) {
    if (layers_[l]->large()) {
      flush();
      add(std::make_unique<TilesForward<T>>(*layers_[l], batch_size_));
    } else {
      rows->forward.push_back(layers_[l]);
    }
  }
  rows->output = layers_.back();
  rows->loss = plan_.loss;
  rows->row_losses = row_losses_;
  bool loss_done = false;
  for (size_t b = layers_.size(); b-- > 0;) {
    if (!layers_[b]->needs_dx) break;
    if (!layers_[b]->large()) {
      rows->backward.push_back(layers_[b]);
      continue;
    }
    if (rows->output != nullptr || !rows->backward.empty()) {
      add(std::move(rows), !loss_done);
      loss_done = true;
      rows = std::make_unique<RowsThrough<T>>(kernels_);
      rows->layers = &layers_;
    }
    add(std::make_unique<TilesBackward<T>>(*layers_[b], *layers_[b - 1]));
  }
  if (rows->output != nullptr || !rows->backward.empty()) add(std::move(rows), !loss_done);
  add(std::make_unique<UpdateWeights<T>>(layers_, split ? &chunks_ : nullptr, x_));
  // The next step starts with what each thread owns: it need not wait.
  if (split) phases_.back().barrier = false;
}

template <class T>
void Trainer<T>::set_kernel(int64_t layer, int slot, const T* values) {
  Dense<T>& dense = *layers_[size_t(layer)];
  dense.pack(values, slot < 0 ? dense.kernel.w : dense.kernel.slots[slot]);
  if (slot < 0) dense.refresh_transposed();
}
template <class T>
void Trainer<T>::set_bias(int64_t layer, int slot, const T* values) {
  const Dense<T>& dense = *layers_[size_t(layer)];
  std::copy_n(values, dense.out, slot < 0 ? dense.bias.w : dense.bias.slots[slot]);
}
template <class T>
void Trainer<T>::get_kernel(int64_t layer, int slot, T* values) const {
  const Dense<T>& dense = *layers_[size_t(layer)];
  dense.unpack(slot < 0 ? dense.kernel.w : dense.kernel.slots[slot], values);
}
template <class T>
void Trainer<T>::get_bias(int64_t layer, int slot, T* values) const {
  const Dense<T>& dense = *layers_[size_t(layer)];
  std::copy_n(slot < 0 ? dense.bias.w : dense.bias.slots[slot], dense.out, values);
}

template <class T>
double Trainer<T>::flops_per_step() const {
  double flops = 0;
  for (const Dense<T>* layer : layers_) {
    flops += 2.0 * double(layer->in * layer->out) * (2 + (layer->needs_dx ? 1 : 0));
  }
  return flops * double(batch_size_);
}

template <class T>
int Trainer<T>::useful_threads() const {
  // A barrier costs a few hundred nanoseconds; a thread should have several
  // microseconds of work in a step.
  const double microseconds = flops_per_step() / 60e3;
  return microseconds < 8 ? 1 : int(std::min(1024.0, microseconds / 4));
}

template <class T>
Step<T> Trainer<T>::make_step(const Samples<T>& samples, int64_t number, int64_t first, double rate,
                              T* outputs) const {
  Step<T> step;
  step.samples = &samples;
  const int64_t begin = number * samples.batch_size;
  step.rows = std::min(samples.batch_size, samples.count - begin);
  step.order = samples.order + begin;
  step.next_rows = std::min(samples.batch_size, samples.count - begin - step.rows);
  step.next_order = step.next_rows > 0 ? step.order + step.rows : nullptr;
  step.iteration = iteration + (number - first);
  double weights = double(step.rows);
  if (samples.sample_weights != nullptr) {
    weights = 0;
    for (int64_t r = 0; r < step.rows; ++r) weights += double(samples.sample_weights[step.order[r]]);
  }
  step.scale = weights > 0 ? T(1 / weights) : T(0);
  step.outputs = outputs == nullptr
                     ? nullptr
                     : outputs + (number - first) * samples.batch_size * layers_.back()->out;
  step.optimizer = optimizer_step<T>(plan_.optimizer, rate, step.iteration);
  return step;
}

template <class T>
double Trainer<T>::batch_loss(const Step<T>& step) const {
  double sums[4] = {};  // four chains, in a fixed order
  for (int64_t r = 0; r < step.rows; ++r) sums[r & 3] += double(row_losses_[r]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) * double(step.scale);
}

// Steps from … to − 1 on one team. Returns the number of the step that failed, or −1.
template <class T>
int64_t Trainer<T>::run_slice(const Samples<T>& samples, int64_t first, int64_t from, int64_t to,
                              const double* rates, T* outputs, int threads, Report& report) {
  std::atomic<int64_t> failed{-1};
  const auto prepare = [&](int granted) {
    last_threads_ = granted;
    for (Entry& entry : phases_) entry.phase->prepare(granted);
  };
  const auto job = [&](const Seat& seat) {
    for (int64_t number = from; number < to; ++number) {
      const Step<T> step = make_step(samples, number, first, rates[number - first], outputs);
      for (Entry& entry : phases_) {
        entry.phase->run(step, seat);
        if (entry.barrier) seat.barrier->wait();
        if (!entry.gives_loss) continue;
        const double loss = batch_loss(step);
        if (!std::isfinite(loss)) {  // every thread finds the same
          if (seat.thread == 0) failed = number;
          return;
        }
        if (seat.thread == 0) {
          report.loss += loss * double(step.rows);
          report.rows += step.rows;
        }
      }
    }
  };
  ThreadPool::instance().run(threads, prepare, job);
  return failed;
}

// A slice is long enough to make finding a team cheap, short enough that
// callers get their shares and that a core taken away is noticed soon.
inline constexpr double slice_seconds = 3e-3, probe_seconds = 1e-3;

template <class T>
Report Trainer<T>::run_steps(const Samples<T>& samples, int64_t first, int64_t last,
                             const double* rates, T* outputs) {
  Report report;
  const auto now = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
  const int allowed = threads_ > 0 ? threads_ : ThreadPool::instance().capacity();
  tuner_.set_most(std::min(allowed, useful_threads()));
  double time = now();
  for (int64_t from = first; from < last && report.failed_step < 0;) {
    const int threads = tuner_.choose(time);
    const double wanted = tuner_.probing() ? probe_seconds : slice_seconds;
    const int64_t steps = step_seconds_ > 0 ? int64_t(wanted / step_seconds_) + 1 : 4;
    const int64_t to = std::min(last, from + steps);
    report.failed_step = run_slice(samples, first, from, to, rates, outputs, threads, report);
    const double end = now();
    const double seconds = (end - time) / double(to - from);
    tuner_.record(last_threads_, seconds);
    step_seconds_ = step_seconds_ > 0 ? 0.5 * (step_seconds_ + seconds) : seconds;
    time = end;
    from = to;
  }
  iteration += (report.failed_step < 0 ? last : report.failed_step) - first;
  return report;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace neurona
