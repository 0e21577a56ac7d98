// The dense layer: z = x W + b. Twin of neurona.layers.Dense.
#pragma once

#include "input_chunks.h"
#include "layer.h"

namespace neurona {

// Layers whose weights are at least this large are worked on tile by tile, each
// thread on its own weights; smaller ones by rows of the batch, each thread
// going through all of them (they fit its second-level cache).
inline constexpr int64_t large_weights = 128 * 1024;
// Up to this size transposed copies of the weights serve the backward pass.
inline constexpr int64_t transposed_limit = 64 * 1024;
template <class T>
class Dense : public Layer<T> {
 public:
  using Layer<T>::spec;
  using Layer<T>::in;
  using Layer<T>::out;
  using Layer<T>::x;
  using Layer<T>::dx;
  using Layer<T>::dh;
  using Layer<T>::needs_dx;

  Dense(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, spec.units),
        transposed_shape_(packed_shape(out, in, kernels.panel_width, kernels.lanes)) {
    kernel.shape = packed_shape(in, out, kernels.panel_width, kernels.lanes);
    bias.shape = Tensor<T>::vector_shape(out, kernels.lanes);
    const int64_t group = large() ? 60 : 8;
    groups_ = (in + group - 1) / group;
  }

  std::vector<Tensor<T>*> tensors() override {
    return spec.use_bias ? std::vector{&kernel, &bias} : std::vector{&kernel};
  }
  void plan_sending(Arena& arena, int64_t rows, bool weights) override {
    if (!spec.trainable) return;
    const auto plan = [&](Rows<T>& sent, const Rows<T>& own) {
      sent.ld = own.ld;
      arena.plan(sent.data, rows * own.ld);
    };
    plan(this->sent_dh, dh);
    if (this->below != nullptr) plan(this->below->sent_h, this->below->h);
    if (weights && !settles()) arena.plan(sent_w_, kernel.shape.size());
  }
  void send_weights() const override {
    if (sent_w_ != nullptr) kernels_.send(kernel.parameters.w, sent_w_, kernel.shape.size());
  }
  void fetch_weights(const Step<T>& step, int64_t part, int64_t parts) const override {
    const T* w = weights(step);
    const int64_t size = kernel.shape.size();
    fetch(w + part_begin(size, part, parts), w + part_begin(size, part + 1, parts));
  }
  bool large() const override { return is_large(in, out); }
  static bool is_large(int64_t in, int64_t out) { return in * out >= large_weights; }

  void forward(const Step<T>& step, int64_t begin, int64_t end) const override {
    forward_with(step, weights(step), begin, end, 0, kernel.shape.panels);
  }
  virtual void forward_panels(const Step<T>& step, int64_t begin, int64_t end,
                              int64_t panel_begin, int64_t panel_end) const {
    forward_with(step, kernel.parameters.w, begin, end, panel_begin, panel_end);
  }
  bool takes_zeros() const override { return in >= 64 && in * out >= 4096; }

  // A forward job's range, with the bias and ReLU.
  template <class Job>
  void finish_job(Job& job, int64_t begin, int64_t end, int64_t panel_begin,
                  int64_t panel_end) const {
    job.bias = bias_or_null();
    job.relu = fuses_relu();
    job.row_begin = begin;
    job.row_end = end;
    job.panel_begin = panel_begin;
    job.panel_end = panel_end;
    job.fetches_w = large();
  }
  void activate_panels(int64_t begin, int64_t end, int64_t panel_begin, int64_t panel_end) const {
    // Row-wise activations wait until all panels are there.
    const bool whole = panel_end - panel_begin == kernel.shape.panels;
    if (fuses_relu() || (!whole && row_wise(spec.activation.kind))) return;
    const int64_t width = kernel.shape.width;
    this->activate(begin, end, panel_begin * width, panel_end * width);
  }

  // x W for some of the inputs, all panels; of no rows yet.
  DenseForward<T> forward_job(const Rows<T>& input, int64_t first_input, int64_t depth) const {
    return {.x = input.data,
            .ldx = input.ld,
            .depth = depth,
            .first_input = first_input,
            .w = kernel.parameters.w,
            .shape = kernel.shape,
            .z = this->z_rows().data,
            .ldz = this->z_rows().ld,
            .panel_end = kernel.shape.panels,
            .each_x = input.each};
  }

