// One weight of a layer: a packed matrix or a vector, its optimizer's slots and
// what else Python says about it.
#pragma once

#include <algorithm>

#include "arena.h"
#include "kernels.h"
#include "plan.h"

namespace neurona {

template <class T>
struct Tensor {
  PackedShape shape;  // a vector of n is a matrix of 1 × n in a single panel
  Parameters<T> parameters{};
  T* gradient = nullptr;  // only where an update needs all gradients first
  Penalty penalty;
  Constraint constraint;
  bool trainable = true;

  static PackedShape vector_shape(int64_t count, int64_t lanes) {
    const int64_t columns = (count + lanes - 1) / lanes * lanes;
    return packed_shape(1, count, columns, lanes);
  }

  void plan(Arena& arena, int slots, bool with_gradient) {
    arena.plan(parameters.w, shape.size());
    if (!trainable) return;
    for (int s = 0; s < slots; ++s) arena.plan(parameters.slots[s], shape.size());
    if (with_gradient) arena.plan(gradient, shape.size());
  }

  bool constrained() const { return trainable && constraint.kind != ConstraintKind::none; }
  bool penalized() const { return trainable && (penalty.l1 != 0 || penalty.l2 != 0); }

  // Slot −1 is the weight itself. Outside, values are row-major.
  T* array(int slot) const { return slot < 0 ? parameters.w : parameters.slots[slot]; }
  void set(int slot, const T* values) const {
    each_run(slot, [&](T* run, int64_t count) { std::copy_n(values, count, run), values += count; });
  }
  void get(int slot, T* values) const {
    each_run(slot, [&](T* run, int64_t count) { values = std::copy_n(run, count, values); });
  }

 private:
  // Calls f(place, count) for the parts of each row that lie in one piece, row by row.
  template <class Function>
  void each_run(int slot, Function&& f) const {
    for (int64_t i = 0; i < shape.in; ++i) {
      for (int64_t j = 0; j < shape.out; j += shape.width) {
        f(array(slot) + shape.index(i, j), std::min(shape.width, shape.out - j));
      }
    }
  }
};

}  // namespace neurona
