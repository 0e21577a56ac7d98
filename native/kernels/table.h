// Fills the kernel tables of one instruction set.
#pragma once

#include "../kernels.h"
#include "activations.h"
#include "dense.h"
#include "finite.h"
#include "gather.h"
#include "layers.h"
#include "losses.h"
#include "right.h"

namespace neurona::NEURONA_ISA {

template <class T>
constexpr Kernels<T> make_table() {
  Kernels<T> table{};
  table.lanes = lanes<T>;
  table.panel_width = panel_lanes<T>;
  table.tile_rows = most_rows(panel_vectors);
  table.dense_forward = dense_forward<T, T>;
  table.sum_parts = sum_parts<T>;
  if (streams) table.send = send<T>;
  table.dense_backward = dense_backward<T>;
  table.dense_gradient = dense_gradient<T, T>;
  table.bias_gradient = bias_gradient<T>;
  table.transpose = transpose<T>;
  table.update = update<T>;
  table.gather = gather<T>;
  table.find_nonzeros = find_nonzeros<T>;
  table.activate = activate<T>;
  table.activate_backward = activate_backward<T>;
  table.loss = loss<T>;
  table.right_classes = right_classes<T>;
  table.finite = finite<T>;
  table.column_statistics = column_statistics<T>;
  table.column_sums = column_sums<T>;
  table.column_affine = column_affine<T>;
  table.batch_normalize = batch_normalize<T>;
  table.batch_normalize_backward = batch_normalize_backward<T>;
  table.layer_normalize = layer_normalize<T>;
  table.layer_normalize_backward = layer_normalize_backward<T>;
  table.product = product<T>;
  table.prelu = prelu<T>;
  table.constrain = constrain<T>;
  table.penalize = penalize<T>;
  return table;
}

extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
const Kernels<float> table_float = make_table<float>();
const Kernels<double> table_double = make_table<double>();

}  // namespace neurona::NEURONA_ISA
