// The textbook: a network trained by triple loops in double. Slow and obvious;
// the engine is checked against it before it is timed.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace naive {

using Matrix = std::vector<double>;  // row-major

struct Network {
  std::vector<int64_t> sizes;      // inputs, hidden …, outputs
  std::vector<Matrix> w, b;        // in × out; out
  std::vector<Matrix> vw, vb;      // momentum
  std::vector<Matrix> mw, mb;      // Adam's second slot
  int64_t t = 0;
};

// One step of ReLU layers with softmax and cross-entropy (or, with one output,
// sigmoid and binary cross-entropy). Returns the batch's loss.
inline double step(Network& n, const double* x, const int64_t* labels, int64_t rows, double rate,
                   double momentum, bool adam) {
  const size_t layers = n.w.size();
  std::vector<Matrix> h(layers + 1);
  h[0].assign(x, x + rows * n.sizes[0]);
  for (size_t l = 0; l < layers; ++l) {
    const int64_t in = n.sizes[l], out = n.sizes[l + 1];
    h[l + 1].assign(size_t(rows * out), 0);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < out; ++j) {
        double z = n.b[l][size_t(j)];
        for (int64_t i = 0; i < in; ++i) z += h[l][size_t(r * in + i)] * n.w[l][size_t(i * out + j)];
        h[l + 1][size_t(r * out + j)] = l + 1 < layers && z < 0 ? 0 : z;
      }
  }
  const int64_t classes = n.sizes[layers];
  double loss = 0;
  Matrix dz = h[layers];
  for (int64_t r = 0; r < rows; ++r) {
    double* z = &dz[size_t(r * classes)];
    if (classes == 1) {
      loss += (std::log1p(std::exp(-std::abs(*z))) + std::max(*z, 0.0) - double(labels[r]) * *z);
      *z = (1 / (1 + std::exp(-*z)) - double(labels[r])) / double(rows);
      continue;
    }
    double peak = z[0], total = 0;
    for (int64_t c = 0; c < classes; ++c) peak = std::max(peak, z[c]);
    for (int64_t c = 0; c < classes; ++c) total += std::exp(z[c] - peak);
    loss += std::log(total) + peak - z[labels[r]];
    for (int64_t c = 0; c < classes; ++c) {
      z[c] = (std::exp(z[c] - peak) / total - (c == labels[r])) / double(rows);
    }
  }
  ++n.t;
  const auto update = [&](double& w, double& v, double& m, double g) {
    if (adam) {
      v += (g - v) * (1 - 0.9);
      m += (g * g - m) * (1 - 0.999);
      w -= rate * std::sqrt(1 - std::pow(0.999, double(n.t))) / (1 - std::pow(0.9, double(n.t))) *
           v / (std::sqrt(m) + 1e-7);
    } else {
      v = momentum * v - rate * g;
      w += v;
    }
  };
  for (size_t l = layers; l-- > 0;) {
    const int64_t in = n.sizes[l], out = n.sizes[l + 1];
    Matrix below(size_t(rows * in), 0);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < in; ++i) {
        double d = 0;
        for (int64_t j = 0; j < out; ++j) d += dz[size_t(r * out + j)] * n.w[l][size_t(i * out + j)];
        below[size_t(r * in + i)] = h[l][size_t(r * in + i)] > 0 ? d : 0;
      }
    for (int64_t i = 0; i < in; ++i)
      for (int64_t j = 0; j < out; ++j) {
        double g = 0;
        for (int64_t r = 0; r < rows; ++r) g += h[l][size_t(r * in + i)] * dz[size_t(r * out + j)];
        const size_t at = size_t(i * out + j);
        update(n.w[l][at], n.vw[l][at], n.mw[l][at], g);
      }
    for (int64_t j = 0; j < out; ++j) {
      double g = 0;
      for (int64_t r = 0; r < rows; ++r) g += dz[size_t(r * out + j)];
      update(n.b[l][size_t(j)], n.vb[l][size_t(j)], n.mb[l][size_t(j)], g);
    }
    dz = std::move(below);
  }
  return loss / double(rows);
}

}  // namespace naive
