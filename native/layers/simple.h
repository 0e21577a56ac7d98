// Layers without learned weights: activation, affine (rescaling, normalization),
// dropout and its relatives, noise.
#pragma once

#include <cmath>

#include "../philox.h"
#include "layer.h"

namespace neurona {

// z = x · scale + shift by columns, with constants; without them z = x.
template <class T>
class Affine final : public Layer<T> {
 public:
  Affine(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, in) {}

  void plan_memory(Arena& arena, int64_t rows) override {
    this->plan_rows(arena, rows);
    if (this->spec.scale.empty()) return;
    arena.plan(scale_, this->columns);
    arena.plan(shift_, this->columns);
  }
  // Constants are written once memory is there.
  void weights_changed() const override {
    for (size_t c = 0; c < this->spec.scale.size(); ++c) {
      scale_[c] = T(this->spec.scale[c]);
      shift_[c] = T(this->spec.shift[c]);
    }
  }
  void forward(const Step<T>&, int64_t begin, int64_t end) const override {
    const Rows<T> z = this->z_rows();
    this->kernels_.column_affine({this->x.data, this->x.ld, scale_, shift_, z.data, z.ld, begin,
                                  end, this->columns});
    this->activate(begin, end);
  }
  void backward(const Step<T>&, int64_t begin, int64_t end,
                const T* /*copies*/) const override {
    this->kernels_.column_affine({this->dh.data, this->dh.ld, scale_, nullptr, this->dx.data,
                                  this->dx.ld, begin, end, this->columns});
  }

 private:
  T *scale_ = nullptr, *shift_ = nullptr;
};

// z = x · factor + term, drawn anew for every element in every training step:
// dropout, Gaussian and alpha dropout, Gaussian noise. In inference z = x.
template <class T>
class Noise final : public Layer<T> {
 public:
  Noise(const Kernels<T>& kernels, const LayerSpec& spec, int64_t in)
      : Layer<T>(kernels, spec, in, in),
        multiplies_(spec.kind != LayerKind::gaussian_noise),
        adds_(spec.kind == LayerKind::gaussian_noise || spec.kind == LayerKind::alpha_dropout) {}

  void plan_memory(Arena& arena, int64_t rows) override {
    this->plan_rows(arena, rows);
    ld_ = this->h.ld;
    if (multiplies_) arena.plan(factors_, rows * ld_);
    if (adds_) arena.plan(terms_, rows * ld_);
  }
  void forward(const Step<T>& step, int64_t begin, int64_t end) const override {
    if (step.training) draw(step, begin, end);
    const Rows<T> z = this->z_rows();
    this->kernels_.product({this->x.data, this->x.ld, step.training ? factors_ : nullptr,
                            step.training ? terms_ : nullptr, ld_, z.data, z.ld, begin, end,
                            this->columns});
    this->activate(begin, end);
  }
  void backward(const Step<T>&, int64_t begin, int64_t end,
                const T* /*copies*/) const override {
    this->kernels_.product({this->dh.data, this->dh.ld, factors_, nullptr, ld_, this->dx.data,
                            this->dx.ld, begin, end, this->columns});
  }

 private:
  void draw(const Step<T>& step, int64_t begin, int64_t end) const {
    const LayerSpec& spec = this->spec;
    const double r = spec.rate;
    const uint64_t count = uint64_t(step.rows * this->out);
    Stream draws(step.seed, uint64_t(step.iteration), uint64_t(spec.index)), angles = draws;
    const double limit = -1.6732632423543772 * 1.0507009873554805;  // of SELU for x → −∞
    const double a = 1 / std::sqrt((1 - r) * (1 + r * limit * limit));
    const double deviation = std::sqrt(r / (1 - r));
    for (int64_t row = begin; row < end; ++row) {
      T* factors = factors_ + row * ld_;
      T* terms = terms_ + row * ld_;
      for (int64_t c = 0; c < this->out; ++c) {
        const uint64_t i = uint64_t(row * this->out + c);
        switch (spec.kind) {
          case LayerKind::dropout:
            factors[c] = draws.uniform(i) >= r ? T(1 / (1 - r)) : T(0);
            break;
          case LayerKind::gaussian_dropout:
            factors[c] = T(1 + deviation * normal(draws, angles, i, count));
            break;
          case LayerKind::alpha_dropout: {
            const bool kept = draws.uniform(i) >= r;
            factors[c] = kept ? T(a) : T(0);
            terms[c] = T((kept ? 0 : a * limit) - a * r * limit);
            break;
          }
          default:
            terms[c] = T(r * normal(draws, angles, i, count));
        }
      }
    }
  }

  bool multiplies_, adds_;
  int64_t ld_ = 0;
  T *factors_ = nullptr, *terms_ = nullptr;
};

}  // namespace neurona
