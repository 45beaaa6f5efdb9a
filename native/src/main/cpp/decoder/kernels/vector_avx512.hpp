#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

// Sixteen lanes in one register of AVX-512. With TENSAFE_DECODER_BF16 products of pairs are VDPBF16PS,
// which rounds as two fused multiply-adds, odd then even; with TENSAFE_DECODER_VNNI sums of bytes are
// VPDPBUSD.

namespace tensafe::decoder {
namespace {

struct Vec {
  __m512 v;
};

inline Vec load(const float* at) { return {_mm512_loadu_ps(at)}; }
inline void store(float* at, const Vec& v) { _mm512_storeu_ps(at, v.v); }
inline Vec all(float value) { return {_mm512_set1_ps(value)}; }
inline Vec zero() { return {_mm512_setzero_ps()}; }
inline Vec operator+(const Vec& a, const Vec& b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(const Vec& a, const Vec& b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(const Vec& a, const Vec& b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec operator/(const Vec& a, const Vec& b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec fma(const Vec& a, const Vec& b, const Vec& c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(const Vec& a, const Vec& b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec min(const Vec& a, const Vec& b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec absolute(const Vec& a) { return {_mm512_abs_ps(a.v)}; }
inline Vec nearest(const Vec& a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT)}; }
inline Vec power_of_two(const Vec& n) {
  const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23))};
}
inline Vec keep(const Vec& a, int from, int to, float other) {
  const auto lanes = static_cast<__mmask16>((1u << to) - (1u << from));
  return {_mm512_mask_blend_ps(lanes, _mm512_set1_ps(other), a.v)};
}

/// Bits of the nearest bfloat16, ties to even, subnormals to zero, in the upper halves.
inline __m512i upper_halves(__m512 a) {
  const __m512i bits = _mm512_castps_si512(a);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  __m512i out = _mm512_add_epi32(_mm512_add_epi32(bits, odd), _mm512_set1_epi32(0x7fff));
  const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
  const __mmask16 no_number = _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(0x7f800000));
  const __mmask16 tiny = _mm512_cmplt_epi32_mask(magnitude, _mm512_set1_epi32(0x00800000));
  out = _mm512_mask_or_epi32(out, no_number, bits, _mm512_set1_epi32(0x00400000));
  out = _mm512_and_si512(out, _mm512_set1_epi32(static_cast<int>(0xffff0000u)));
  return _mm512_mask_and_epi32(out, tiny, bits, _mm512_set1_epi32(static_cast<int>(0x80000000u)));
}
inline Vec rounded(const Vec& a) { return {_mm512_castsi512_ps(upper_halves(a.v))}; }

#if defined(TENSAFE_DECODER_BF16)

/// Two factors of a pair as bfloat16, the even one in the lower half.
struct PairElement {
  std::uint32_t bits;
};
using PairBroadcast = __m512i;
using PairVec = __m512i;
inline PairBroadcast broadcast(const PairElement* at) { return _mm512_set1_epi32(static_cast<int>(at->bits)); }
inline PairVec widen(const std::uint32_t* at) { return _mm512_loadu_si512(at); }
inline PairVec half_of(const std::uint32_t* at, bool odd) {
  return _mm512_and_si512(widen(at), _mm512_set1_epi32(odd ? static_cast<int>(0xffff0000u) : 0xffff));
}
inline Vec dot(const Vec& sum, PairBroadcast x, PairVec w) {
  return {_mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(w))};
}
inline __m512 even_of(__m512i pairs) { return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)); }
inline __m512 odd_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
}
inline void dot_apart(Vec& even, Vec& odd, PairBroadcast x, PairVec w) {
  even.v = _mm512_fmadd_ps(even_of(x), even_of(w), even.v);
  odd.v = _mm512_fmadd_ps(odd_of(x), odd_of(w), odd.v);
}
inline void store_pairs(PairElement* at, const Vec& v) {
  const __m256i halves = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(v.v), 16));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), halves);
}

