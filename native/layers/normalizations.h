// Batch and layer normalization, and the PReLU: layers whose weights are vectors.
#pragma once

#include <cmath>

#include "layer.h"

namespace neurona {

// z = γ x̂ + β with x̂ = (x − mean) / √(variance + ε) over the batch. Weights:
// [γ], [β], moving mean, moving variance.
template <class T>
class BatchNormalization final : public Layer<T> {
 public:
  BatchNormalization(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, in) {
    for (Tensor<T>* tensor : {&gamma, &beta, &moving_mean, &moving_variance}) {
      tensor->shape = Tensor<T>::vector_shape(in, kernels.lanes);
    }
    moving_mean.trainable = moving_variance.trainable = false;
  }

  std::vector<Tensor<T>*> tensors() override {
    std::vector<Tensor<T>*> all;
    if (this->spec.use_scale) all.push_back(&gamma);
    if (this->spec.use_bias) all.push_back(&beta);
    all.push_back(&moving_mean);
    all.push_back(&moving_variance);
    return all;
  }
  void plan_memory(Arena& arena, int64_t rows) override {
    this->plan_rows(arena, rows);
    xhat_.ld = this->h.ld;
    arena.plan(xhat_.data, rows * xhat_.ld);
    for (T** vector : {&mean_, &variance_, &inverse_, &sum_dz_, &sum_dz_xhat_}) {
      arena.plan(*vector, this->columns);
    }
  }

  // A frozen layer normalizes by its moving statistics, as in inference.
  bool uses_batch(const Step<T>& step) const { return step.training && this->spec.trainable; }
  bool needs_statistics() const override { return true; }

  void forward_statistics(const Step<T>& step, int64_t from, int64_t to) const override {
    const T epsilon = T(this->spec.epsilon), m = T(this->spec.rate);
    const bool batch = uses_batch(step);
    if (batch) {
      this->kernels_.column_statistics({this->x.data, this->x.ld, step.rows, from, to, mean_,
                                        variance_});
    }
    for (int64_t c = from; c < to; ++c) {
      T &running_mean = moving_mean.parameters.w[c], &running = moving_variance.parameters.w[c];
      if (!batch) {
        mean_[c] = running_mean;
        variance_[c] = running;
      }
      inverse_[c] = T(1) / std::sqrt(variance_[c] + epsilon);
      if (batch && c < this->out) {
        running_mean = m * running_mean + (T(1) - m) * mean_[c];
        running = m * running + (T(1) - m) * variance_[c];
      }
    }
  }
  void forward(const Step<T>& step, int64_t begin, int64_t end) const override {
    this->kernels_.batch_normalize(job(step, this->z_rows(), begin, end));
    this->activate(begin, end);
  }
  void backward_statistics(const Step<T>& step, int64_t from, int64_t to) const override {
    const Rows<T>& dz = this->dh;
    this->kernels_.column_sums({dz.data, dz.ld, nullptr, 0, false, step.rows, from, to, sum_dz_});
    this->kernels_.column_sums({dz.data, dz.ld, xhat_.data, xhat_.ld, false, step.rows, from, to,
                                sum_dz_xhat_});
  }
  void backward(const Step<T>& step, int64_t begin, int64_t end,
                const T* /*copies*/) const override {
    this->kernels_.batch_normalize_backward(job(step, this->dh, begin, end));
  }

  int64_t update_items() const override { return 2; }
  void update_item(const Step<T>& step, int64_t item) const override {
    if (item == 0 && this->spec.use_scale) this->update_vector(step, gamma, sum_dz_xhat_);
    if (item == 1 && this->spec.use_bias) this->update_vector(step, beta, sum_dz_);
  }
  int64_t settle_items() const override { return gamma.constrained() || beta.constrained(); }
  void settle_item(int64_t) const override {
    this->constrain_vector(gamma);
    this->constrain_vector(beta);
  }

  Tensor<T> gamma, beta, moving_mean, moving_variance;

 private:
  BatchNormalize<T> job(const Step<T>& step, Rows<T> z, int64_t begin, int64_t end) const {
    const bool batch = uses_batch(step);
    return {this->x.data, this->x.ld, mean_, inverse_,
            this->spec.use_scale ? gamma.parameters.w : nullptr,
            this->spec.use_bias ? beta.parameters.w : nullptr, batch ? sum_dz_ : nullptr,
            batch ? sum_dz_xhat_ : nullptr, xhat_.data, xhat_.ld, z.data, z.ld, this->dx.data,
            this->dx.ld, step.rows, begin, end, this->columns};
  }