  // The end of a forward pass by chunks: z = Σ parts + b, then the activation.
  void finish(const Step<T>& step, const InputChunks<T>& chunks, int thread, int64_t begin,
              int64_t end) const {
    const T* parts[most_input_chunks];
    int merges[most_input_chunks];
    int64_t count = 0;
    each_part(step, chunks, thread, [&](const T* z, int64_t place, int64_t size, bool) {
      parts[count] = z;
      merges[count] = 0;
      for (; (place & size) != 0; place -= size, size *= 2) ++merges[count];
      ++count;
    });
    const Rows<T> to = this->z_rows();
    kernels_.sum_parts({parts, merges, count, bias_or_null(), fuses_relu(), to.data, to.ld, begin,
                        end, this->columns});
    if (!fuses_relu()) this->activate(begin, end);
  }
  // What finish will read of other threads' parts, into this core's cache.
  void fetch_parts(const Step<T>& step, const InputChunks<T>& chunks, int thread, int64_t begin,
                   int64_t end) const {
    const int64_t ld = this->z_rows().ld;
    each_part(step, chunks, thread, [&](const T* z, int64_t, int64_t, bool own) {
      if (!own) fetch(z + begin * ld, z + end * ld);
    });
  }
  // Calls f(z, place, size, own) for each part of z that a thread has added up.
  template <class F>
  void each_part(const Step<T>& step, const InputChunks<T>& chunks, int thread, F&& f) const {
    const Shares& shares = *step.shares;
    for (int t = 0; t < shares.threads(); ++t) {
      chunks.each_sum(shares.first_chunk(t), shares.first_chunk(t + 1), [&](int64_t place, int64_t size) {
        const auto& chunk = chunks.chunks[size_t(place)];
        f(step.sends && t != thread ? chunk.sent_z : chunk.z, place, size, t == thread);
      });
    }
  }

  void backward(const Step<T>& step, int64_t begin, int64_t end,
                const T* copies) const override {
    if (copies == nullptr) return backward_with(weights(step), begin, end, 0, in);
    kernels_.dense_forward({.x = dh.data,
                            .ldx = dh.ld,
                            .depth = out,
                            .w = copies,
                            .shape = transposed_shape_,
                            .z = dx.data,
                            .ldz = dx.ld,
                            .row_begin = begin,
                            .row_end = end,
                            .panel_begin = 0,
                            .panel_end = transposed_shape_.panels});
  }
  // dx = dz Wᵀ for inputs [from, to).
  virtual void backward_inputs(int64_t begin, int64_t end, int64_t from, int64_t to) const {
    backward_with(kernel.parameters.w, begin, end, from, to);
  }
  // Every thread transposes small weights for itself: one copy for all would go
  // from core to core in each step.
  int64_t copies_size() const override {
    return in * out <= transposed_limit ? transposed_shape_.size() : 0;
  }
  void make_copies(const Step<T>& step, T* copies) const override {
    kernels_.transpose({weights(step), kernel.shape, copies, transposed_shape_});
  }

  // Item 0 is the bias, the others are groups of rows of one panel of W.
  int64_t update_items() const override { return 1 + kernel.shape.panels * groups_; }
  int64_t item_cost(int64_t item) const override {
    if (item == 0) return this->columns;
    return in / groups_ * kernel.shape.panel_width((item - 1) / groups_);
  }
  void update_item(const Step<T>& step, int64_t item) const override {
    if (item == 0) return update_bias(step);
    const int64_t panel = (item - 1) / groups_, group = (item - 1) % groups_;
    const int64_t begin = part_begin(in, group, groups_), end = part_begin(in, group + 1, groups_);
    update_kernel(step, panel, begin, end, step.sends ? this->sent_x : x, 0, nonzeros(step));
    if (!step.sends || sent_w_ == nullptr) return;
    const int64_t width = kernel.shape.panel_width(panel);
    const int64_t at = panel * kernel.shape.stride + begin * width;
    kernels_.send(kernel.parameters.w + at, sent_w_ + at, (end - begin) * width);
  }
  void fetch_item(const Step<T>& step, int64_t item) const override {
    const Rows<T>& dz = step.sends ? this->sent_dh : dh;
    if (item == 0) return fetch_columns(dz, step.rows, 0, this->columns);
    const int64_t panel = (item - 1) / groups_, group = (item - 1) % groups_;
    fetch_columns(step.sends ? this->sent_x : x, step.rows,
                  part_begin(in, group, groups_) / line<T> * line<T>,
                  part_begin(in, group + 1, groups_));
    const int64_t from = panel * kernel.shape.width;
    if (group == 0) fetch_columns(dz, step.rows, from, from + kernel.shape.panel_width(panel));
  }
  // The first rows of dz: what the processor itself fetches ahead comes later.
  void fetch_dz(const Step<T>& step) const {
    fetch_columns(step.sends ? this->sent_dh : dh, std::min<int64_t>(step.rows, 32), 0, this->columns);
  }
  void update_bias(const Step<T>& step) const {
    if (!spec.use_bias) return;
    const Rows<T>& dz = step.sends ? this->sent_dh : dh;
    kernels_.bias_gradient({dz.data, dz.ld, step.rows, 0, this->columns, bias.parameters,
                            &step.optimizer, bias.gradient});
  }
  // Whether products read other forms of the batch's rows (see dense_pairs.h),
  // and these forms of rows [begin, end) of x and of dz.
  virtual bool converts() const { return false; }
  virtual void convert_x(const Step<T>&, int64_t /*begin*/, int64_t /*end*/) const {}
  virtual void convert_dz(const Step<T>&, int64_t /*begin*/, int64_t /*end*/) const {}

