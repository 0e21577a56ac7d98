// The phases that run rows through the layers, forward and back.
#include "phases.h"

#include <algorithm>

namespace neurona {
void Tickets::prepare(int64_t items, int threads) {
  counters_ = std::vector<Counter>(size_t(threads));
  items_ = items;
  threads_ = threads;
}

int64_t Tickets::next(int64_t set, int thread) {
  for (int turn = 0; turn < threads_; ++turn) {
    const int owner = (thread + turn) % threads_;
    const int64_t begin = part_begin(items_, owner, threads_);
    const int64_t end = part_begin(items_, owner + 1, threads_);
    std::atomic<int64_t>& counter = counters_[size_t(owner)].next[set];
    if (counter.load(std::memory_order_relaxed) >= end - begin) continue;
    const int64_t taken = counter.fetch_add(1, std::memory_order_relaxed);
    if (begin + taken < end) return begin + taken;
  }
  return -1;
}

template <class T>
void SplitForward<T>::run(const Step<T>& step, const Seat& seat) {
  const Shares& shares = *step.shares;
  const int64_t first = shares.first_chunk(seat.thread), last = shares.first_chunk(seat.thread + 1);
  // A few rows at a time, so that they are in L1 when they are used; those that this
  // thread will go on with come last: by then the others have done their part of them.
  const int64_t block = 6 * kernels_.tile_rows;
  const int64_t blocks = (step.rows + block - 1) / block;
  const int64_t own_end = shares.begin(step.rows, seat.thread + 1) * blocks / step.rows;
  const bool fit = chunks_.fit(step, first, last);
  int64_t kept[most_input_chunks] = {};
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t b = (i + own_end) % blocks;
    const int64_t begin = part_begin(step.rows, b, blocks), end = part_begin(step.rows, b + 1, blocks);
    // Half of the next batch now, half with the update; of a large one the next block.
    const bool here = !fit && i + 1 < blocks;
    const int64_t count = fit ? step.next_rows / 2 : here ? step.rows : step.next_rows;
    const int64_t ahead = fit ? b : (b + 1) % blocks;
    for (int64_t c = first; c < last; ++c) {
      const NextRows next = chunks_.rows(step, c, here ? step.order : step.next_order,
                                         part_begin(count, ahead, blocks),
                                         part_begin(count, ahead + 1, blocks));
      kept[c] += add_chunk(step, c, first, begin, end, next);
    }
    if (step.sends) send_sums(step, seat.thread, begin, end);
    if (seat.threads > 1) rows_.fetch(step, seat, i, blocks);
  }
  for (int64_t c = first; c < last; ++c) {
    const auto& chunk = chunks_.chunks[size_t(c)];
    chunk.zeros->saw(step.iteration, kept[c], step.rows * (chunk.end - chunk.begin));
  }
}

// Rows [begin, end) of the chunk's inputs.
template <class T>
void SplitForward<T>::read_chunk(const Step<T>& step, const typename InputChunks<T>::Chunk& chunk,
                                 const typename InputChunks<T>::Input& input, int64_t begin,
                                 int64_t end) const {
  const Samples<T>& samples = *step.samples;
  const auto& [x, nonzeros, in_place] = input;
  if (in_place) {
    const bool finite = kernels_.find_nonzeros(
        {static_cast<const T*>(samples.x), layer_.in, step.order, begin, end, chunk.begin, chunk.end,
         nonzeros, x.each, step.finite != nullptr});
    if (!finite) step.finite->store(false, std::memory_order_relaxed);
    return;
  }
  kernels_.gather({samples.x, samples.x_type, layer_.in, step.order, nullptr, 0, begin, end,
                   chunk.begin, chunk.end, scale_, shift_, x.data, x.ld, nonzeros});
  look_at(kernels_, step, x.row(begin), x.ld, end - begin, chunk.end - chunk.begin);
}

// Rows [begin, end) of chunk c's part of z, and the sums of this thread's that it completes.
template <class T>
int64_t SplitForward<T>::add_chunk(const Step<T>& step, int64_t c, int64_t first, int64_t begin,
                                   int64_t end, const NextRows& next) const {
  const auto& chunk = chunks_.chunks[size_t(c)];
  const auto input = chunks_.input(step, chunk);
  read_chunk(step, chunk, input, begin, end);
  DenseForward<T> job = layer_.forward_job(input.x, chunk.begin, chunk.end - chunk.begin);
  const auto merged = chunks_.merged(c, first);
  job.previous = merged.sums;
  job.previous_count = merged.count;
  job.z = chunks_.chunks[size_t(merged.place)].z;
  job.row_begin = begin;
  job.row_end = end;
  job.next = &next;
  // A layer of several panels keeps the same for each.
  int64_t kept = 0;
  job.nonzeros = input.nonzeros;
  job.kept = &kept;
  kernels_.dense_forward(job);
  return kept / job.shape.panels;
}

