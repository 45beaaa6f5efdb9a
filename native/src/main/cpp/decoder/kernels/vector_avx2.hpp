#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

// Sixteen lanes as two registers of AVX2, with FMA.

namespace tensafe::decoder {
namespace {

struct Vec {
  __m256 low;
  __m256 high;
};

inline Vec load(const float* at) { return {_mm256_loadu_ps(at), _mm256_loadu_ps(at + 8)}; }
inline void store(float* at, const Vec& v) {
  _mm256_storeu_ps(at, v.low);
  _mm256_storeu_ps(at + 8, v.high);
}
inline Vec all(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
inline Vec zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Vec operator+(const Vec& a, const Vec& b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline Vec operator-(const Vec& a, const Vec& b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Vec operator*(const Vec& a, const Vec& b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline Vec operator/(const Vec& a, const Vec& b) {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
inline Vec fma(const Vec& a, const Vec& b, const Vec& c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Vec max(const Vec& a, const Vec& b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Vec min(const Vec& a, const Vec& b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Vec absolute(const Vec& a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}
inline Vec nearest(const Vec& a) {
  constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(a.low, kNearest), _mm256_round_ps(a.high, kNearest)};
}
inline __m256 power_of_two(__m256 n) {
  return _mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
inline Vec power_of_two(const Vec& n) { return {power_of_two(n.low), power_of_two(n.high)}; }
inline __m256 lanes_between(int from, int to, int first) {
  const __m256i lane = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
  const __m256i before = _mm256_cmpgt_epi32(_mm256_set1_epi32(from), lane);
  return _mm256_castsi256_ps(_mm256_andnot_si256(before, _mm256_cmpgt_epi32(_mm256_set1_epi32(to), lane)));
}
inline Vec keep(const Vec& a, int from, int to, float other) {
  const __m256 rest = _mm256_set1_ps(other);
  return {_mm256_blendv_ps(rest, a.low, lanes_between(from, to, 0)),
          _mm256_blendv_ps(rest, a.high, lanes_between(from, to, 8))};
}

/// Nearest bfloat16, ties to even, subnormals to zero; as float32.
inline __m256 rounded(__m256 a) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i up = _mm256_add_epi32(_mm256_add_epi32(bits, odd), _mm256_set1_epi32(0x7fff));
  const __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
  const __m256i no_number = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7f800000));
  const __m256i tiny = _mm256_cmpgt_epi32(_mm256_set1_epi32(0x00800000), magnitude);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x00400000));
  const __m256i sign = _mm256_and_si256(bits, _mm256_set1_epi32(static_cast<int>(0x80000000u)));
  __m256i out = _mm256_blendv_epi8(up, quiet, no_number);
  out = _mm256_and_si256(out, _mm256_set1_epi32(static_cast<int>(0xffff0000u)));
  return _mm256_castsi256_ps(_mm256_blendv_epi8(out, sign, tiny));
}
inline Vec rounded(const Vec& a) { return {rounded(a.low), rounded(a.high)}; }

/// Two factors of a pair, each as float32.
struct PairElement {
  float even;
  float odd;
};
struct PairBroadcast {
  __m256 even;
  __m256 odd;
};
struct PairVec {
  Vec even;
  Vec odd;
};
inline PairBroadcast broadcast(const PairElement* at) {
  return {_mm256_broadcast_ss(&at->even), _mm256_broadcast_ss(&at->odd)};
}
inline __m256 even_of(__m256i pairs) { return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16)); }
inline __m256 odd_of(__m256i pairs) {
  return _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
}
inline PairVec widen(const std::uint32_t* at) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 8));
  return {{even_of(low), even_of(high)}, {odd_of(low), odd_of(high)}};
}
/// Of pairs (even, odd) only even or only odd; the other is 0.
inline PairVec half_of(const std::uint32_t* at, bool odd) {
  const PairVec both = widen(at);
  return odd ? PairVec{zero(), both.odd} : PairVec{both.even, zero()};
}
inline Vec dot(const Vec& sum, const PairBroadcast& x, const PairVec& w) {
  return {_mm256_fmadd_ps(x.even, w.even.low, _mm256_fmadd_ps(x.odd, w.odd.low, sum.low)),
          _mm256_fmadd_ps(x.even, w.even.high, _mm256_fmadd_ps(x.odd, w.odd.high, sum.high))};
}
inline void dot_apart(Vec& even, Vec& odd, const PairBroadcast& x, const PairVec& w) {
  even = {_mm256_fmadd_ps(x.even, w.even.low, even.low), _mm256_fmadd_ps(x.even, w.even.high, even.high)};
  odd = {_mm256_fmadd_ps(x.odd, w.odd.low, odd.low), _mm256_fmadd_ps(x.odd, w.odd.high, odd.high)};
}
inline void store_pairs(PairElement* at, const Vec& v) { store(reinterpret_cast<float*>(at), v); }

/// Sixteen bfloat16 as float32.
inline __m256 eight_bfloat16(const std::uint16_t* at) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
inline Vec load_bfloat16(const std::uint16_t* at) { return {eight_bfloat16(at), eight_bfloat16(at + 8)}; }

/// Sixteen bytes as float32.
inline Vec load_bytes(const std::int8_t* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
          _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)))};
}

struct Sums {
  __m256i low;
  __m256i high;
};
inline Sums no_sums() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
/// |w|·(x·sign w): sums of two stay below 2^15, as both are at most 127.
inline __m256i dot_bytes(__m256i sums, __m256i x, const std::int8_t* at) {
  const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline Sums dot_bytes(const Sums& sums, const std::int8_t* x, const std::int8_t* w) {
  std::int32_t four;
  __builtin_memcpy(&four, x, sizeof four);
  const __m256i all_lanes = _mm256_set1_epi32(four);
  return {dot_bytes(sums.low, all_lanes, w), dot_bytes(sums.high, all_lanes, w + 32)};
}
inline Vec finished(const Sums& sums, const std::int32_t*) {
  return {_mm256_cvtepi32_ps(sums.low), _mm256_cvtepi32_ps(sums.high)};
}
inline void store_bytes(std::int8_t* at, const Vec& whole) {
  const __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(whole.low), _mm256_cvtps_epi32(whole.high));
  const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes);
}

inline constexpr int kRowBlock = 4;
inline constexpr int kTileRows = 2;
inline constexpr int kColumnVecs = 1;
inline constexpr int kQueries = 4;
inline constexpr int kSumVecs = 4;

}  // namespace
}  // namespace tensafe::decoder
