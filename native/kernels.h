// The kernels: what differs between instruction sets, behind one table.
//
// Everything above this file is compiled once and calls kernels through
// kernels<T>(isa). A kernel works on a range that its caller chose (rows,
// panels), runs on the calling thread and allocates nothing.
#pragma once

#include "jobs.h"

namespace neurona {

template <class T>
struct Kernels {
  int64_t lanes;
  int64_t panel_width;
  int64_t tile_rows;  // of a full panel's register tile
  void (*dense_forward)(const DenseForward<T>&);
  void (*sum_parts)(const SumParts<T>&);
  // Copies `count` elements, whole vectors, to where other threads read them and nobody
  // writes otherwise. A plain store to a line that another core has read must first call
  // it back, which between cores without a common cache takes several times as long as
  // this way through memory; between cores with one, plain stores are faster. Null:
  // this machine has no such stores.
  void (*send)(const T* from, T* to, int64_t count);
  void (*dense_backward)(const DenseBackward<T>&);
  void (*dense_gradient)(const DenseGradient<T>&);
  void (*bias_gradient)(const BiasGradient<T>&);
  void (*update)(const OptimizerStep<T>&, const Parameters<T>&, const T* gradient, int64_t count);
  void (*gather)(const Gather<T>&);
  bool (*find_nonzeros)(const FindNonzeros<T>&);  // whether all are finite, if it looks
  void (*activate)(const ActivationRows<T>&);
  void (*activate_backward)(const ActivationRows<T>&);
  void (*loss)(const LossRows<T>&);
  int64_t (*right_classes)(const RightClasses<T>&);  // how many rows
  // Whether there is no NaN nor infinity in so many rows.
  bool (*finite)(const T* x, int64_t ld, int64_t rows, int64_t columns);
  void (*column_statistics)(const ColumnStatistics<T>&);
  void (*column_sums)(const ColumnSums<T>&);
  void (*column_affine)(const ColumnAffine<T>&);
  void (*batch_normalize)(const BatchNormalize<T>&);
  void (*batch_normalize_backward)(const BatchNormalize<T>&);
  void (*layer_normalize)(const LayerNormalize<T>&);
  void (*layer_normalize_backward)(const LayerNormalize<T>&);
  void (*product)(const Product<T>&);
  void (*prelu)(const Prelu<T>&);
  void (*constrain)(const Constrain<T>&);
  // Adds a penalty's gradient to `count` elements and returns Σ gradient² and the penalty itself.
  void (*penalize)(T l1, T l2, const T* w, T* gradient, int64_t count, double* squares,
                   double* penalty);
  void (*transpose)(const Transpose<T>&);
};

// What the dense layer needs for products in bfloat16.
struct PairKernels {
  void (*dense_forward)(const DenseForward<float, Pair>&);
  void (*dense_gradient)(const DenseGradient<float, Pair>&);
  void (*to_pairs)(const ToPairs&);
  void (*pack_pairs)(const PackPairs&);
};

enum class Isa : int32_t { baseline, avx2, avx512, avx512_bf16, neon };

const char* isa_name(Isa isa);
// The best instruction set of this machine, or the one NEURONA_ISA names.
Isa chosen_isa();
bool isa_available(Isa isa);

template <class T>
const Kernels<T>& kernels(Isa isa);
// Null where the instruction set cannot multiply in bfloat16.
const PairKernels* pair_kernels(Isa isa);

}  // namespace neurona