#else

/// Two factors of a pair, each as float32.
struct PairElement {
  float even;
  float odd;
};
struct PairBroadcast {
  __m512 even;
  __m512 odd;
};
struct PairVec {
  __m512 even;
  __m512 odd;
};
inline PairBroadcast broadcast(const PairElement* at) {
  return {_mm512_set1_ps(at->even), _mm512_set1_ps(at->odd)};
}
inline PairVec widen(const std::uint32_t* at) {
  const __m512i pairs = _mm512_loadu_si512(at);
  return {_mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)),
          _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000u))))};
}
inline PairVec half_of(const std::uint32_t* at, bool odd) {
  const PairVec both = widen(at);
  return odd ? PairVec{_mm512_setzero_ps(), both.odd} : PairVec{both.even, _mm512_setzero_ps()};
}
inline Vec dot(const Vec& sum, const PairBroadcast& x, const PairVec& w) {
  return {_mm512_fmadd_ps(x.even, w.even, _mm512_fmadd_ps(x.odd, w.odd, sum.v))};
}
inline void dot_apart(Vec& even, Vec& odd, const PairBroadcast& x, const PairVec& w) {
  even.v = _mm512_fmadd_ps(x.even, w.even, even.v);
  odd.v = _mm512_fmadd_ps(x.odd, w.odd, odd.v);
}
inline void store_pairs(PairElement* at, const Vec& v) { store(reinterpret_cast<float*>(at), v); }

#endif

/// Sixteen bfloat16 as float32.
inline Vec load_bfloat16(const std::uint16_t* at) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
}

/// Sixteen bytes as float32.
inline Vec load_bytes(const std::int8_t* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))};
}

struct Sums {
  __m512i v;
};
inline Sums no_sums() { return {_mm512_setzero_si512()}; }

#if defined(TENSAFE_DECODER_VNNI)

/// With 128 added to the activations, which are unsigned then; `finished` takes it away again.
inline Sums dot_bytes(const Sums& sums, const std::int8_t* x, const std::int8_t* w) {
  std::int32_t four;
  __builtin_memcpy(&four, x, sizeof four);
  return {_mm512_dpbusd_epi32(sums.v, _mm512_set1_epi32(four), _mm512_loadu_si512(w))};
}
inline Vec finished(const Sums& sums, const std::int32_t* offset) {
  return {_mm512_cvtepi32_ps(_mm512_sub_epi32(sums.v, _mm512_loadu_si512(offset)))};
}
inline void store_bytes(std::int8_t* at, const Vec& whole) {
  const __m512i shifted = _mm512_add_epi32(_mm512_cvtps_epi32(whole.v), _mm512_set1_epi32(128));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm512_cvtepi32_epi8(shifted));
}

#else

inline Sums dot_bytes(const Sums& sums, const std::int8_t* x, const std::int8_t* w) {
  std::int32_t four;
  __builtin_memcpy(&four, x, sizeof four);
  const __m256i all_lanes = _mm256_set1_epi32(four);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i out[2];
  for (int half = 0; half < 2; ++half) {
    const __m256i some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 32 * half));
    out[half] = _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(some), _mm256_sign_epi8(all_lanes, some)), ones);
  }
  return {_mm512_add_epi32(sums.v, _mm512_inserti64x4(_mm512_castsi256_si512(out[0]), out[1], 1))};
}
inline Vec finished(const Sums& sums, const std::int32_t*) { return {_mm512_cvtepi32_ps(sums.v)}; }
inline void store_bytes(std::int8_t* at, const Vec& whole) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(whole.v)));
}

#endif

inline constexpr int kRowBlock = 8;
inline constexpr int kTileRows = 4;
inline constexpr int kColumnVecs = 2;
inline constexpr int kQueries = 12;
inline constexpr int kSumVecs = 24;

}  // namespace
}  // namespace tensafe::decoder
