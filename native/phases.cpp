#include "phases.h"

#include <algorithm>

namespace neurona {

void Tickets::prepare(int64_t items, int threads) {
  if (counters_.size() < size_t(threads)) counters_ = std::vector<Counter>(size_t(threads));
  for (Counter& counter : counters_) counter.next.store(0, std::memory_order_relaxed);
  items_ = items;
  threads_ = threads;
}

int64_t Tickets::next(int thread) {
  for (int turn = 0; turn < threads_; ++turn) {
    const int owner = (thread + turn) % threads_;
    const int64_t begin = part_begin(items_, owner, threads_);
    const int64_t end = part_begin(items_, owner + 1, threads_);
    Counter& counter = counters_[size_t(owner)];
    if (counter.next.load(std::memory_order_relaxed) >= end - begin) continue;
    const int64_t taken = counter.next.fetch_add(1, std::memory_order_relaxed);
    if (begin + taken < end) return begin + taken;
  }
  return -1;
}

// Runs f on every item of the phase. Two sets of counters take turns: while one
// is in use the other is put back to the start.
template <class T, class Function>
static void all_tickets(Tickets (&tickets)[2], const Step<T>& step, const Seat& seat,
                        Function&& f) {
  Tickets& now = tickets[step.iteration & 1];
  tickets[~step.iteration & 1].reset(seat.thread);
  for (int64_t item; (item = now.next(seat.thread)) >= 0;) f(item);
}

template <class T>
void SplitForward<T>::run(const Step<T>& step, const Seat& seat) {
  const int64_t first = chunks_.first_of(seat);
  const int64_t last = chunks_.first_of({seat.thread + 1, seat.threads, nullptr});
  // Gathered a few rows at a time, so that they are in L1 when they are used.
  const int64_t block = kernels_.tile_rows;
  const int64_t blocks = (step.rows + block - 1) / block;
  for (int64_t c = first; c < last; ++c) {
    const auto& chunk = chunks_.chunks[size_t(c)];
    DenseForward<T> job = layer_.forward_job(chunk.x, chunk.begin, chunk.end - chunk.begin);
    job.z = chunk.z;
    // Thread 0's chunks are the sum's first terms: it may add them up at once.
    if (first == 0 && c > 0) {
      job.z = chunks_.chunks[0].z;
      job.previous = job.z;
    }
    for (int64_t b = 0; b < blocks; ++b) {
      job.row_begin = part_begin(step.rows, b, blocks);
      job.row_end = part_begin(step.rows, b + 1, blocks);
      kernels_.gather({step.samples->x, step.samples->x_type, layer_.in, step.order,
                       step.next_order, step.next_rows, job.row_begin, job.row_end, chunk.begin,
                       chunk.end, scale_, shift_, chunk.x.data, chunk.x.ld});
      kernels_.dense_forward(job);
    }
  }
}

template <class T>
const Dense<T>* RowsThrough<T>::below(const Dense<T>* layer) const {
  for (size_t l = 1; l < layers->size(); ++l) {
    if ((*layers)[l] == layer) return (*layers)[l - 1];
  }
  return nullptr;
}

template <class T>
void RowsThrough<T>::run(const Step<T>& step, const Seat& seat) {
  const int64_t begin = part_begin(step.rows, seat.thread, seat.threads);
  const int64_t end = part_begin(step.rows, seat.thread + 1, seat.threads);
  constexpr int64_t block = 30;
  const int64_t blocks = (end - begin + block - 1) / block;
  for (int64_t b = 0; b < blocks; ++b) {
    through(step, seat, begin + part_begin(end - begin, b, blocks),
            begin + part_begin(end - begin, b + 1, blocks));
  }
}

template <class T>
void RowsThrough<T>::through(const Step<T>& step, const Seat& seat, int64_t begin,
                             int64_t end) const {
  if (gather != nullptr) gather->gather(step, begin, end);
  if (finish != nullptr) {
    const T* parts[64];
    int64_t count = 0;
    const int64_t merged = chunks->first_of({1, seat.threads, nullptr});  // by thread 0
    for (int64_t c = 0; c < int64_t(chunks->chunks.size()); ++c) {
      if (c == 0 || c >= merged) parts[count++] = chunks->chunks[size_t(c)].z;
    }
    const bool relu = finish->activates && finish->spec.activation.kind == ActivationKind::relu;
    const Rows<T> z = finish->z_rows();
    kernels_.sum_parts({parts, count, finish->spec.use_bias ? finish->bias.w : nullptr, relu,
                        z.data, z.ld, begin, end, finish->columns});
    if (!relu) finish->activate(begin, end);
  }
  for (const Dense<T>* layer : forward) layer->forward(begin, end, 0, layer->shape.panels);
  if (output != nullptr) {
    const Samples<T>& samples = *step.samples;
    const Rows<T> &h = output->h, &dh = output->dh;
    kernels_.loss({loss.kind, loss.fused, h.data, h.ld, samples.targets, samples.labels,
                   samples.target_columns, samples.sample_weights, step.order, step.scale, dh.data,
                   dh.ld, row_losses, begin, end, output->out});
    if (step.outputs != nullptr) {
      for (int64_t r = begin; r < end; ++r) {
        std::copy_n(h.row(r), output->out, step.outputs + r * output->out);
      }
    }
    if (!loss.fused) output->activate_backward(begin, end);
  }
  for (const Dense<T>* layer : backward) {
    layer->backward(begin, end, 0, layer->in);
    below(layer)->activate_backward(begin, end);
  }
}

template <class T>
void TilesForward<T>::prepare(int threads) {
  // At least four items a thread, so that a slow one can be helped out.
  blocks_ = std::clamp<int64_t>(rows_ / 24, 1, std::max<int64_t>(1, 8 * threads / layer_.shape.panels));
  for (Tickets& tickets : tickets_) tickets.prepare(layer_.shape.panels * blocks_, threads);
}

template <class T>
void TilesForward<T>::run(const Step<T>& step, const Seat& seat) {
  all_tickets(tickets_, step, seat, [&](int64_t item) {
    const int64_t panel = item / blocks_, block = item % blocks_;
    layer_.forward(part_begin(step.rows, block, blocks_), part_begin(step.rows, block + 1, blocks_),
                   panel, panel + 1);
  });
}

inline constexpr int64_t backward_inputs = 64;  // a panel of transposed weights, or dot tiles

template <class T>
void TilesBackward<T>::prepare(int threads) {
  const int64_t items = (layer_.in + backward_inputs - 1) / backward_inputs;
  for (Tickets& tickets : tickets_) tickets.prepare(items, threads);
}

template <class T>
void TilesBackward<T>::run(const Step<T>& step, const Seat& seat) {
  all_tickets(tickets_, step, seat, [&](int64_t item) {
    const int64_t from = item * backward_inputs;
    const int64_t to = std::min(from + backward_inputs, layer_.in);
    layer_.backward(0, step.rows, from, to);
    below_.activate_backward(0, step.rows, from, to);
  });
}

template <class T>
UpdateWeights<T>::UpdateWeights(const std::vector<Dense<T>*>& layers, const InputChunks<T>* chunks,
                                Rows<T> x)
    : layers_(layers), chunks_(chunks), x_(x) {
  for (const Dense<T>* layer : layers) {
    if (!layer->spec.trainable) continue;
    if (layer->large()) stealing_ = true;
    // Last layer first: its dz is the first to be ready and the first layer's
    // weights, touched last, are those that the next step starts with.
    if (layer->spec.use_bias) items_.push_back({layer, -1, 0, 0, layer->columns});
    if (chunks != nullptr && layer == layers.front()) continue;  // dealt out with the chunks
    const int64_t group = layer->large() ? 60 : 8;
    const int64_t groups = (layer->in + group - 1) / group;
    for (int64_t panel = 0; panel < layer->shape.panels; ++panel) {
      const int64_t width = layer->shape.panel_width(panel);
      for (int64_t g = 0; g < groups; ++g) {
        const int64_t begin = part_begin(layer->in, g, groups);
        const int64_t end = part_begin(layer->in, g + 1, groups);
        items_.push_back({layer, panel, begin, end, (end - begin) * width});
      }
    }
  }
}

template <class T>
void UpdateWeights<T>::prepare(int threads) {
  if (stealing_) {
    for (Tickets& tickets : tickets_) tickets.prepare(int64_t(items_.size()), threads);
    return;
  }
  // Deal out: each thread gets what fills it up to the mean, chunks included.
  std::vector<int64_t> own(size_t(threads), 0);
  int64_t total = 0;
  if (chunks_ != nullptr) {
    for (int t = 0; t < threads; ++t) {
      const int64_t end = chunks_->first_of({t + 1, threads, nullptr});
      for (int64_t c = chunks_->first_of({t, threads, nullptr}); c < end; ++c) {
        const auto& chunk = chunks_->chunks[size_t(c)];
        own[size_t(t)] += (chunk.end - chunk.begin) * layers_.front()->columns;
      }
    }
  }
  for (int64_t cost : own) total += cost;
  for (const Item& item : items_) total += item.cost;
  begins_.assign(size_t(threads) + 1, int64_t(items_.size()));
  size_t item = 0;
  int64_t done = 0;
  for (int t = 0; t < threads; ++t) {
    begins_[size_t(t)] = int64_t(item);
    done += own[size_t(t)];
    const int64_t target = total * (t + 1) / threads;
    while (item < items_.size() && done + items_[item].cost / 2 <= target) {
      done += items_[item++].cost;
    }
  }
}

template <class T>
void UpdateWeights<T>::do_item(const Step<T>& step, const Item& item) const {
  if (item.panel < 0) return item.layer->update_bias(step);
  item.layer->update_kernel(step, item.panel, item.begin, item.end, item.layer->x, 0);
}

template <class T>
void UpdateWeights<T>::run(const Step<T>& step, const Seat& seat) {
  if (stealing_) {
    all_tickets(tickets_, step, seat,
                [&](int64_t item) { do_item(step, items_[size_t(item)]); });
    return;
  }
  const int64_t end = begins_[size_t(seat.thread) + 1];
  for (int64_t item = begins_[size_t(seat.thread)]; item < end; ++item) {
    do_item(step, items_[size_t(item)]);
  }
  if (chunks_ == nullptr) return;
  const Dense<T>& first = *layers_.front();
  const int64_t last = chunks_->first_of({seat.thread + 1, seat.threads, nullptr});
  for (int64_t c = chunks_->first_of(seat); c < last; ++c) {
    const auto& chunk = chunks_->chunks[size_t(c)];
    for (int64_t panel = 0; panel < first.shape.panels; ++panel) {
      first.update_kernel(step, panel, chunk.begin, chunk.end, chunk.x, chunk.begin);
    }
  }
}

template class SplitForward<float>;
template class SplitForward<double>;
template class RowsThrough<float>;
template class RowsThrough<double>;
template class TilesForward<float>;
template class TilesForward<double>;
template class TilesBackward<float>;
template class TilesBackward<double>;
template class UpdateWeights<float>;
template class UpdateWeights<double>;

}  // namespace neurona
