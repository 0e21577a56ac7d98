// Running a trainer's programs.
#include "trainer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>

#include "bulk.h"
#include "flush.h"
#include "optimizer_step.h"

namespace neurona {

template <class T>
int64_t Trainer<T>::tensor_size(size_t index) const {
  return tensors_[index]->shape.in * tensors_[index]->shape.out;
}

template <class T>
void Trainer<T>::set_tensor(size_t index, int slot, const T* values) {
  tensors_[index]->set(slot, values);
  if (slot >= 0) return;
  for (Layer<T>* layer : layers_) {
    for (Tensor<T>* tensor : layer->tensors()) {
      if (tensor == tensors_[index]) layer->weights_changed();
    }
  }
}

template <class T>
void Trainer<T>::get_tensor(size_t index, int slot, T* values) const {
  tensors_[index]->get(slot, values);
}

template <class T>
double Trainer<T>::flops_per_step() const {
  double flops = 0;
  for (const Layer<T>* layer : layers_) {
    if (layer->spec.kind != LayerKind::dense) continue;
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
Step<T> Trainer<T>::make_step(const Chunk& chunk, int64_t number) {
  const Samples<T>& samples = chunk.samples;
  Step<T> step{};
  step.samples = &samples;
  const int64_t begin = samples.first_row(number), end = samples.first_row(number + 1);
  step.rows = end - begin;
  step.order = samples.order + begin;
  step.next_rows = std::min(samples.first_row(number + 2), samples.count) - end;
  step.next_order = step.order + step.rows;
  step.training = true;
  step.shares = &shares_;
  step.sends = last_.sends;
  step.seed = plan_.seed;
  step.iteration = iteration + (number - chunk.first);
  double weights = double(step.rows);
  if (samples.sample_weights != nullptr && plan_.loss.reduction == Reduction::mean) {
    weights = 0;
    for (int64_t r = 0; r < step.rows; ++r) {
      weights += double(samples.sample_weights[step.order[r]]);
    }
  }
  if (plan_.loss.reduction == Reduction::sum) weights = 1;
  step.scale = weights != 0 ? T(1 / weights) : T(0);
  if (chunk.outputs != nullptr) {
    const int64_t row = begin - samples.first_row(chunk.first);
    step.outputs = chunk.outputs + row * layers_.back()->out;
  }
  step.counts_right = chunk.right != nullptr;
  if (chunk.looks && samples.x_type != InputType::uint8) step.finite = &finite_;
  step.optimizer =
      optimizer_step<T>(plan_.optimizer, chunk.rates[number - chunk.first], step.iteration);
  return step;
}

template <class T>
double Trainer<T>::batch_loss(const Step<T>& step) const {
  return losses_->sum_losses(step) * double(step.scale) +
         (whole_ != nullptr ? whole_->penalty() : 0);
}

namespace {
double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

// Clocks are read in one step of at least so many, and in about so many of a slice: how long
// each thread works, and whether the slice should end.
inline constexpr int64_t timed_steps = 4, timed_in_slice = 32;

// Steps up to to − 1 on one team; fewer, but one, if they take longer than `longest`
// seconds: cores may have been taken away. Returns where it ends.
template <class T>
int64_t Trainer<T>::run_slice(Course& course, int64_t to, TeamChoice team, double longest) {
  const Chunk& chunk = course.chunk;
  int64_t failed = -1;
  const auto prepare = [&](int granted) {
    last_ = {granted, team.sends && granted > 1};
    shares_.form(granted);
    for (Entry& entry : training_) entry.phase->prepare(shares_);
    if (!last_.sends) return;
    for (const Layer<T>* layer : layers_) layer->send_weights();
    fence();
  };
  // Thread 0 brings it forward before a step's first barrier; after it all see it.
  std::atomic<int64_t> end{to};
  const double latest = now() + longest;
  const int64_t every = std::max(timed_steps, (to - course.next) / timed_in_slice);
  const auto job = [&](const Seat& seat) {
    const FlushesTiny flushes(divides(plan_.optimizer.kind));
    for (int64_t number = course.next; number < end.load(std::memory_order_relaxed); ++number) {
      const bool timed = seat.threads > 1 && (number - course.next) % every == 0;
      if (timed && seat.thread == 0 && now() > latest) {
        end.store(number + 1, std::memory_order_relaxed);
      }
      const Step<T> step = make_step(chunk, number);
      double busy = 0, evened = 0;
      for (Entry& entry : training_) {
        const double began = timed ? now() : 0;
        entry.phase->run(step, seat);
        // Before the last barrier: after it, the others compute the next step's losses.
        if (seat.thread == 0 && &entry == &training_.back()) {
          // All go on even if this is not finite: the chunk will be run again.
          const double loss = batch_loss(step);
          if (failed < 0 && !std::isfinite(loss)) failed = number;
          chunk.losses[number - chunk.first] = loss * double(step.rows);
          if (chunk.right != nullptr) chunk.right[number - chunk.first] = losses_->sum_right(step);
          course.report.rows += step.rows;
        }
        if (timed) {
          const double took = now() - began;
          busy += took;
          if (entry.evens) evened += took;
        }
        if (entry.barrier) seat.barrier->wait(seat.thread);
        if (seat.thread == 0 && entry.phase.get() == losses_) losses_->fetch_losses(step);
      }
      if (timed) shares_.saw(seat.thread, busy, evened);
    }
  };
  if (course.alone) {
    Barrier barrier(1);
    prepare(1);
    job(Seat{0, 1, &barrier});
  } else {
    ThreadPool::instance().run(team.threads, prepare, job);
  }
  shares_.learn();
  course.report.failed_step = failed;
  return end;
}

// A slice is long enough to make finding a team cheap, short enough that
// callers get their shares and that a core taken away is noticed soon. One on the
// caller's own thread is as short as one that tries another number of threads.
inline constexpr double slice_seconds = 3e-3, brief_seconds = 5e-4;
inline constexpr double overdue = 3;  // times that: the slice is cut short

template <class T>
bool Trainer<T>::run_slice(Course& course) {
  if (course.next >= course.chunk.last || course.report.failed_step >= 0) return false;
  const double time = now();
  TeamChoice team{1, false};
  double step = step_seconds_;
  bool brief = true;
  if (!course.alone) {
    const int allowed = ThreadPool::instance().most(threads_);
    tuner_.set_most(std::min(allowed, useful_threads()), can_send_);
    team = tuner_.choose(time);
    brief = tuner_.brief();
    if (tuner_.expected() > 0) step = tuner_.expected();
  }
  const double seconds = brief ? brief_seconds : slice_seconds;
  const int64_t steps = step > 0 ? int64_t(seconds / step) + 1 : 4;
  const int64_t to = run_slice(course, std::min(course.chunk.last, course.next + steps), team,
                               overdue * seconds);
  const double end = now();
  step_seconds_ = (end - time) / double(to - course.next);
  if (!course.alone) tuner_.record(last_, step_seconds_, time, end);
  course.next = to;
  return to < course.chunk.last && course.report.failed_step < 0;
}

template <class T>
Report Trainer<T>::try_steps(const Chunk& chunk, bool alone) {
  Course course{chunk, alone};
  while (run_slice(course)) {
  }
  return course.report;
}

template <class T>
Report Trainer<T>::run_steps(const Chunk& chunk) {
  const OwnCores own_cores;
  Course course = begin(chunk, false);
  while (run_slice(course)) {
  }
  return finish(course);
}

template <class T>
typename Trainer<T>::Course Trainer<T>::begin(const Chunk& chunk, bool alone) {
  keep_weights(alone);
  finite_ = true;
  return {chunk, alone};
}

template <class T>
Report Trainer<T>::finish(const Course& course) {
  const Chunk& chunk = course.chunk;
  Report report = course.report;
  if (report.failed_step >= 0 || !weights_finite(course.alone)) {
    report = find_failure(chunk, course.alone);
  } else {
    iteration += chunk.last - chunk.first;
  }
  report.finite = finite_;
  return report;
}

// Losses are looked at in every step, weights at the end of the chunk. When
// something is not finite the chunk is run again from its start, step by step,
// and then once more up to the step that did it: the same seed gives the same
// bits, so all ends up as if that step had been seen coming.
template <class T>
Report Trainer<T>::find_failure(const Chunk& chunk, bool alone) {
  restore_weights();
  int64_t bad = chunk.first;
  for (; bad < chunk.last; ++bad) {
    const int64_t done = bad - chunk.first;
    const Chunk one{chunk.samples, bad, bad + 1, chunk.rates + done, chunk.losses + done};
    const Report report = try_steps(one, alone);
    if (report.failed_step >= 0 || !weights_finite(alone)) break;
    ++iteration;
  }
  restore_weights();
  Chunk good = chunk;
  good.last = bad;
  Report report = try_steps(good, alone);
  iteration += bad - chunk.first;
  if (bad < chunk.last) report.failed_step = bad;
  return report;
}

template <class T>
void Trainer<T>::predict(const Samples<T>& samples, T* outputs, T* logits) const {
  inference_->run(samples, outputs, logits, ThreadPool::instance().most(threads_));
}

// To go through all weights with: the pool's threads, but for one of its own.
template <class T>
int Trainer<T>::threads_for(bool alone) const {
  return alone ? 1 : threads_;
}

template <class T>
bool Trainer<T>::weights_finite(bool alone) const {
  return std::ranges::all_of(tensors_, [&](const Tensor<T>* tensor) {
    return all_finite(tensor->parameters.w, tensor->shape.size(), threads_for(alone));
  });
}

template <class T>
void Trainer<T>::keep_weights(bool alone) {
  if (kept_bytes_ == nullptr) {
    kept_.plan(kept_bytes_, int64_t(weights_.bytes()));
    kept_.allocate();
  }
  copy_bytes(kept_bytes_, weights_.data(), weights_.bytes(), threads_for(alone));
  kept_iteration_ = iteration;
}

template <class T>
void Trainer<T>::restore_weights() {
  std::memcpy(weights_.data(), kept_bytes_, weights_.bytes());
  iteration = kept_iteration_;
  for (Layer<T>* layer : layers_) layer->weights_changed();
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace neurona
