// The phases that change weights: gradients with the optimizer's step, and what follows them.
#include "phases.h"

#include <algorithm>
#include <cmath>

namespace neurona {

template <class T>
UpdateWeights<T>::UpdateWeights(const std::vector<Layer<T>*>& layers, const Dense<T>* first,
                                const InputChunks<T>* chunks)
    : first_(first), chunks_(chunks) {
  for (const Layer<T>* layer : layers) {
    if (!layer->spec.trainable) continue;
    if (layer->large()) stealing_ = true;
    // The kernel that is dealt out with the chunks leaves its bias, item 0.
    const int64_t items = layer == first ? 1 : layer->update_items();
    for (int64_t item = 0; item < items; ++item) items_.push_back({layer, item});
  }
}

template <class T>
void UpdateWeights<T>::prepare(const Shares& shares) {
  if (stealing_) return tickets_.prepare(int64_t(items_.size()), shares.threads());
  // Deal out: each thread gets what fills it up to its share, chunks included.
  const auto chunk_cost = [&](int t) {
    int64_t cost = 0;
    for (int64_t c = shares.first_chunk(t); chunks_ != nullptr && c < shares.first_chunk(t + 1); ++c) {
      const auto& chunk = chunks_->chunks[size_t(c)];
      cost += (chunk.end - chunk.begin) * first_->columns;
    }
    return cost;
  };
  int64_t total = chunks_ == nullptr ? 0 : first_->in * first_->columns;
  for (const Item& item : items_) total += item.layer->item_cost(item.item);
  begins_.assign(size_t(shares.threads()) + 1, int64_t(items_.size()));
  size_t item = 0;
  int64_t done = 0;
  for (int t = 0; t < shares.threads(); ++t) {
    begins_[size_t(t)] = int64_t(item);
    done += chunk_cost(t);
    const int64_t target = shares.update_begin(total, t + 1);
    for (; item < items_.size(); ++item) {
      const int64_t cost = items_[item].layer->item_cost(items_[item].item);
      if (done + cost / 2 > target) break;
      done += cost;
    }
  }
}

template <class T>
void UpdateWeights<T>::run(const Step<T>& step, const Seat& seat) {
  const auto update = [&](int64_t i) {
    items_[size_t(i)].layer->update_item(step, items_[size_t(i)].item);
  };
  if (stealing_) return tickets_.run(step.iteration, seat.thread, update);
  const int64_t begin = begins_[size_t(seat.thread)], end = begins_[size_t(seat.thread) + 1];
  if (chunks_ != nullptr && first_->spec.trainable) update_chunks(step, seat.thread, begin, end);
  for (int64_t i = begin; i < end; ++i) update(i);
}

// Chunk by chunk, from the last to the first: what the forward product read last is still in L1,
// and what it will read first is then. Meanwhile the next batch is fetched, or of a large one the
// next chunk; and what items [begin, end) read of other threads' rows.
template <class T>
void UpdateWeights<T>::update_chunks(const Step<T>& step, int thread, int64_t begin,
                                     int64_t end) const {
  const int64_t first = step.shares->first_chunk(thread);
  const int64_t own = step.shares->first_chunk(thread + 1) - first;
  if (own > 0 && step.shares->threads() > 1) first_->fetch_dz(step);
  const bool fit = chunks_->fit(step, first, first + own);
  for (int64_t c = 0; c < own; ++c) {
    const int64_t at = first + own - 1 - c;
    const auto& chunk = chunks_->chunks[size_t(at)];
    const auto input = chunks_->input(step, chunk);
    NextRows rows{};
    if (fit) {
      rows = chunks_->rows(step, at, step.next_order, step.next_rows / 2, step.next_rows);
    } else if (at > first && input.in_place) {
      rows = chunks_->rows(step, at - 1, step.order, 0, step.rows);
    }
    for (int64_t panel = 0; panel < first_->kernel.shape.panels; ++panel) {
      first_->update_kernel(step, panel, chunk.begin, chunk.end, input.x, chunk.begin,
                            input.nonzeros, panel == 0 ? &rows : nullptr);
    }
    if (step.shares->threads() == 1) continue;
    const int64_t next = begin + part_begin(end - begin, c + 1, own);
    for (int64_t i = begin + part_begin(end - begin, c, own); i < next; ++i) {
      items_[size_t(i)].layer->fetch_item(step, items_[size_t(i)].item);
    }
  }
}

template <class T>
SettleWeights<T>::SettleWeights(const std::vector<Layer<T>*>& layers) {
  for (const Layer<T>* layer : layers) {
    for (int64_t i = 0; i < layer->settle_items(); ++i) items_.push_back({layer, i});
  }
}

template <class T>
void SettleWeights<T>::run(const Step<T>&, const Seat& seat) {
  const int64_t count = int64_t(items_.size());
  const int64_t end = part_begin(count, seat.thread + 1, seat.threads);
  for (int64_t i = part_begin(count, seat.thread, seat.threads); i < end; ++i) {
    items_[size_t(i)].first->settle_item(items_[size_t(i)].second);
  }
}

template <class T>
WholeGradients<T>::WholeGradients(const Kernels<T>& kernels,
                                  const std::vector<Tensor<T>*>& tensors,
                                  const OptimizerSpec& spec)
    : kernels_(kernels), tensors_(tensors), spec_(spec) {
  for (size_t t = 0; t < tensors.size(); ++t) {
    first_blocks_.push_back(blocks_.size());
    const int64_t size = tensors[t]->shape.size();
    for (int64_t begin = 0; begin < size; begin += block_size) {
      blocks_.push_back({t, begin, std::min(block_size, size - begin), 0, 0});
    }
  }
  first_blocks_.push_back(blocks_.size());
}

template <class T>
void WholeGradients<T>::sum_blocks(const Seat& seat) {
  const int64_t count = int64_t(blocks_.size());
  const int64_t end = part_begin(count, seat.thread + 1, seat.threads);
  for (int64_t i = part_begin(count, seat.thread, seat.threads); i < end; ++i) {
    Block& block = blocks_[size_t(i)];
    const Tensor<T>& tensor = *tensors_[block.tensor];
    kernels_.penalize(T(tensor.penalty.l1), T(tensor.penalty.l2),
                      tensor.parameters.w + block.begin, tensor.gradient + block.begin,
                      block.count, &block.squares, &block.penalty);
  }
}

template <class T>
double WholeGradients<T>::penalty() const {
  double total = 0;
  for (const Block& block : blocks_) total += block.penalty;
  return total;
}

template <class T>
T WholeGradients<T>::scale(double limit, size_t first, size_t last) const {
  if (limit <= 0) return T(1);
  double squares = 0;
  for (size_t b = first; b < last; ++b) squares += blocks_[b].squares;
  return T(limit / std::max(std::sqrt(squares), limit));
}

template <class T>
void WholeGradients<T>::update_blocks(const Step<T>& step, const Seat& seat) {
  OptimizerStep<T> own = step.optimizer;
  const T all = scale(spec_.global_clipnorm, 0, blocks_.size());
  const int64_t count = int64_t(blocks_.size());
  const int64_t end = part_begin(count, seat.thread + 1, seat.threads);
  size_t tensor_of_scale = tensors_.size();
  for (int64_t i = part_begin(count, seat.thread, seat.threads); i < end; ++i) {
    const Block& block = blocks_[size_t(i)];
    if (block.tensor != tensor_of_scale) {
      tensor_of_scale = block.tensor;
      const size_t t = block.tensor;
      own.gradient_scale = all * scale(spec_.clipnorm, first_blocks_[t], first_blocks_[t + 1]);
      own.plain = step.optimizer.plain && own.gradient_scale == T(1);
    }
    Parameters<T> at = tensors_[block.tensor]->parameters;
    at.w += block.begin;
    for (T*& slot : at.slots) {
      if (slot != nullptr) slot += block.begin;
    }
    kernels_.update(own, at, tensors_[block.tensor]->gradient + block.begin, block.count);
  }
}

#define NEURONA_INSTANTIATE(T)        \
  template class UpdateWeights<T>;    \
  template class SettleWeights<T>;    \
  template class WholeGradients<T>;
NEURONA_INSTANTIATE(float)
NEURONA_INSTANTIATE(double)
#undef NEURONA_INSTANTIATE

}  // namespace neurona
