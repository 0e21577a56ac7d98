// Building a trainer: its layers, its memory, and its steps as lists of phases.
#include <algorithm>
#include <stdexcept>

#include "layers/make_layers.h"
#include "trainer.h"

namespace neurona {

template <class T>
Trainer<T>::Trainer(const Plan& plan, int64_t batch_size, int threads, Isa isa)
    : plan_(plan),
      kernels_(kernels<T>(isa)),
      pairs_(plan.bfloat16 ? pair_kernels(isa) : nullptr),
      batch_size_(batch_size),
      threads_(threads) {
  if (plan.bfloat16 && (pairs_ == nullptr || sizeof(T) != sizeof(float))) {
    throw std::invalid_argument("this machine cannot multiply in bfloat16");
  }
  prepare_layers();
  plan_memory();
  training_ = plan_program();
  std::vector<T*> weights;
  for (const Tensor<T>* tensor : tensors_) weights.push_back(tensor->parameters.w);
  inference_ = std::make_unique<Inference<T>>(plan_, kernels_, std::move(weights), false);
}

template <class T>
void Trainer<T>::prepare_layers() {
  owned_ = make_layers(kernels_, plan_, pairs_);
  bool learning = false;  // below
  for (const auto& layer : owned_) {
    const LayerSpec& spec = layer->spec;
    layers_.push_back(layer.get());
    layer->needs_dx = learning;
    size_t place = 0;
    for (Tensor<T>* tensor : layer->tensors()) {
      tensor->trainable = tensor->trainable && spec.trainable;
      if (place < spec.weights.size()) {
        tensor->penalty = spec.weights[place].penalty;
        tensor->constraint = spec.weights[place].constraint;
      }
      ++place;
      learning = learning || tensor->trainable;
      tensors_.push_back(tensor);
      if (tensor->trainable) learned_.push_back(tensor);
    }
  }
  if (plan_.loss.fused) layers_.back()->activates = false;
  if (!plan_.loss.class_weights.empty()) {
    plan_.loss.loss.class_weights = plan_.loss.class_weights.data();
  }
  if (narrow()) split_ = static_cast<Dense<T>*>(layers_.front());
}

// Narrow: all layers but the first are small enough for every thread to walk
// through, and the first is a dense one worth cutting along its inputs.
template <class T>
bool Trainer<T>::narrow() const {
  for (size_t l = 1; l < layers_.size(); ++l) {
    if (layers_[l]->large()) return false;
  }
  const Layer<T>& first = *layers_.front();
  return first.spec.kind == LayerKind::dense && first.in >= 128 && first.out <= 256 &&
         first.in * first.out >= 8192;
}

// Threads may send each other rows where all of them go from the first layer to the
// loss and back in one phase, and only dense layers learn.
template <class T>
bool Trainer<T>::can_send() const {
  return kernels_.send != nullptr && useful_threads() > 1 &&
         std::ranges::all_of(layers_, [](Layer<T>* layer) {
           const bool dense = layer->spec.kind == LayerKind::dense;
           return !layer->large() && !layer->needs_statistics() &&
                  (dense || layer->tensors().empty());
         });
}

// Into how many parts the first layer is cut: a power of two that depends on the network
// alone, small enough that adding the parts up is cheap, large enough to give each
// thread what suits it.
template <class T>
int64_t Trainer<T>::input_chunks() const {
  if (split_ == nullptr) return 0;
  constexpr int64_t least = 96;  // inputs of a chunk
  int64_t count = 4;
  while (count < most_input_chunks && split_->in / (2 * count) >= least) count *= 2;
  return count;
}

template <class T>
bool Trainer<T>::serves(int64_t batch_size) const {
  return batch_size <= batch_size_;
}

template <class T>
void Trainer<T>::plan_memory() {
  const OptimizerSpec& optimizer = plan_.optimizer;
  bool whole = optimizer.clipnorm > 0 || optimizer.global_clipnorm > 0;
  for (const Tensor<T>* tensor : tensors_) whole = whole || tensor->penalized();
  for (Tensor<T>* tensor : tensors_) tensor->plan(weights_, slots(), whole);
  for (Layer<T>* layer : layers_) layer->plan_memory(rows_, batch_size_);
  can_send_ = can_send();
  if (can_send_) {
    for (Layer<T>* layer : layers_) layer->plan_sending(rows_, batch_size_, !whole && layer != split_);
  }
  if (split_ != nullptr) {
    // Cut where cache lines end, if there are enough of them: NumPy's large arrays start 16 bytes
    // into one, and rows are often whole lines. What is over goes to the chunks in front: the last
    // one ends in a line more, of which it reads only the beginning.
    constexpr int64_t into_line = 16 / int64_t(sizeof(T));
    const int64_t count = input_chunks(), lines = (split_->in + line<T> - 1) / line<T>;
    const auto begin = [&](int64_t c) {
      if (c == count) return split_->in;
      const int64_t line_at = lines - part_begin(lines, count - c, count);
      return std::clamp<int64_t>(line_at * line<T> - into_line, 0, split_->in);
    };
    for (int64_t c = 0; c < count; ++c) {
      chunks_.chunks.push_back(
          {begin(c), begin(c + 1), {}, {}, std::make_unique<Zeros>(), nullptr, nullptr});
    }
    chunks_.inputs = split_->in;
    chunks_.scales = !plan_.scale.empty();
    for (auto& chunk : chunks_.chunks) {
      // An odd number of lines: the rows of a column spread over all of the cache.
      const int64_t width = (chunk.end - chunk.begin + line<T> - 1) / line<T>;
      chunk.x.ld = (width | 1) * line<T>;
      rows_.plan(chunk.x.data, batch_size_ * chunk.x.ld);
      chunk.zeros->plan(rows_, batch_size_, chunk.end - chunk.begin);
      rows_.plan(chunk.x.each, batch_size_);
      rows_.plan(chunk.in_place.each, batch_size_);
      rows_.plan(chunk.z, batch_size_ * split_->h.ld);
      if (can_send_) rows_.plan(chunk.sent_z, batch_size_ * split_->h.ld);
    }
    plan_shares();
  } else {
    x_.ld = sent_x_.ld = padded<T>(plan_.inputs, kernels_.lanes);
    rows_.plan(x_.data, batch_size_ * x_.ld);
    if (can_send_) rows_.plan(sent_x_.data, batch_size_ * x_.ld);
    if (layers_.front()->takes_zeros()) {
      zeros_ = std::make_unique<Zeros>();
      zeros_->plan(rows_, batch_size_, plan_.inputs);
      rows_.plan(x_.each, batch_size_);
      if (can_send_) rows_.plan(sent_x_.each, batch_size_);
      layers_.front()->zeros = zeros_.get();
    }
  }
  if (!plan_.scale.empty()) {
    rows_.plan(scale_, plan_.inputs);
    rows_.plan(shift_, plan_.inputs);
  }
  weights_.allocate();
  rows_.allocate();
  for (auto& chunk : chunks_.chunks) chunk.x.list(batch_size_);
  for (Rows<T>* x : {&x_, &sent_x_}) {
    if (x->each != nullptr) x->list(batch_size_);
  }
  for (size_t i = 0; i < plan_.scale.size(); ++i) {
    scale_[i] = T(plan_.scale[i]);
    shift_[i] = T(plan_.shift[i]);
  }
  connect(owned_, x_, sent_x_);
  if (whole) whole_ = std::make_unique<WholeGradients<T>>(kernels_, learned_, optimizer);
  gather_ = std::make_unique<GatherRows<T>>(kernels_, x_, sent_x_, plan_.inputs, scale_, shift_,
                                            zeros_.get());
}

// How much of a step's products are the first layer's, which come in chunks.
template <class T>
void Trainer<T>::plan_shares() {
  double chunks = 0, all = 0;
  for (const Layer<T>* layer : layers_) {
    const double products = double(layer->in * layer->out) * (layer->needs_dx ? 3 : 2);
    if (layer->spec.kind == LayerKind::dense) all += products;
    if (layer == split_) chunks = products;
  }
  shares_.plan(chunks_.count(), chunks / all);
}

// Large layers run by tiles, statistics by columns, and all between them by
// rows. The run of rows that reaches the output goes on through the loss and
// back, as far as it can.
template <class T>
typename Trainer<T>::Program Trainer<T>::plan_program() {
  Program program;
  auto rows = std::make_unique<RowsThrough<T>>(kernels_, batch_size_);
  const auto add = [&](std::unique_ptr<Phase<T>> phase) -> Entry& {
    program.push_back({std::move(phase)});
    return program.back();
  };
  const auto flush = [&] {
    if (rows->empty()) return;
    if (rows->output != nullptr) losses_ = rows.get();
    add(std::move(rows));
    rows = std::make_unique<RowsThrough<T>>(kernels_, batch_size_);
  };
  size_t l = 0;
  if (split_ != nullptr) {
    auto split = std::make_unique<SplitForward<T>>(kernels_, *split_, chunks_, scale_, shift_, *rows);
    add(std::move(split));
    rows->finish = split_;
    rows->chunks = &chunks_;
    l = 1;
  } else {
    rows->gather = gather_.get();
  }
  for (; l < layers_.size(); ++l) {
    Layer<T>* layer = layers_[l];
    if (layer->large()) {
      flush();
      const auto& dense = static_cast<const Dense<T>&>(*layer);
      if (dense.converts()) add(std::make_unique<ConvertRows<T>>(dense, true));
      add(std::make_unique<TilesForward<T>>(dense, batch_size_));
      if (row_wise(layer->spec.activation.kind)) rows->activate = layer;
      continue;
    }
    if (layer->needs_statistics()) {
      flush();
      add(std::make_unique<Statistics<T>>(kernels_, *layer, true));
    }
    rows->forward.push_back(layer);
  }
  rows->output = layers_.back();
  rows->loss = plan_.loss;
  for (l = layers_.size(); l-- > 0;) {
    Layer<T>* layer = layers_[l];
    const bool learns = layer->needs_dx || layer->spec.trainable;
    if (layer->needs_statistics() && learns) {
      flush();
      add(std::make_unique<Statistics<T>>(kernels_, *layer, false));
    }
    if (layer->large() && learns && static_cast<const Dense<T>&>(*layer).converts()) {
      flush();
      add(std::make_unique<ConvertRows<T>>(static_cast<const Dense<T>&>(*layer), false));
    }
    if (!layer->needs_dx) break;
    if (layer->large()) {
      flush();
      add(std::make_unique<TilesBackward<T>>(static_cast<Dense<T>&>(*layer)));
      if (row_wise(layer->below->spec.activation.kind)) rows->differentiate = layer->below;
    } else {
      rows->backward.push_back(layer);
    }
  }
  flush();
  plan_updates(program);
  return program;
}

template <class T>
void Trainer<T>::plan_updates(Program& program) {
  program.push_back({std::make_unique<UpdateWeights<T>>(layers_, split_,
                                                        split_ != nullptr ? &chunks_ : nullptr)});
  program.back().evens = true;
  if (whole_ != nullptr) {
    program.push_back({std::make_unique<SumGradients<T>>(*whole_)});
    program.push_back({std::make_unique<ApplyGradients<T>>(*whole_)});
  }
  auto settle = std::make_unique<SettleWeights<T>>(layers_);
  if (!settle->empty()) {
    program.push_back({std::move(settle)});
  } else if (split_ != nullptr && whole_ == nullptr) {
    // The next step starts with what each thread owns: it need not wait.
    program.back().barrier = false;
    program.front().evens = true;
  }
}

template Trainer<float>::Trainer(const Plan&, int64_t, int, Isa);
template Trainer<double>::Trainer(const Plan&, int64_t, int, Isa);
template bool Trainer<float>::serves(int64_t) const;
template bool Trainer<double>::serves(int64_t) const;

}  // namespace neurona
