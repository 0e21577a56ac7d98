// What every layer is: z = f(x), h = g(z) by rows of the batch, and the way back.
//
// A layer whose work is best cut otherwise (large weights, statistics over the
// batch) says so, and the plan of phases (program.cpp) gives it phases of its own.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "../arena.h"
#include "../step.h"
#include "../tensor.h"
#include "zeros.h"

namespace neurona {

template <class T>
class Layer {
 public:
  Layer(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in, int64_t out)
      : spec(spec),
        in(in),
        out(out),
        columns((out + kernels.lanes - 1) / kernels.lanes * kernels.lanes),
        kernels_(kernels) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // In the order of neurona's Layer.weights.
  virtual std::vector<Tensor<T>*> tensors() { return {}; }
  virtual void plan_memory(Arena& arena, int64_t rows) { plan_rows(arena, rows); }

  // z = f(x), then h = g(z), for rows [begin, end) of the batch.
  virtual void forward(const Step<T>& step, int64_t begin, int64_t end) const = 0;
  // dx from dz, which dh has become by then. copies: the thread's own copies of
  // weights in the form that serves the way back, null where there are none.
  virtual void backward(const Step<T>& step, int64_t begin, int64_t end,
                        const T* copies) const = 0;
  virtual int64_t copies_size() const { return 0; }
  virtual void make_copies(const Step<T>&, T* /*copies*/) const {}

  // Statistics over the whole batch come first, by columns.
  virtual bool needs_statistics() const { return false; }
  virtual void forward_statistics(const Step<T>&, int64_t /*from*/, int64_t /*to*/) const {}
  virtual void backward_statistics(const Step<T>&, int64_t /*from*/, int64_t /*to*/) const {}

  // Asks for the memory that threads send each other rows through, and new weights if
  // these are final when their update is done. After plan_memory of all layers.
  virtual void plan_sending(Arena& /*arena*/, int64_t /*rows*/, bool /*weights*/) {}
  // Before the first step that sends: other threads' weights as they are.
  virtual void send_weights() const {}
  // Part p of `parts` of the weights, into this core's cache before they are needed.
  virtual void fetch_weights(const Step<T>&, int64_t /*part*/, int64_t /*parts*/) const {}
  // Rows that this thread has computed, for the others' updates.
  void send(int64_t begin, int64_t end) const {
    const auto send = [&](const Rows<T>& from, const Rows<T>& to) {
      if (to.data != nullptr) kernels_.send(from.row(begin), to.row(begin), (end - begin) * to.ld);
    };
    send(h, sent_h);
    send(dh, sent_dh);
  }

  // Whether it gains by knowing where its inputs are 0.
  virtual bool takes_zeros() const { return false; }

  // Weights too large for every thread to walk through.
  virtual bool large() const { return false; }

  // Gradients and updates, cut into items that any thread may take.
  virtual int64_t update_items() const { return 0; }
  virtual int64_t item_cost(int64_t /*item*/) const { return columns; }
  virtual void update_item(const Step<T>&, int64_t /*item*/) const {}
  // What an item reads of the batch's rows, into this core's cache.
  virtual void fetch_item(const Step<T>&, int64_t /*item*/) const {}
  // Once all weights have moved (constraints, copies); items as many as it says.
  virtual int64_t settle_items() const { return 0; }
  virtual void settle_item(int64_t /*item*/) const {}
  // After weights were set from outside.
  virtual void weights_changed() const {}

  // The activation, on columns [from, to).
  void activate(int64_t begin, int64_t end, int64_t from = 0, int64_t to = INT64_MAX) const {
    if (!activates || spec.activation.kind == ActivationKind::linear) return;
    kernels_.activate(activation_job(begin, end, from, to));
  }
  // dh → dz in place.
  void activate_backward(int64_t begin, int64_t end, int64_t from = 0,
                         int64_t to = INT64_MAX) const {
    if (spec.activation.kind == ActivationKind::linear) return;
    kernels_.activate_backward(activation_job(begin, end, from, to));
  }

  // Where z is computed: its own place, or h's, where it becomes h.
  Rows<T> z_rows() const { return z.data != nullptr ? z : h; }

  LayerSpec spec;
  int64_t in, out;
  int64_t columns;         // out, rounded up to whole vectors
  bool needs_dx = false;   // something below learns
  bool activates = true;   // false where the loss does it
  Layer* below = nullptr;
  Rows<T> x, dx;           // the layer below's h and dh
  Zeros* zeros = nullptr;  // of x, where it is the data set's; null: unknown
  Rows<T> z, h, dh;
  Rows<T> sent_x, sent_h, sent_dh;  // copies for other threads, if need be

 protected:
  void plan_rows(Arena& arena, int64_t rows) {
    h.ld = dh.ld = z.ld = padded<T>(columns, kernels_.lanes);
    arena.plan(h.data, rows * h.ld);
    arena.plan(dh.data, rows * dh.ld);
    if (!derivative_from_output(spec.activation.kind)) arena.plan(z.data, rows * z.ld);
  }

  // A vector's gradient is known: keep it, or take the optimizer's step at once.
  void update_vector(const Step<T>& step, const Tensor<T>& tensor, const T* gradient) const {
    if (tensor.gradient != nullptr) {
      std::copy_n(gradient, columns, tensor.gradient);
    } else {
      kernels_.update(step.optimizer, tensor.parameters, gradient, columns);
    }
  }
  void constrain_vector(const Tensor<T>& tensor) const {
    if (!tensor.constrained()) return;
    kernels_.constrain({tensor.constraint, tensor.parameters.w, 1, columns});
  }

  ActivationRows<T> activation_job(int64_t begin, int64_t end, int64_t from, int64_t to) const {
    const Rows<T> of = z_rows();
    return {spec.activation, of.data + from, of.ld, h.data + from, h.ld, dh.data + from,
            dh.ld,           begin,          end,   std::min(to, out) - from};
  }

  const Kernels<T>& kernels_;
};

// A network's layers, first to last.
template <class T>
using Layers = std::vector<std::unique_ptr<Layer<T>>>;

}  // namespace neurona