  // Rows [begin, end) of one panel; input's first column is input number first_input.
  void update_kernel(const Step<T>& step, int64_t panel, int64_t begin, int64_t end,
                     const Rows<T>& input, int64_t first_input, const Nonzeros& nonzeros,
                     const NextRows* next = nullptr) const {
    auto job = gradient_job(step, input, step.sends ? this->sent_dh : dh, panel, begin, end);
    job.first_input = first_input;
    job.nonzeros = nonzeros;
    job.next = next;
    kernels_.dense_gradient(job);
  }

  // One item a panel: its constraint, and its part of the copies of W.
  bool settles() const {
    return kernel.constrained() || bias.constrained() ||
           (kernel.gradient != nullptr && keeps_copies());
  }
  int64_t settle_items() const override { return settles() ? kernel.shape.panels : 0; }
  void settle_item(int64_t panel) const override {
    const int64_t width = kernel.shape.panel_width(panel);
    if (kernel.constrained()) {
      kernels_.constrain({kernel.constraint, kernel.parameters.w + panel * kernel.shape.stride, in,
                          width});
    }
    if (panel == 0 && spec.use_bias) this->constrain_vector(bias);
    if (keeps_copies()) copy_rows(panel, 0, in);
  }
  void weights_changed() const override {
    if (!keeps_copies()) return;
    for (int64_t panel = 0; panel < kernel.shape.panels; ++panel) copy_rows(panel, 0, in);
  }

  Tensor<T> kernel, bias;

 protected:
  using Layer<T>::kernels_;

  static void fetch_columns(const Rows<T>& rows, int64_t count, int64_t from, int64_t to) {
    for (int64_t r = 0; r < count; ++r) fetch(rows.row(r) + from, rows.row(r) + to);
  }

  // Other forms of W that all threads share, kept equal to it; this makes rows [begin, end) of a panel.
  virtual bool keeps_copies() const { return false; }
  virtual void copy_rows(int64_t /*panel*/, int64_t /*begin*/, int64_t /*end*/) const {}

  // What every thread multiplies by.
  const T* weights(const Step<T>& step) const {
    return step.sends && sent_w_ != nullptr ? sent_w_ : kernel.parameters.w;
  }
  // Where x is not 0, in this step.
  Nonzeros nonzeros(const Step<T>& step) const {
    return this->zeros != nullptr ? this->zeros->in_step(step.iteration) : Nonzeros{};
  }
  void forward_with(const Step<T>& step, const T* w, int64_t begin, int64_t end,
                    int64_t panel_begin, int64_t panel_end) const {
    DenseForward<T> job = forward_job(x, 0, in);
    job.w = w;
    int64_t kept = 0;
    job.nonzeros = nonzeros(step);
    job.kept = &kept;
    finish_job(job, begin, end, panel_begin, panel_end);
    kernels_.dense_forward(job);
    if (job.nonzeros.bits != nullptr) {
      this->zeros->saw(step.iteration, kept, (end - begin) * in * (panel_end - panel_begin));
    }
    activate_panels(begin, end, panel_begin, panel_end);
  }
  void backward_with(const T* w, int64_t begin, int64_t end, int64_t from, int64_t to) const {
    kernels_.dense_backward({dh.data, dh.ld, w, kernel.shape, dx.data, dx.ld, begin, end, from,
                             to, large()});
  }

  const T* bias_or_null() const { return spec.use_bias ? bias.parameters.w : nullptr; }
  bool fuses_relu() const {
    return this->activates && spec.activation.kind == ActivationKind::relu;
  }
  template <class X>
  DenseGradient<T, X> gradient_job(const Step<T>& step, const Rows<X>& x, const Rows<X>& dz,
                                   int64_t panel, int64_t begin, int64_t end) const {
    return {.x = x.data,
            .ldx = x.ld,
            .dz = dz.data,
            .lddz = dz.ld,
            .batch = step.rows,
            .shape = kernel.shape,
            .panel = panel,
            .begin = begin,
            .end = end,
            .parameters = kernel.parameters,
            .each_x = x.each,
            .optimizer = &step.optimizer,
            .gradient = kernel.gradient,
            .prefetch = large()};
  }

  PackedShape transposed_shape_;
  int64_t groups_;  // of rows of W, each an item of the update
  T* sent_w_ = nullptr;  // W for the other threads, if need be
};

}  // namespace neurona
