#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/avx2_bits.hpp"
#include "ckks/kernels/plain_loops.hpp"

// Loops that the compiler makes less of than there is. They have nothing to emulate: the plain loops beside
// them say what they do.

namespace tensafe::ckks {
namespace {

/// Bisection, sixteen numbers at a time. The thresholds that are compared with are picked by permutations of
/// registers, whose time does not depend on what is picked.
inline void avx512_gaussian(const std::uint32_t* random, std::int8_t* out, std::size_t n,
                            const std::int32_t* thresholds) {
  static_assert(kGaussianThresholds == 20);
  // what must be exceeded; from the 21st on nothing exceeds it
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i never = _mm512_set1_epi32(INT32_MAX);
  alignas(64) std::int32_t sorted[48];
  _mm512_store_si512(sorted, _mm512_sub_epi32(_mm512_loadu_si512(thresholds), one));
  _mm512_store_si512(sorted + 16, _mm512_mask_sub_epi32(never, 0x000f, _mm512_maskz_loadu_epi32(0x000f, thresholds + 16), one));
  _mm512_store_si512(sorted + 32, never);
  // a step from place m compares with entry m + step − 1
  const __m512i at16 = _mm512_set1_epi32(sorted[15]);
  const __m512i at8[2] = {_mm512_set1_epi32(sorted[7]), _mm512_set1_epi32(sorted[23])};
  const __m512i at4[2] = {_mm512_loadu_si512(sorted + 3), _mm512_loadu_si512(sorted + 19)};
  const __m512i at2[2] = {_mm512_loadu_si512(sorted + 1), _mm512_loadu_si512(sorted + 17)};
  const __m512i at1[2] = {_mm512_loadu_si512(sorted), _mm512_loadu_si512(sorted + 16)};
  const __m512i steps[4] = {_mm512_set1_epi32(16), _mm512_set1_epi32(8), _mm512_set1_epi32(4), _mm512_set1_epi32(2)};
  const auto step = [](__m512i place, __m512i uniform, __m512i threshold, __m512i by) {
    return _mm512_mask_add_epi32(place, _mm512_cmpgt_epi32_mask(uniform, threshold), place, by);
  };
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m512i words = _mm512_loadu_si512(random + i);
    const __m512i uniform = _mm512_srli_epi32(words, 1);
    const __mmask16 upper = _mm512_cmpgt_epi32_mask(uniform, at16);
    __m512i place = _mm512_maskz_mov_epi32(upper, steps[0]);
    place = step(place, uniform, _mm512_mask_blend_epi32(upper, at8[0], at8[1]), steps[1]);
    place = step(place, uniform, _mm512_permutex2var_epi32(at4[0], place, at4[1]), steps[2]);
    place = step(place, uniform, _mm512_permutex2var_epi32(at2[0], place, at2[1]), steps[3]);
    place = step(place, uniform, _mm512_permutex2var_epi32(at1[0], place, at1[1]), one);
    // 20 at most: a shift of the lowest bit to the sign makes the number negative or not
    const __m512i sign = _mm512_srai_epi32(_mm512_slli_epi32(words, 31), 31);
    const __m512i number = _mm512_sub_epi32(_mm512_xor_si512(place, sign), sign);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm512_cvtepi32_epi8(number));
  }
  plain_gaussian(random + i, out + i, n - i, thresholds);
}

/// avx2_pack, eight numbers at a time. The upper half's store runs 7 bytes over, into the next four.
inline void avx512_pack(const std::uint64_t* values, std::size_t fours, std::uint8_t* out) {
  const __m512i right = _mm512_setr_epi64(0, 14, 28, 42, 0, 14, 28, 42);
  const __m512i left = _mm512_setr_epi64(50, 36, 22, 64, 50, 36, 22, 64);
  std::size_t i = 0;
  for (; i + 2 < fours; i += 2) {
    const __m512i v = _mm512_loadu_si512(values + 4 * i);
    const __m512i next = _mm512_permutex_epi64(v, 0x39);
    const __m512i packed = _mm512_or_si512(_mm512_srlv_epi64(v, right), _mm512_sllv_epi64(next, left));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 25 * i), _mm512_castsi512_si256(packed));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 25 * i + 25), _mm512_extracti64x4_epi64(packed, 1));
  }
  avx2_pack(values + 4 * i, fours - i, out + 25 * i);
}

/// Eight numbers from 50 bytes of 57.
inline __m512i avx512_unpack_eight(const std::uint8_t* in) {
  const __m512i right = _mm512_setr_epi64(0, 50, 36, 22, 0, 50, 36, 22);
  const __m512i left = _mm512_setr_epi64(64, 14, 28, 42, 64, 14, 28, 42);
  const __m512i mask = _mm512_set1_epi64((std::int64_t{1} << 50) - 1);
  const __m512i word =
      _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in))),
                         _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 25)), 1);
  const __m512i before = _mm512_permutex_epi64(word, 0x90);
  return _mm512_and_si512(_mm512_or_si512(_mm512_srlv_epi64(before, right), _mm512_sllv_epi64(word, left)), mask);
}

inline bool avx512_unpack(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, std::uint64_t* values) {
  const __m512i largest = _mm512_set1_epi64(static_cast<long long>(bound - 1));
  __m512i above = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 2 < fours; i += 2) {
    const __m512i v = avx512_unpack_eight(in + 25 * i);
    above = _mm512_or_si512(above, _mm512_sub_epi64(largest, v));
    _mm512_storeu_si512(values + 4 * i, v);
  }
  const bool beyond = _mm512_movepi64_mask(above) != 0;
  return avx2_unpack(in + 25 * i, fours - i, bound, values + 4 * i) || beyond;
}

inline bool avx512_unpack_digits(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, double* low,
                                 double* high) {
  const __m512i digit = _mm512_set1_epi64((std::int64_t{1} << kDigitBits) - 1);
  const __m512i largest = _mm512_set1_epi64(static_cast<long long>(bound - 1));
  __m512i above = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 2 < fours; i += 2) {
    const __m512i v = avx512_unpack_eight(in + 25 * i);
    above = _mm512_or_si512(above, _mm512_sub_epi64(largest, v));
    _mm512_storeu_pd(low + 4 * i, _mm512_cvtepi64_pd(_mm512_and_si512(v, digit)));
    _mm512_storeu_pd(high + 4 * i, _mm512_cvtepi64_pd(_mm512_srli_epi64(v, kDigitBits)));
  }
  const bool beyond = _mm512_movepi64_mask(above) != 0;
  return avx2_unpack_digits(in + 25 * i, fours - i, bound, low + 4 * i, high + 4 * i) || beyond;
}

}  // namespace
}  // namespace tensafe::ckks