// Rows of this thread's sums, but those that it will itself go on with.
template <class T>
void SplitForward<T>::send_sums(const Step<T>& step, int thread, int64_t begin, int64_t end) const {
  const Shares& shares = *step.shares;
  const int64_t own = shares.begin(step.rows, thread), next = shares.begin(step.rows, thread + 1);
  const int64_t ld = layer_.h.ld;
  chunks_.each_sum(shares.first_chunk(thread), shares.first_chunk(thread + 1), [&](int64_t place, int64_t) {
    const auto& sum = chunks_.chunks[size_t(place)];
    const auto copy = [&](int64_t from, int64_t to) {
      if (from < to) kernels_.send(sum.z + from * ld, sum.sent_z + from * ld, (to - from) * ld);
    };
    copy(begin, std::min(end, own));
    copy(std::max(begin, next), end);
  });
}

template <class T>
void RowsThrough<T>::prepare(const Shares& shares) {
  while (int(own_.size()) < shares.threads()) {
    auto own = std::make_unique<Own>();
    own->copies.resize(backward.size());
    for (size_t i = 0; i < backward.size(); ++i) {
      const int64_t size = backward[i]->copies_size();
      if (size > 0) own->memory.plan(own->copies[i], size);
    }
    if (output != nullptr) {
      own->memory.plan(own->losses, most_rows_);
      own->memory.plan(own->right, 1);
    }
    own->memory.allocate();
    own_.push_back(std::move(own));
  }
}

template <class T>
void RowsThrough<T>::fetch_losses(const Step<T>& step) const {
  for (int t = 0; t < step.shares->threads(); ++t) {
    const T* losses = own_[size_t(t)]->losses;
    neurona::fetch(losses + step.shares->begin(step.rows, t),
                   losses + step.shares->begin(step.rows, t + 1));
    if (step.counts_right) neurona::fetch(own_[size_t(t)]->right, own_[size_t(t)]->right + 1);
  }
}

// Half of the time the others may still be at work on the weights.
template <class T>
void RowsThrough<T>::fetch(const Step<T>& step, const Seat& seat, int64_t part, int64_t parts) const {
  const int64_t late = parts / 2, own = parts - (parts + 3) / 4;
  if (part >= late) {
    for (const Layer<T>* layer : forward) layer->fetch_weights(step, part - late, parts - late);
  }
  if (part >= own) {
    const int64_t begin = step.shares->begin(step.rows, seat.thread);
    const int64_t rows = step.shares->begin(step.rows, seat.thread + 1) - begin;
    finish->fetch_parts(step, *chunks, seat.thread, begin + part_begin(rows, part - own, parts - own),
                        begin + part_begin(rows, part - own + 1, parts - own));
  }
}