  Rows<T> xhat_;
  T *mean_ = nullptr, *variance_ = nullptr, *inverse_ = nullptr;
  T *sum_dz_ = nullptr, *sum_dz_xhat_ = nullptr;
};

// z = γ x̂ + β with x̂ = (x − mean) / √(variance + ε) over the row. Weights: [γ], [β].
template <class T>
class LayerNormalization final : public Layer<T> {
 public:
  LayerNormalization(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, in) {
    gamma.shape = beta.shape = Tensor<T>::vector_shape(in, kernels.lanes);
  }

  std::vector<Tensor<T>*> tensors() override {
    std::vector<Tensor<T>*> all;
    if (this->spec.use_scale) all.push_back(&gamma);
    if (this->spec.use_bias) all.push_back(&beta);
    return all;
  }
  void plan_memory(Arena& arena, int64_t rows) override {
    this->plan_rows(arena, rows);
    xhat_.ld = this->h.ld;
    arena.plan(xhat_.data, rows * xhat_.ld);
    arena.plan(inverse_, rows);
    arena.plan(sums_, 2 * this->columns);
  }

  void forward(const Step<T>&, int64_t begin, int64_t end) const override {
    this->kernels_.layer_normalize(job(this->z_rows(), begin, end));
    this->activate(begin, end);
  }
  void backward(const Step<T>&, int64_t begin, int64_t end,
                const T* /*copies*/) const override {
    this->kernels_.layer_normalize_backward(job(this->dh, begin, end));
  }

  int64_t update_items() const override { return 2; }
  void update_item(const Step<T>& step, int64_t item) const override {
    const Rows<T>& dz = this->dh;
    T* sums = sums_ + item * this->columns;
    this->kernels_.column_sums({dz.data, dz.ld, item == 0 ? xhat_.data : nullptr, xhat_.ld, false,
                                step.rows, 0, this->columns, sums});
    if (item == 0 && this->spec.use_scale) this->update_vector(step, gamma, sums);
    if (item == 1 && this->spec.use_bias) this->update_vector(step, beta, sums);
  }
  int64_t settle_items() const override { return gamma.constrained() || beta.constrained(); }
  void settle_item(int64_t) const override {
    this->constrain_vector(gamma);
    this->constrain_vector(beta);
  }

  Tensor<T> gamma, beta;

 private:
  LayerNormalize<T> job(Rows<T> z, int64_t begin, int64_t end) const {
    return {this->x.data, this->x.ld, T(this->spec.epsilon),
            this->spec.use_scale ? gamma.parameters.w : nullptr,
            this->spec.use_bias ? beta.parameters.w : nullptr, xhat_.data, xhat_.ld, inverse_,
            z.data, z.ld, this->dx.data, this->dx.ld, begin, end, this->out};
  }

  Rows<T> xhat_;
  T *inverse_ = nullptr, *sums_ = nullptr;
};

// z = max(0, x) + α min(0, x). Weight: α, one per input.
template <class T>
class PReLU final : public Layer<T> {
 public:
  PReLU(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, in) {
    alpha.shape = Tensor<T>::vector_shape(in, kernels.lanes);
  }

  std::vector<Tensor<T>*> tensors() override { return {&alpha}; }
  void plan_memory(Arena& arena, int64_t rows) override {
    this->plan_rows(arena, rows);
    arena.plan(sums_, this->columns);
  }
  void forward(const Step<T>&, int64_t begin, int64_t end) const override {
    const Rows<T> z = this->z_rows();
    this->kernels_.prelu({this->x.data, this->x.ld, alpha.parameters.w, z.data, z.ld, nullptr, 0,
                          begin, end, this->columns});
    this->activate(begin, end);
  }
  void backward(const Step<T>&, int64_t begin, int64_t end,
                const T* /*copies*/) const override {
    this->kernels_.prelu({this->x.data, this->x.ld, alpha.parameters.w, this->dh.data, this->dh.ld,
                          this->dx.data, this->dx.ld, begin, end, this->columns});
  }
  int64_t update_items() const override { return 1; }
  void update_item(const Step<T>& step, int64_t) const override {
    this->kernels_.column_sums({this->dh.data, this->dh.ld, this->x.data, this->x.ld, true,
                                step.rows, 0, this->columns, sums_});
    this->update_vector(step, alpha, sums_);
  }
  int64_t settle_items() const override { return alpha.constrained(); }
  void settle_item(int64_t) const override { this->constrain_vector(alpha); }

  Tensor<T> alpha;

 private:
  T* sums_ = nullptr;
};

}  // namespace neurona
