// The dense layer: z = x W + b, h = g(z). Twin of neurona.layers.Dense.
#pragma once

#include "arena.h"
#include "step.h"

namespace neurona {

// Layers whose weights are at least this large are worked on tile by tile, each
// thread on its own weights; smaller ones by rows of the batch, each thread
// going through all of them (they fit its second-level cache).
inline constexpr int64_t large_weights = 128 * 1024;
// Up to this size a transposed copy of the weights serves the backward pass.
inline constexpr int64_t transposed_limit = 64 * 1024;

template <class T>
class Dense {
 public:
  Dense(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : spec(spec),
        in(in),
        out(spec.units),
        shape(packed_shape(in, out, kernels.panel_width, kernels.lanes)),
        transposed_shape(packed_shape(out, in, kernels.panel_width, kernels.lanes)),
        columns((out + kernels.lanes - 1) / kernels.lanes * kernels.lanes),
        kernels_(kernels) {}

  bool large() const { return in * out >= large_weights; }
  bool keeps_transposed() const {
    return needs_dx && (in * out <= transposed_limit || out <= kernels_.panel_width);
  }

  void plan_weights(Arena& arena, int slots) {
    arena.plan(kernel.w, shape.size());
    for (int s = 0; s < slots; ++s) arena.plan(kernel.slots[s], shape.size());
    arena.plan(bias.w, columns);
    for (int s = 0; s < slots; ++s) arena.plan(bias.slots[s], columns);
    if (keeps_transposed()) arena.plan(transposed, transposed_shape.size());
  }

  void plan_rows(Arena& arena, int64_t rows) {
    h.ld = dh.ld = z.ld = padded<T>(columns, kernels_.lanes);
    arena.plan(h.data, rows * h.ld);
    arena.plan(dh.data, rows * dh.ld);
    if (!derivative_from_output(spec.activation.kind)) arena.plan(z.data, rows * z.ld);
  }

  // Where z is computed: its own place, or h's, where it becomes h.
  Rows<T> z_rows() const { return z.data != nullptr ? z : h; }

  // z = x W + b on rows and panels, then the activation.
  void forward(int64_t row_begin, int64_t row_end, int64_t panel_begin, int64_t panel_end) const {
    DenseForward<T> job = forward_job(x, 0, in);
    job.bias = spec.use_bias ? bias.w : nullptr;
    job.relu = activates && spec.activation.kind == ActivationKind::relu;
    job.row_begin = row_begin;
    job.row_end = row_end;
    job.panel_begin = panel_begin;
    job.panel_end = panel_end;
    kernels_.dense_forward(job);
    if (!job.relu) activate(row_begin, row_end, panel_begin * shape.width, panel_end * shape.width);
  }

  DenseForward<T> forward_job(Rows<T> input, int64_t first_input, int64_t depth) const {
    DenseForward<T> job{};
    job.x = input.data;
    job.ldx = input.ld;
    job.depth = depth;
    job.first_input = first_input;
    job.w = kernel.w;
    job.shape = shape;
    job.z = z_rows().data;
    job.ldz = z_rows().ld;
    job.panel_end = shape.panels;
    return job;
  }

  void activate(int64_t row_begin, int64_t row_end, int64_t from = 0, int64_t to = 1 << 30) const {
    if (!activates || spec.activation.kind == ActivationKind::linear) return;
    kernels_.activate(activation_job(row_begin, row_end, from, to));
  }

  // dh → dz in place.
  void activate_backward(int64_t row_begin, int64_t row_end, int64_t from = 0,
                         int64_t to = 1 << 30) const {
    if (spec.activation.kind == ActivationKind::linear) return;
    kernels_.activate_backward(activation_job(row_begin, row_end, from, to));
  }

  // dx = dz Wᵀ for rows and inputs [from, to).
  void backward(int64_t row_begin, int64_t row_end, int64_t from, int64_t to) const {
    if (transposed != nullptr) {
      DenseForward<T> job{};
      job.x = dh.data;
      job.ldx = dh.ld;
      job.depth = out;
      job.w = transposed;
      job.shape = transposed_shape;
      job.z = dx.data;
      job.ldz = dx.ld;
      job.row_begin = row_begin;
      job.row_end = row_end;
      job.panel_begin = from / transposed_shape.width;
      job.panel_end = (to + transposed_shape.width - 1) / transposed_shape.width;
      kernels_.dense_forward(job);
    } else {
      kernels_.dense_backward({dh.data, dh.ld, kernel.w, shape, dx.data, dx.ld, row_begin, row_end,
                               from, to});
    }
  }

  // dW and the update of rows [begin, end) of one panel; x may start at input first_input.
  void update_kernel(const Step<T>& step, int64_t panel, int64_t begin, int64_t end, Rows<T> input,
                     int64_t first_input) const {
    kernels_.dense_gradient({input.data, input.ld, dh.data, dh.ld, step.rows, shape, panel, begin,
                             end, first_input, kernel, &step.optimizer, nullptr, transposed,
                             transposed_shape, large()});
  }

  void update_bias(const Step<T>& step) const {
    if (!spec.use_bias) return;
    kernels_.bias_gradient({dh.data, dh.ld, step.rows, 0, columns, bias, &step.optimizer, nullptr});
  }

  // Copies between Python's row-major weights and the packed form.
  void pack(const T* from, T* packed) const {
    for (int64_t i = 0; i < in; ++i)
      for (int64_t j = 0; j < out; ++j) packed[shape.index(i, j)] = from[i * out + j];
  }
  void unpack(const T* packed, T* to) const {
    for (int64_t i = 0; i < in; ++i)
      for (int64_t j = 0; j < out; ++j) to[i * out + j] = packed[shape.index(i, j)];
  }
  void refresh_transposed() const {
    if (transposed == nullptr) return;
    for (int64_t i = 0; i < in; ++i)
      for (int64_t j = 0; j < out; ++j)
        transposed[transposed_shape.index(j, i)] = kernel.w[shape.index(i, j)];
  }

  LayerSpec spec;
  int64_t in, out;
  PackedShape shape, transposed_shape;
  int64_t columns;         // out, rounded up to whole vectors
  bool needs_dx = false;   // something below learns
  bool activates = true;   // false where the loss does it
  Parameters<T> kernel{}, bias{};
  T* transposed = nullptr;
  Rows<T> x, dx;           // the layer below's h and dh
  Rows<T> z, h, dh;

 private:
  ActivationRows<T> activation_job(int64_t row_begin, int64_t row_end, int64_t from,
                                   int64_t to) const {
    const Rows<T> from_z = z_rows();
    if (to > out) to = out;
    return {spec.activation, from_z.data + from, from_z.ld, h.data + from, h.ld, dh.data + from,
            dh.ld,           row_begin,          row_end,   to - from};
  }

  const Kernels<T>& kernels_;
};

}  // namespace neurona
