// exp, log, tanh and relatives on vectors.
//
// float32: reduced argument and a polynomial of least largest error (fitted for
// this file), within 2 units in the last place. float64 calls the C library
// lane by lane: it is the precise path, not the fast one.
#pragma once

#include <cmath>

#include "simd.h"

namespace neurona::NEURONA_ISA {

template <class V, class Function>
NN_INLINE V each_lane(V x, Function&& f) {
  for (unsigned lane = 0; lane < sizeof(V) / sizeof(x[0]); ++lane) x[lane] = f(x[lane]);
  return x;
}

// eˣ = 2ⁿ eʳ with n = round(x / ln 2). Adding 1.5·2²³ rounds to a whole number
// in the low bits; ln 2 in two parts keeps r exact.
NN_INLINE F exp(F x) {
  const F magic = set1(12582912.0f);
  const F bounded = min(set1(89.0f), max(set1(-104.0f), x));
  const F shifted = fma(bounded, set1(1.44269504088896341f), magic);
  const F n = shifted - magic;
  F r = fma(n, set1(-0.693359375f), bounded);
  r = fma(n, set1(2.12194440e-4f), r);
  F p = set1(0.0013950476816f);
  p = fma(p, r, set1(0.0083688824342f));
  p = fma(p, r, set1(0.0416662060139f));
  p = fma(p, r, set1(0.1666651889666f));
  p = fma(p, r, set1(0.5000000095122f));
  p = fma(p, r * r, r) + set1(1.0f);
  // 2ⁿ in two factors, so that n = 128 and subnormal results come out right
  using I = Bits<float>;
  const I whole = (I)shifted - (I)magic;
  const I first = whole >> 1;
  const F scale1 = (F)((first + 127) << 23);
  const F scale2 = (F)((whole - first + 127) << 23);
  return p * scale1 * scale2;
}
NN_INLINE D exp(D x) {
  return each_lane(x, [](double v) { return std::exp(v); });
}

// ln x = e ln 2 + ln m with m in [√½, √2).
NN_INLINE F log(F x) {
  using I = Bits<float>;
  const I small = x < 1.17549435e-38f;
  const F scaled = small ? x * 8388608.0f : x;
  const I bits = (I)scaled;
  // exponent such that the mantissa lies in [√½, √2)
  const I e = (bits - 0x3f3504f3) >> 23;
  const F f = (F)(bits - (e << 23)) - 1.0f;
  const F n = __builtin_convertvector(e, F) - (small ? zero<float>() + 23.0f : zero<float>());
  F p = set1(0.06746601237802904f);
  p = fma(p, f, set1(-0.11675641265122419f));
  p = fma(p, f, set1(0.11888174619355542f));
  p = fma(p, f, set1(-0.124055914253178f));
  p = fma(p, f, set1(0.1421955090633822f));
  p = fma(p, f, set1(-0.16667995666530203f));
  p = fma(p, f, set1(0.2000211873228111f));
  p = fma(p, f, set1(-0.250000096036665f));
  p = fma(p, f, set1(0.33333312602801685f));
  const F ff = f * f;
  F y = fma(p * f, ff, n * set1(-2.12194440e-4f));
  y = fma(set1(-0.5f), ff, y);
  y = fma(n, set1(0.693359375f), f + y);
  y = x == set1(__builtin_inff()) ? x : y;
  y = x > 0.0f ? y : (x == 0.0f ? set1(-__builtin_inff()) : set1(__builtin_nanf("")));
  return y;
}
NN_INLINE D log(D x) {
  return each_lane(x, [](double v) { return std::log(v); });
}

// ln(1 + x): the rounding of 1 + x is made good by the factor x / (u − 1).
NN_INLINE F log1p(F x) {
  const F u = x + 1.0f;
  const F d = u - 1.0f;
  const F exact = log(u) * (x / (d == 0.0f ? set1(1.0f) : d));
  return d == 0.0f ? x : (u == set1(__builtin_inff()) ? u : exact);
}
NN_INLINE D log1p(D x) {
  return each_lane(x, [](double v) { return std::log1p(v); });
}

NN_INLINE F expm1(F x) {
  const F u = exp(x);
  const F r = x;
  // near 0 the series to x⁷; elsewhere e^x − 1 loses nothing that matters
  F p = set1(1.0f / 5040);
  p = fma(p, r, set1(1.0f / 720));
  p = fma(p, r, set1(1.0f / 120));
  p = fma(p, r, set1(1.0f / 24));
  p = fma(p, r, set1(1.0f / 6));
  p = fma(p, r, set1(0.5f));
  p = fma(p, r * r, r);
  return abs(x) < 0.4f ? p : u - 1.0f;
}
NN_INLINE D expm1(D x) {
  return each_lane(x, [](double v) { return std::expm1(v); });
}

NN_INLINE F tanh(F x) {
  const F u = x * x;
  F p = set1(-0.005717036546634388f);
  p = fma(p, u, set1(0.020650578989478027f));
  p = fma(p, u, set1(-0.05374349525657238f));
  p = fma(p, u, set1(0.13331491248449387f));
  p = fma(p, u, set1(-0.3333328392358786f));
  const F near = fma(p * u, x, x);
  const F e = exp(abs(x) * -2.0f);
  const F far = (1.0f - e) / (1.0f + e);
  const F signed_far = x < 0.0f ? -far : far;
  return abs(x) < 0.625f ? near : signed_far;
}
NN_INLINE D tanh(D x) {
  return each_lane(x, [](double v) { return std::tanh(v); });
}

template <class V>
NN_INLINE V sigmoid(V x) {
  return 1 / (1 + exp(-x));
}

// Softplus ln(1 + eˣ), without overflow.
template <class T>
NN_INLINE Vec<T> softplus(Vec<T> x) {
  return max(zero<T>(), x) + log1p(exp(-abs(x)));
}

// Abramowitz & Stegun (1964), 7.1.26: absolute error below 1.5e-7.
NN_INLINE F erf(F x) {
  const F t = 1.0f / fma(abs(x), set1(0.3275911f), set1(1.0f));
  F p = set1(1.061405429f);
  p = fma(p, t, set1(-1.453152027f));
  p = fma(p, t, set1(1.421413741f));
  p = fma(p, t, set1(-0.284496736f));
  p = fma(p, t, set1(0.254829592f));
  const F y = 1.0f - p * t * exp(-(x * x));
  return x < 0.0f ? -y : y;
}
NN_INLINE D erf(D x) {
  return each_lane(x, [](double v) { return std::erf(v); });
}
template <class V>
NN_INLINE V atan(V x) {
  return each_lane(x, [](auto v) { return std::atan(v); });
}

}  // namespace neurona::NEURONA_ISA