template <class T>
double RowsThrough<T>::sum_losses(const Step<T>& step) const {
  double sums[4] = {};  // four chains, in a fixed order
  for (int t = 0; t < step.shares->threads(); ++t) {
    const T* losses = own_[size_t(t)]->losses;
    const int64_t end = step.shares->begin(step.rows, t + 1);
    for (int64_t r = step.shares->begin(step.rows, t); r < end; ++r) sums[r & 3] += double(losses[r]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <class T>
int64_t RowsThrough<T>::sum_right(const Step<T>& step) const {
  int64_t sum = 0;
  for (int t = 0; t < step.shares->threads(); ++t) sum += *own_[size_t(t)]->right;
  return sum;
}

template <class T>
void RowsThrough<T>::run(const Step<T>& step, const Seat& seat) {
  const int64_t begin = step.shares->begin(step.rows, seat.thread);
  const int64_t end = step.shares->begin(step.rows, seat.thread + 1);
  if (output != nullptr) *own_[size_t(seat.thread)]->right = 0;
  if (begin == end) return;
  const auto& copies = own_[size_t(seat.thread)]->copies;
  for (size_t i = 0; i < backward.size(); ++i) {
    if (copies[i] != nullptr) backward[i]->make_copies(step, copies[i]);
  }
  constexpr int64_t block = 30;
  const int64_t blocks = (end - begin + block - 1) / block;
  for (int64_t b = 0; b < blocks; ++b) {
    through(step, seat, begin + part_begin(end - begin, b, blocks),
            begin + part_begin(end - begin, b + 1, blocks));
  }
}

// What the next batch's rows are to come to: it lies anywhere in memory.
template <class T>
void RowsThrough<T>::fetch_targets(const Step<T>& step, int64_t begin, int64_t end) const {
  const Samples<T>& samples = *step.samples;
  for (int64_t r = begin; r < std::min(end, step.next_rows); ++r) {
    const int64_t sample = step.next_order[r];
    const auto fetch_row = [&](const auto* values, int64_t columns) {
      if (values != nullptr) neurona::fetch(values + sample * columns, values + (sample + 1) * columns);
    };
    fetch_row(samples.labels, 1);
    fetch_row(samples.sample_weights, 1);
    fetch_row(samples.targets, samples.target_columns);
  }
}

template <class T>
void RowsThrough<T>::copy_outputs(Rows<T> from, T* to, int64_t begin, int64_t end) const {
  if (to == nullptr) return;
  for (int64_t r = begin; r < end; ++r) std::copy_n(from.row(r), output->out, to + r * output->out);
}

template <class T>
void RowsThrough<T>::through(const Step<T>& step, const Seat& seat, int64_t begin,
                             int64_t end) const {
  if (gather != nullptr) gather->gather(step, begin, end);
  if (finish != nullptr) finish->finish(step, *chunks, seat.thread, begin, end);
  if (activate != nullptr) activate->activate(begin, end);
  for (const Layer<T>* layer : forward) layer->forward(step, begin, end);
  if (output != nullptr) {
    const Samples<T>& samples = *step.samples;
    const Rows<T> &h = output->h, &dh = output->dh;
    kernels_.loss({loss.loss, loss.fused, h.data, h.ld, samples.targets, samples.labels,
                   samples.target_columns, samples.sample_weights, step.order, step.scale, dh.data,
                   dh.ld, own_[size_t(seat.thread)]->losses, begin, end, output->out});
    if (step.counts_right) {
      *own_[size_t(seat.thread)]->right += kernels_.right_classes(
          {h.row(begin), h.ld, end - begin, output->out, samples.labels, step.order + begin, nullptr});
    }
    fetch_targets(step, begin, end);
    if (!loss.fused) output->activate_backward(begin, end);
    copy_outputs(output->h, step.outputs, begin, end);
  }
  if (differentiate != nullptr) differentiate->activate_backward(begin, end);
  for (size_t i = 0; i < backward.size(); ++i) {
    backward[i]->backward(step, begin, end, own_[size_t(seat.thread)]->copies[i]);
    backward[i]->below->activate_backward(begin, end);
  }
  if (!step.sends) return;
  if (finish != nullptr) finish->send(begin, end);
  for (const Layer<T>* layer : forward) layer->send(begin, end);
}

template <class T>
void TilesForward<T>::prepare(const Shares& shares) {
  // Several items a thread, so that a slow one can be helped out.
  const int64_t panels = layer_.kernel.shape.panels;
  blocks_ = std::clamp<int64_t>(rows_ / 24, 1, std::max<int64_t>(1, 8 * shares.threads() / panels));
  tickets_.prepare(panels * blocks_, shares.threads());
}

template <class T>
void TilesForward<T>::run(const Step<T>& step, const Seat& seat) {
  tickets_.run(step.iteration, seat.thread, [&](int64_t item) {
    const int64_t panel = item / blocks_, block = item % blocks_;
    layer_.forward_panels(step, part_begin(step.rows, block, blocks_),
                          part_begin(step.rows, block + 1, blocks_), panel, panel + 1);
  });
}

inline constexpr int64_t backward_inputs = 64;  // whole panels of transposed weights

template <class T>
void TilesBackward<T>::prepare(const Shares& shares) {
  tickets_.prepare((layer_.in + backward_inputs - 1) / backward_inputs, shares.threads());
}

template <class T>
void TilesBackward<T>::run(const Step<T>& step, const Seat& seat) {
  const bool whole_rows = row_wise(layer_.below->spec.activation.kind);
  tickets_.run(step.iteration, seat.thread, [&](int64_t item) {
    const int64_t from = item * backward_inputs;
    const int64_t to = std::min(from + backward_inputs, layer_.in);
    layer_.backward_inputs(0, step.rows, from, to);
    if (!whole_rows) layer_.below->activate_backward(0, step.rows, from, to);
  });
}

template <class T>
void ConvertRows<T>::run(const Step<T>& step, const Seat& seat) {
  const int64_t pairs = (step.rows + 1) / 2;
  const int64_t begin = 2 * part_begin(pairs, seat.thread, seat.threads);
  const int64_t end = std::min(step.rows, 2 * part_begin(pairs, seat.thread + 1, seat.threads));
  if (begin >= end) return;
  if (forward_) {
    layer_.convert_x(step, begin, end);
  } else {
    layer_.convert_dz(step, begin, end);
  }
}

template <class T>
void Statistics<T>::run(const Step<T>& step, const Seat& seat) {
  const int64_t vectors = layer_.columns / lanes_;
  const int64_t from = part_begin(vectors, seat.thread, seat.threads) * lanes_;
  const int64_t to = part_begin(vectors, seat.thread + 1, seat.threads) * lanes_;
  if (from == to) return;
  if (forward_) {
    layer_.forward_statistics(step, from, to);
  } else {
    layer_.backward_statistics(step, from, to);
  }
}

#define NEURONA_INSTANTIATE(T)        \
  template class SplitForward<T>;     \
  template class RowsThrough<T>;      \
  template class TilesForward<T>;     \
  template class TilesBackward<T>;    \
  template class ConvertRows<T>;      \
  template class Statistics<T>;
NEURONA_INSTANTIATE(float)
NEURONA_INSTANTIATE(double)
#undef NEURONA_INSTANTIATE

}  // namespace neurona
