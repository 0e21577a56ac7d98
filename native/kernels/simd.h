// One SIMD vector type for every instruction set.
//
// The file is compiled once per instruction set (see isa_*.cpp), each time with
// other compiler flags and in another namespace, so kernels are written once.
// Arithmetic uses the compiler's vector extension (+ − * / and comparisons work
// on whole vectors); what it lacks (fused multiply-add, square root, min, max)
// is given below. Contraction is off (-ffp-contract=off): a multiply-add is
// fused only where the code says fma, so the same formula rounds the same
// wherever it is inlined.
#pragma once

#include <cstdint>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#ifndef NEURONA_ISA
#error "compile through isa_*.cpp, which name the instruction set"
#endif

#define NN_INLINE inline __attribute__((always_inline))
#define NN_INLINE_LAMBDA __attribute__((always_inline))

namespace neurona::NEURONA_ISA {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
inline constexpr int registers = 32;
#elif defined(__AVX2__)
inline constexpr int vector_bytes = 32;
inline constexpr int registers = 16;
#else
inline constexpr int vector_bytes = 16;
#if defined(__aarch64__)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif
#endif

template <class T, int bytes = vector_bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(bytes)));
  typedef T unaligned __attribute__((vector_size(bytes), aligned(alignof(T)), may_alias));
};
template <class T>
using Vec = typename VectorOf<T>::type;
using F = Vec<float>;
using D = Vec<double>;

// Integers of the same width as T: what comparisons give and bit tricks need.
template <class T>
struct BitsOf;
template <>
struct BitsOf<float> {
  using type = int32_t;
};
template <>
struct BitsOf<double> {
  using type = int64_t;
};
template <class T>
using Bits = typename VectorOf<typename BitsOf<T>::type>::type;

template <class T>
inline constexpr int lanes = vector_bytes / int(sizeof(T));

// A place, pointer or index, that the compiler takes as it is: else it takes addresses in a
// loop apart, or works out those of what follows before it, and has no registers for all.
template <class T>
NN_INLINE T as_is(T place) {
  asm("" : "+r"(place));
  return place;
}

template <class T>
NN_INLINE Vec<T> load(const T* p) {
  return *reinterpret_cast<const typename VectorOf<T>::unaligned*>(p);
}
template <class T>
NN_INLINE void store(T* p, Vec<T> v) {
  *reinterpret_cast<typename VectorOf<T>::unaligned*>(p) = v;
}

// A store that goes past the caches; p is aligned. Such stores wait for a fence (see Barrier).
#if defined(__x86_64__)
inline constexpr bool streams = true;
template <class T>
NN_INLINE void stream(T* p, Vec<T> v) {
#if defined(__AVX512F__)
  _mm512_stream_si512((__m512i*)p, (__m512i)v);
#elif defined(__AVX2__)
  _mm256_stream_si256((__m256i*)p, (__m256i)v);
#else
  _mm_stream_si128((__m128i*)p, (__m128i)v);
#endif
}
#else
inline constexpr bool streams = false;
template <class T>
NN_INLINE void stream(T* p, Vec<T> v) {
  store(p, v);
}
#endif

