// A dense layer whose three products run in bfloat16.
//
// Weights, slots, bias, sums and activations stay float32; what is multiplied
// is rounded to bfloat16 just before. W is kept in two more forms, pairs of its
// rows for the forward product and pairs of Wᵀ's for the backward one, remade
// with each update while the rows are in the cache. x and dz are converted once
// a step, along rows for these two products and across rows for the gradient.
#pragma once

#include "dense.h"

namespace neurona {

class DensePairs final : public Dense<float> {
 public:
  DensePairs(const Kernels<float>& kernels, const PairKernels& pairs, const LayerSpec& spec,
             int64_t in)
      : Dense<float>(kernels, spec, in),
        pairs_(pairs),
        forward_shape_(packed_shape((in + 1) / 2, out, kernels.panel_width, kernels.lanes)),
        backward_shape_(packed_shape((out + 1) / 2, in, kernels.panel_width, kernels.lanes)) {
    groups_ = (in + group - 1) / group;
  }

  void plan_memory(Arena& arena, int64_t rows) override {
    plan_rows(arena, rows);
    arena.plan(forward_w_, forward_shape_.size());
    if (needs_dx) arena.plan(backward_w_, backward_shape_.size());
    x_pairs_.plan(arena, rows, in);
    dz_pairs_.plan(arena, rows, out);
  }

  bool converts() const override { return true; }
  bool takes_zeros() const override { return false; }
  void convert_x(const Step<float>& step, int64_t begin, int64_t end) const override {
    x_pairs_.convert(pairs_, x, step.rows, begin, end, in);
  }
  void convert_dz(const Step<float>& step, int64_t begin, int64_t end) const override {
    dz_pairs_.convert(pairs_, dh, step.rows, begin, end, out);
  }

  void forward_panels(const Step<float>&, int64_t begin, int64_t end, int64_t panel_begin,
                      int64_t panel_end) const override {
    DenseForward<float, Pair> job{.x = x_pairs_.along.data,
                                  .ldx = x_pairs_.along.ld,
                                  .depth = forward_shape_.in,
                                  .w = forward_w_,
                                  .shape = forward_shape_,
                                  .z = z_rows().data,
                                  .ldz = z_rows().ld};
    finish_job(job, begin, end, panel_begin, panel_end);
    pairs_.dense_forward(job);
    activate_panels(begin, end, panel_begin, panel_end);
  }

  void backward_inputs(int64_t begin, int64_t end, int64_t from, int64_t to) const override {
    const int64_t width = backward_shape_.width;
    pairs_.dense_forward({.x = dz_pairs_.along.data,
                          .ldx = dz_pairs_.along.ld,
                          .depth = backward_shape_.in,
                          .w = backward_w_,
                          .shape = backward_shape_,
                          .z = dx.data,
                          .ldz = dx.ld,
                          .row_begin = begin,
                          .row_end = end,
                          .panel_begin = from / width,
                          .panel_end = (to + width - 1) / width,
                          .fetches_w = true});
  }

  void update_item(const Step<float>& step, int64_t item) const override {
    if (item == 0) return update_bias(step);
    const int64_t panel = (item - 1) / groups_, begin = (item - 1) % groups_ * group;
    const int64_t end = std::min(begin + group, in);
    auto job = gradient_job(step, x_pairs_.across, dz_pairs_.across, panel, begin, end);
    job.batch = (step.rows + 1) / 2;
    pairs_.dense_gradient(job);
    if (kernel.gradient == nullptr) copy_rows(panel, begin, end);
  }

 protected:
  bool keeps_copies() const override { return true; }
  void copy_rows(int64_t panel, int64_t begin, int64_t end) const override {
    pairs_.pack_pairs({kernel.parameters.w, kernel.shape, panel, begin, end, forward_w_,
                       forward_shape_, backward_w_, backward_shape_});
  }

 private:
  static constexpr int64_t group = 64;  // rows of W that are updated and copied together

  // A batch's rows in both forms.
  struct PairRows {
    Rows<Pair> along, across;

    void plan(Arena& arena, int64_t rows, int64_t columns) {
      // The conversion stores whole vectors.
      along.ld = padded<Pair>((columns + 31) / 32 * 16, 16);
      across.ld = padded<Pair>((columns + 31) / 32 * 32, 16);
      arena.plan(along.data, rows * along.ld);
      arena.plan(across.data, (rows + 1) / 2 * across.ld);
    }
    void convert(const PairKernels& kernels, Rows<float> from, int64_t rows, int64_t begin,
                 int64_t end, int64_t columns) const {
      kernels.to_pairs({from.data, from.ld, rows, begin, end, columns, along.data, along.ld,
                        across.data, across.ld});
    }
  };

  const PairKernels& pairs_;
  PackedShape forward_shape_, backward_shape_;
  Pair *forward_w_ = nullptr, *backward_w_ = nullptr;
  PairRows x_pairs_, dz_pairs_;
};

}  // namespace neurona
