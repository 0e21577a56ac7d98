// Counter-based random numbers: twin of neurona.random.Stream.
//
// Philox4x64-10 (Salmon, Moraes, Dror & Shaw 2011). Word i of a stream is word
// i % 4 of the block at counter (1 + i / 4, major, minor, purpose) under key
// (seed, 0), so any thread can draw any element of a batch by itself.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace neurona {

class Stream {
 public:
  static constexpr uint64_t layer_purpose = 3;

  Stream(uint64_t seed, uint64_t major, uint64_t minor, uint64_t purpose = layer_purpose)
      : seed_(seed), major_(major), minor_(minor), purpose_(purpose) {}

  uint64_t word(uint64_t index) {
    if (index / 4 != block_) {
      block_ = index / 4;
      words_ = block(block_);
    }
    return words_[index % 4];
  }

  // Words 4 · index to 4 · index + 3.
  std::array<uint64_t, 4> block(uint64_t index) const {
    uint64_t c0 = index + 1, c1 = major_, c2 = minor_, c3 = purpose_;
    uint64_t k0 = seed_, k1 = 0;
    for (int round = 0; round < 10; ++round) {
      const auto p0 = static_cast<unsigned __int128>(c0) * 0xD2E7470EE14C6C93u;
      const auto p1 = static_cast<unsigned __int128>(c2) * 0xCA5A826395121157u;
      const uint64_t next0 = uint64_t(p1 >> 64) ^ c1 ^ k0, next2 = uint64_t(p0 >> 64) ^ c3 ^ k1;
      c0 = next0;
      c1 = uint64_t(p1);
      c2 = next2;
      c3 = uint64_t(p0);
      k0 += 0x9E3779B97F4A7C15u;
      k1 += 0xBB67AE8584CAA73Bu;
    }
    return {c0, c1, c2, c3};
  }

  // In [0, 1).
  double uniform(uint64_t index) { return double(word(index) >> 11) * 0x1p-53; }

 private:
  uint64_t seed_, major_, minor_, purpose_;
  uint64_t block_ = ~uint64_t(0);
  std::array<uint64_t, 4> words_{};
};

// Element `index` of `count` standard normal numbers, by Box & Muller (1958):
// r cos θ of all pairs, then r sin θ. Two streams, since each keeps one block.
inline double normal(Stream& radii, Stream& angles, uint64_t index, uint64_t count) {
  const uint64_t pairs = (count + 1) / 2;
  const uint64_t pair = index < pairs ? index : index - pairs;
  const double radius = std::sqrt(-2.0 * std::log1p(-radii.uniform(pair)));
  const double angle = 2.0 * 3.14159265358979323846 * angles.uniform(pairs + pair);
  return radius * (index < pairs ? std::cos(angle) : std::sin(angle));
}

}  // namespace neurona
