// How the first layer of a narrow network is cut along its inputs.
//
// Each thread owns neighbouring chunks: columns of x, and rows of W with its slots.
// The chunks' parts of z are added up as the leaves of a binary tree, so that the sum
// is the same whoever owns which; a thread adds up the whole subtrees that are its own,
// so that little goes from core to core. The number of chunks depends on the network
// alone, never on threads.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../shares.h"
#include "../step.h"
#include "zeros.h"

namespace neurona {

inline constexpr int64_t most_input_chunks = 16;
inline constexpr int most_levels = 4;  // of the tree: log2 of that

template <class T>
struct InputChunks {
  struct Chunk {
    int64_t begin, end;  // inputs
    Rows<T> x;           // a copy of their columns
    Rows<T> in_place;    // or where these are in the data set
    std::unique_ptr<Zeros> zeros;  // of these
    T* z;       // sum of the subtree that begins here, laid out as the layer's z
    T* sent_z;  // for other threads
  };
  std::vector<Chunk> chunks;  // as many as a power of two
  int64_t inputs = 0;         // of the layer
  bool scales = false;        // them

  int64_t count() const { return int64_t(chunks.size()); }

  // What a chunk's products read in this step.
  struct Input {
    Rows<T> x;
    Nonzeros nonzeros;
    bool in_place;
  };
  // A copy costs more than it brings where zeros are left out, for much of it is not read.
  Input input(const Step<T>& step, const Chunk& chunk) const {
    const Nonzeros nonzeros = chunk.zeros->in_step(step.iteration);
    const bool in_place =
        !scales && step.samples->x_type == input_of<T> && nonzeros.bits != nullptr;
    return {in_place ? chunk.in_place : chunk.x, nonzeros, in_place};
  }

  // Rows [begin, end) of an order in chunk c: each thread fetches what it will read.
  NextRows rows(const Step<T>& step, int64_t c, const int64_t* order, int64_t begin,
                int64_t end) const {
    const Samples<T>& samples = *step.samples;
    const Chunk& chunk = chunks[size_t(c)];
    const int64_t bytes = bytes_of(samples.x_type);
    return {static_cast<const char*>(samples.x) + chunk.begin * bytes,
            inputs * bytes, bytes, chunk.end - chunk.begin, order, begin, end};
  }
  // Whether a core's second-level cache has room for the next batch's rows, too, in the chunks
  // [first, last) that its thread owns.
  bool fit(const Step<T>& step, int64_t first, int64_t last) const {
    constexpr int64_t room = 512 * 1024;
    if (first == last) return true;
    const int64_t columns = chunks[size_t(last) - 1].end - chunks[size_t(first)].begin;
    return step.rows * columns * bytes_of(step.samples->x_type) <= room;
  }

  // The sums that are complete when chunk c has been added to those from `first` on.
  struct Merged {
    const T* sums[most_levels];  // to be added to chunk c's own, in this order
    int count = 0;
    int64_t place;               // the chunk where the whole sum goes
  };
  Merged merged(int64_t c, int64_t first) const {
    Merged all;
    all.place = c;
    for (int64_t size = 1; (all.place & size) != 0 && all.place - size >= first; size *= 2) {
      all.place -= size;
      all.sums[all.count++] = chunks[size_t(all.place)].z;
    }
    return all;
  }

  // Calls f(place, size) for each subtree that is left of chunks [first, last).
  template <class F>
  void each_sum(int64_t first, int64_t last, F&& f) const {
    for (int64_t place = first, size; place < last; place += size) {
      for (size = 1; (place & size) == 0 && place + 2 * size <= last; size *= 2) {
      }
      f(place, size);
    }
  }
};

}  // namespace neurona
