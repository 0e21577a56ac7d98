// Numbers nearer to 0 than 1.2e-38 (float32's subnormal ones) as 0.
//
// Adam's mean of gradients that stay away, as those of a pixel that is rarely inked, gets so small
// within 900 steps, and never 0. A division of such numbers takes many times as long as others.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace neurona {

// In this thread, while it lives.
class FlushesTiny {
 public:
  explicit FlushesTiny(bool wanted) : before_(control()) {
    if (wanted) set_control(before_ | tiny_is_zero);
  }
  ~FlushesTiny() { set_control(before_); }
  FlushesTiny(const FlushesTiny&) = delete;
  FlushesTiny& operator=(const FlushesTiny&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr uint64_t tiny_is_zero = 0x8040;  // FTZ: results, DAZ: operands
  static uint64_t control() { return _mm_getcsr(); }
  static void set_control(uint64_t value) { _mm_setcsr(unsigned(value)); }
#elif defined(__aarch64__)
  static constexpr uint64_t tiny_is_zero = uint64_t(1) << 24;  // FZ: both
  static uint64_t control() {
    uint64_t value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set_control(uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value) : "memory"); }
#endif

  uint64_t before_;
};

}  // namespace neurona
