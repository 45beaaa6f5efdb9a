#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

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

}  // namespace
}  // namespace tensafe::ckks