#if defined(__AVX512F__)
NN_INLINE F set1(float x) { return (F)_mm512_set1_ps(x); }
NN_INLINE D set1(double x) { return (D)_mm512_set1_pd(x); }
NN_INLINE F fma(F a, F b, F c) { return (F)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
NN_INLINE D fma(D a, D b, D c) { return (D)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
NN_INLINE F max(F a, F b) { return (F)_mm512_max_ps((__m512)a, (__m512)b); }
NN_INLINE D max(D a, D b) { return (D)_mm512_max_pd((__m512d)a, (__m512d)b); }
NN_INLINE F min(F a, F b) { return (F)_mm512_min_ps((__m512)a, (__m512)b); }
NN_INLINE D min(D a, D b) { return (D)_mm512_min_pd((__m512d)a, (__m512d)b); }
NN_INLINE F sqrt(F a) { return (F)_mm512_sqrt_ps((__m512)a); }
NN_INLINE D sqrt(D a) { return (D)_mm512_sqrt_pd((__m512d)a); }
#elif defined(__AVX2__)
NN_INLINE F set1(float x) { return (F)_mm256_set1_ps(x); }
NN_INLINE D set1(double x) { return (D)_mm256_set1_pd(x); }
NN_INLINE F fma(F a, F b, F c) { return (F)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
NN_INLINE D fma(D a, D b, D c) { return (D)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
NN_INLINE F max(F a, F b) { return (F)_mm256_max_ps((__m256)a, (__m256)b); }
NN_INLINE D max(D a, D b) { return (D)_mm256_max_pd((__m256d)a, (__m256d)b); }
NN_INLINE F min(F a, F b) { return (F)_mm256_min_ps((__m256)a, (__m256)b); }
NN_INLINE D min(D a, D b) { return (D)_mm256_min_pd((__m256d)a, (__m256d)b); }
NN_INLINE F sqrt(F a) { return (F)_mm256_sqrt_ps((__m256)a); }
NN_INLINE D sqrt(D a) { return (D)_mm256_sqrt_pd((__m256d)a); }
#elif defined(__x86_64__)
NN_INLINE F set1(float x) { return (F)_mm_set1_ps(x); }
NN_INLINE D set1(double x) { return (D)_mm_set1_pd(x); }
NN_INLINE F fma(F a, F b, F c) { return a * b + c; }  // the baseline has no fused form
NN_INLINE D fma(D a, D b, D c) { return a * b + c; }
NN_INLINE F max(F a, F b) { return (F)_mm_max_ps((__m128)a, (__m128)b); }
NN_INLINE D max(D a, D b) { return (D)_mm_max_pd((__m128d)a, (__m128d)b); }
NN_INLINE F min(F a, F b) { return (F)_mm_min_ps((__m128)a, (__m128)b); }
NN_INLINE D min(D a, D b) { return (D)_mm_min_pd((__m128d)a, (__m128d)b); }
NN_INLINE F sqrt(F a) { return (F)_mm_sqrt_ps((__m128)a); }
NN_INLINE D sqrt(D a) { return (D)_mm_sqrt_pd((__m128d)a); }
#elif defined(__aarch64__)
NN_INLINE F set1(float x) { return (F)vdupq_n_f32(x); }
NN_INLINE D set1(double x) { return (D)vdupq_n_f64(x); }
NN_INLINE F fma(F a, F b, F c) { return (F)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
NN_INLINE D fma(D a, D b, D c) { return (D)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
// As on x86: the second argument wins when either is not a number.
NN_INLINE F max(F a, F b) { return a > b ? a : b; }
NN_INLINE D max(D a, D b) { return a > b ? a : b; }
NN_INLINE F min(F a, F b) { return a < b ? a : b; }
NN_INLINE D min(D a, D b) { return a < b ? a : b; }
NN_INLINE F sqrt(F a) { return (F)vsqrtq_f32((float32x4_t)a); }
NN_INLINE D sqrt(D a) { return (D)vsqrtq_f64((float64x2_t)a); }
#else
#error "no vector instructions known for this machine"
#endif

// The sums of four vectors at once, as four numbers: a third of the shuffles
// that four single sums take.
typedef float Float4 __attribute__((vector_size(16), aligned(4), may_alias));
#if defined(__x86_64__)
NN_INLINE __m128 halve(__m128 v) { return v; }
#if defined(__AVX2__)
NN_INLINE __m128 halve(__m256 v) {
  return _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
}
#endif
#if defined(__AVX512F__)
NN_INLINE __m128 halve(__m512 v) {
  return halve(_mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)));
}
#define NN_SHUFFLE(name) _mm512_##name##_ps
using NativeFloat = __m512;
#elif defined(__AVX2__)
#define NN_SHUFFLE(name) _mm256_##name##_ps
using NativeFloat = __m256;
#else
#define NN_SHUFFLE(name) _mm_##name##_ps
using NativeFloat = __m128;
#endif
NN_INLINE Float4 sum4(F a, F b, F c, F d) {
  const F ab = (F)NN_SHUFFLE(unpacklo)((NativeFloat)a, (NativeFloat)b) +
               (F)NN_SHUFFLE(unpackhi)((NativeFloat)a, (NativeFloat)b);  // a b a b …
  const F cd = (F)NN_SHUFFLE(unpacklo)((NativeFloat)c, (NativeFloat)d) +
               (F)NN_SHUFFLE(unpackhi)((NativeFloat)c, (NativeFloat)d);
  const F all = (F)NN_SHUFFLE(shuffle)((NativeFloat)ab, (NativeFloat)cd, 0x44) +
                (F)NN_SHUFFLE(shuffle)((NativeFloat)ab, (NativeFloat)cd, 0xee);
  return (Float4)halve((NativeFloat)all);
}
#undef NN_SHUFFLE
#else
NN_INLINE Float4 sum4(F a, F b, F c, F d) {
  const float32x4_t ab = vpaddq_f32((float32x4_t)a, (float32x4_t)b);
  const float32x4_t cd = vpaddq_f32((float32x4_t)c, (float32x4_t)d);
  return (Float4)vpaddq_f32(ab, cd);
}
#endif

#if defined(__AVX512BF16__)
// Pairs of bfloat16: fma adds both products of a pair to the float32 sum.
using P = Vec<uint32_t>;
NN_INLINE P set1(uint32_t x) { return (P)_mm512_set1_epi32(int32_t(x)); }
NN_INLINE F fma(P a, P b, F c) { return (F)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b); }
#endif

// max and min return their second argument when either is not a number, so
// with the data second a NaN goes through.

template <class T>
NN_INLINE Vec<T> zero() {
  return Vec<T>{};
}
template <class T>
NN_INLINE Vec<T> broadcast(T x) {
  return set1(x);
}

NN_INLINE F abs(F a) { return (F)((Bits<float>)a & 0x7fffffff); }
NN_INLINE D abs(D a) { return (D)((Bits<double>)a & 0x7fffffffffffffff); }

// −1 where lane < count, else 0: picks the valid lanes of a row's last vector.
template <class T>
NN_INLINE Bits<T> first_lanes(int64_t count) {
  using Int = typename BitsOf<T>::type;
  Bits<T> index;
  for (int lane = 0; lane < lanes<T>; ++lane) index[lane] = Int(lane);
  return index < Int(count < lanes<T> ? count : lanes<T>);
}

// Which lanes are not 0, as bits, the first lane lowest.
#if defined(__AVX512F__)
NN_INLINE uint32_t nonzero_lanes(F v) {
  return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
}
NN_INLINE uint32_t nonzero_lanes(D v) {
  return _mm512_cmp_pd_mask((__m512d)v, _mm512_setzero_pd(), _CMP_NEQ_UQ);
}
#elif defined(__AVX2__)
NN_INLINE uint32_t nonzero_lanes(F v) { return uint32_t(_mm256_movemask_ps((__m256)(v != 0))); }
NN_INLINE uint32_t nonzero_lanes(D v) { return uint32_t(_mm256_movemask_pd((__m256d)(v != 0))); }
#elif defined(__x86_64__)
NN_INLINE uint32_t nonzero_lanes(F v) { return uint32_t(_mm_movemask_ps((__m128)(v != 0))); }
NN_INLINE uint32_t nonzero_lanes(D v) { return uint32_t(_mm_movemask_pd((__m128d)(v != 0))); }
#else
NN_INLINE uint32_t nonzero_lanes(F v) {
  return vaddvq_u32((uint32x4_t)((v != 0) & Bits<float>{1, 2, 4, 8}));
}
NN_INLINE uint32_t nonzero_lanes(D v) {
  return uint32_t(vaddvq_u64((uint64x2_t)((v != 0) & Bits<double>{1, 2})));
}
#endif

// Sums and maxima over the lanes by halving: a fixed order.
template <int n, class V>
NN_INLINE auto halves(V v) {
  using T = std::remove_cvref_t<decltype(v[0])>;
  struct Halves {
    typename VectorOf<T, n / 2 * int(sizeof(T))>::type low, high;
  };
  Halves result;
  __builtin_memcpy(&result, &v, sizeof result);
  return result;
}

template <class T, int n = lanes<T>, class V>
NN_INLINE T sum(V v) {
  if constexpr (n == 2) {
    return v[0] + v[1];
  } else {
    auto [low, high] = halves<n>(v);
    return sum<T, n / 2>(low + high);
  }
}
template <class T, int n = lanes<T>, class V>
NN_INLINE T largest(V v) {
  if constexpr (n == 2) {
    return v[0] > v[1] ? v[0] : v[1];
  } else {
    auto [low, high] = halves<n>(v);
    return largest<T, n / 2>(low > high ? low : high);
  }
}

}  // namespace neurona::NEURONA_ISA
