// What a kernel is given: one struct for each job, the forms of data that they speak of first.
//
// Weights stay packed for the whole fit. W (in × out) is cut into panels of
// panel_width columns; a panel holds its rows one after the other, so the
// innermost loop reads it straight through. The last panel is as wide as whole
// vectors need. Padding columns hold zeros and stay zero.
#pragma once

#include <cstdint>

#include "kinds.h"

namespace neurona {

// How a matrix of in × out weights lies in memory.
struct PackedShape {
  int64_t in = 0, out = 0;
  int64_t width = 0;       // columns of a full panel
  int64_t last_width = 0;  // columns of the last one, a multiple of a vector
  int64_t panels = 0;
  int64_t stride = 0;  // elements from one panel to the next

  // Always inlined: an instruction set's copy must not be what the linker takes for all.
  [[gnu::always_inline]] int64_t panel_width(int64_t panel) const {
    return panel + 1 < panels ? width : last_width;
  }
  [[gnu::always_inline]] int64_t size() const { return panels * stride; }
  [[gnu::always_inline]] int64_t index(int64_t i, int64_t j) const {
    const int64_t panel = j / width;
    return panel * stride + i * panel_width(panel) + j % width;
  }
};

PackedShape packed_shape(int64_t in, int64_t out, int64_t panel_width, int64_t lanes);

// Two bfloat16 numbers that are multiplied and added together, the first in the
// low half. Products of pairs are summed in float32.
using Pair = uint32_t;

// Rows of the next batch or block, which lie anywhere in memory: a product fetches them into
// the cache meanwhile, a few at a time, since a core keeps only some two dozen misses going.
struct NextRows {
  const char* data;      // the first column that is wanted, of the data set's first row
  int64_t row_bytes;     // from row to row
  int64_t column_bytes;
  int64_t columns;       // of each row
  const int64_t* order;  // which row of the data set is row r
  int64_t begin, end;    // the rows
};

// Which numbers of a batch's rows are not 0: bit c % 16 of bits[c / 16 · ld + r] is
// column c of row r. Products with zeros add nothing; a kernel that is told of them
// leaves out most.
using ZeroBits = uint16_t;
inline constexpr int64_t columns_of_bits = 16;
struct Nonzeros {
  ZeroBits* bits = nullptr;  // null: unknown
  int64_t ld = 0;
};

// z[rows, panels] = x W (+ what z's place holds in each of `previous`, in their order)
// (+ bias) (then relu).
// X: what is multiplied, T or pairs.
template <class T, class X = T>
struct DenseForward {
  const X* x;
  int64_t ldx;
  int64_t depth;            // columns of x = rows of W used,
  int64_t first_input = 0;  // from this one on
  const X* w;
  PackedShape shape;
  const T* const* previous = nullptr;  // each laid out as z
  int previous_count = 0;
  const T* bias = nullptr;  // null: none
  bool relu = false;
  T* z;
  int64_t ldz;
  int64_t row_begin = 0, row_end = 0, panel_begin = 0, panel_end = 0;
  const NextRows* next = nullptr;  // null: none
  Nonzeros nonzeros{};  // of x
  const X* const* each_x = nullptr;  // where each row is: with them, in place of x
  bool fetches_w = false;  // the next panel, meanwhile: W is too large for the second-level cache
  // Where zeros are known: adds up how many products of rows × depth were not left out.
  int64_t* kept = nullptr;
};

// z = Σ parts (+ bias) (then relu): the end of a forward product that was cut along its
// depth, added up as a tree. merges[p]: to how many of the sums before it part p is added.
template <class T>
struct SumParts {
  const T* const* parts;  // each laid out as z
  const int* merges;
  int64_t count;
  const T* bias;
  bool relu;
  T* z;
  int64_t ldz;
  int64_t row_begin, row_end, columns;
};

// dx[rows, columns] = dz Wᵀ, read from the same panels as the forward pass
template <class T>
struct DenseBackward {
  const T* dz;
  int64_t lddz;
  const T* w;
  PackedShape shape;
  T* dx;
  int64_t lddx;
  int64_t row_begin, row_end, column_begin, column_end;
  bool fetches_w;  // the next columns' weights, meanwhile
};

// One optimizer step's numbers, worked out in double by the caller.
template <class T>
struct OptimizerStep {
  OptimizerKind kind;
  // What each means is said in kernels/optimizers.h.
  T rate, a, b, c, d, e;
  T gradient_scale;  // from clipping by norm
  T clip;            // by value; 0: none
  T decay;           // share of the weight taken off first
  bool plain;        // none of the three
};

// Weights with their optimizer's slots, all in the same layout.
template <class T>
struct Parameters {
  T* w;
  T* slots[most_slots];
};

// dW = xᵀ dz over the batch, then the optimizer's step on rows [begin, end) of
// one panel; no gradient matrix is written unless `gradient` asks for it.
template <class T, class X = T>
struct DenseGradient {
  const X* x;
  int64_t ldx;
  const X* dz;
  int64_t lddz;
  int64_t batch;
  PackedShape shape;
  int64_t panel, begin, end;
  int64_t first_input = 0;  // row of W that x's first column belongs to
  Parameters<T> parameters;
  Nonzeros nonzeros{};  // of x
  const X* const* each_x = nullptr;  // where each row is: with them, in place of x
  const OptimizerStep<T>* optimizer;
  T* gradient;    // null: update at once; else store the gradient here, packed
  bool prefetch;  // the weights are too large for the second-level cache
  const NextRows* next = nullptr;
};

// Packed W into packed Wᵀ, whose padding is left as it is.
template <class T>
struct Transpose {
  const T* w;
  PackedShape shape;
  T* to;
  PackedShape to_shape;
};

// db = Σ_rows dz, then the step, for columns [begin, end) (whole vectors)
template <class T>
struct BiasGradient {
  const T* dz;
  int64_t lddz, batch, begin, end;
  Parameters<T> parameters;
  const OptimizerStep<T>* optimizer;
  T* gradient;
};

// Rows of the data set into rows of a matrix: h = (x + shift) · scale.
template <class T>
struct Gather {
  const void* data;
  InputType type;
  int64_t columns;       // of the data set: elements from row to row
  const int64_t* order;  // which row of the data set is row r of the batch
  // The same for the next batch: its rows are fetched into the cache meanwhile,
  // since they lie anywhere in memory.
  const int64_t* next_order;
  int64_t next_rows;
  int64_t row_begin, row_end, column_begin, column_end;
  const T* scale;  // per column; null: neither
  const T* shift;
  T* h;  // column_begin goes to its first column
  int64_t ldh;
  Nonzeros nonzeros{};  // of h, to be found out
};

// Rows of the data set that are to be read where they are: where they are not 0.
template <class T>
struct FindNonzeros {
  const T* data;
  int64_t columns;
  const int64_t* order;
  int64_t row_begin, row_end, column_begin, column_end;
  Nonzeros nonzeros;
  const T** each;  // becomes where each row's column_begin is
  bool looks;      // for NaN and infinity, too
};

template <class T>
struct ActivationRows {
  Activation activation;
  const T* z;
  int64_t ldz;
  T* h;
  int64_t ldh;
  T* dh;  // backward: dh in, dz out
  int64_t lddh;
  int64_t row_begin, row_end, columns;
};

template <class T>
struct LossRows {
  Loss loss;
  bool fused;  // softmax or sigmoid is part of the loss: h holds z on entry, h on return
  T* h;        // predictions
  int64_t ldh;
  const T* targets;       // one row per sample of the data set; or
  const int64_t* labels;  // its class
  int64_t target_columns;
  const T* sample_weights;  // one per sample of the data set; null: 1
  const int64_t* order;
  T scale;  // 1 / Σ weights of the batch
  T* dh;    // gradient by h, or by z when fused
  int64_t lddh;
  T* row_losses;  // weighted, one per row of the batch
  int64_t row_begin, row_end, columns;
};

// In which rows the true class is the first of the largest entries.
template <class T>
struct RightClasses {
  const T* p;
  int64_t ld;  // at least `classes`
  int64_t rows, classes;
  const int64_t* labels;  // valid classes,
  const int64_t* order;   // row r's at order[r]; null: at r
  double* right;  // gets 1 or 0 for each row, NaN where an entry is; null: nowhere
};

// Statistics of columns [from, to) over the rows of a batch, whole vectors.
template <class T>
struct ColumnStatistics {
  const T* x;
  int64_t ldx, rows, from, to;
  T *mean, *variance;  // biased
};

// Sums of columns over the rows: Σ a, or Σ a b. Or Σ a min(0, b).
template <class T>
struct ColumnSums {
  const T* a;
  int64_t lda;
  const T* b;  // null: none
  int64_t ldb;
  bool negative_part;  // of b
  int64_t rows, from, to;
  T* sums;
};

// y = x · scale + shift by columns, for rows [begin, end). Null: 1 or 0.
template <class T>
struct ColumnAffine {
  const T* x;
  int64_t ldx;
  const T *scale, *shift;
  T* y;
  int64_t ldy;
  int64_t begin, end, columns;
};

// Batch normalization of rows: x̂ = (x − mean) inverse, z = γ x̂ + β; and back:
// dx = γ inverse (dz − Σdz / n − x̂ Σ(dz x̂) / n).
template <class T>
struct BatchNormalize {
  const T* x;
  int64_t ldx;
  const T *mean, *inverse, *gamma, *beta;  // gamma, beta: null: 1, 0
  const T *sum_dz, *sum_dz_xhat;           // backward
  T* xhat;
  int64_t ldxhat;
  T* z;  // backward: dz, in
  int64_t ldz;
  T* dx;
  int64_t lddx;
  int64_t rows, begin, end, columns;
};

// Layer normalization of rows over `count` columns.
template <class T>
struct LayerNormalize {
  const T* x;
  int64_t ldx;
  T epsilon;
  const T *gamma, *beta;
  T* xhat;
  int64_t ldxhat;
  T* inverse;  // one per row
  T* z;        // backward: dz, in
  int64_t ldz;
  T* dx;
  int64_t lddx;
  int64_t begin, end, count;
};

// y = a · b (+ c) element by element.
template <class T>
struct Product {
  const T* a;
  int64_t lda;
  const T *b, *c;  // null: 1, 0; both with b's row length
  int64_t ldb;
  T* y;
  int64_t ldy;
  int64_t begin, end, columns;
};

// z = max(0, x) + α min(0, x); backward: dx = dz (x > 0 ? 1 : α).
template <class T>
struct Prelu {
  const T* x;
  int64_t ldx;
  const T* alpha;
  T* z;  // backward: dz, in
  int64_t ldz;
  T* dx;  // null: forward
  int64_t lddx;
  int64_t begin, end, columns;
};

// A constraint on `rows` rows of `width` columns, one panel of a matrix.
template <class T>
struct Constrain {
  Constraint constraint;
  T* w;
  int64_t rows, width;
};

// Rows of float32 as pairs, both ways that a product can run: along each row
// (columns 2c, 2c + 1) and across two rows (2r, 2r + 1 of a column). What is
// missing to make up pairs counts as 0.
struct ToPairs {
  const float* from;
  int64_t ld;
  int64_t rows;        // of the batch
  int64_t begin, end;  // of them; begin is even
  int64_t columns;
  Pair* along;
  int64_t ld_along;
  Pair* across;
  int64_t ld_across;
};

// Rows [begin, end) of a panel of W, begin a multiple of 64, as pairs for both
// products: rows 2i, 2i + 1 of W, and of Wᵀ.
struct PackPairs {
  const float* w;
  PackedShape shape;
  int64_t panel, begin, end;
  Pair* forward;
  PackedShape forward_shape;
  Pair* backward;
  PackedShape backward_shape;
};

}  // namespace neurona
