#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/plain_loops.hpp"

// Numbers of 50 bits, four to 32 bytes of a register of which 25 are used: each is a shifted word joined with
// a shifted neighbour. Whole registers are stored and loaded, so the last four go one by one.

namespace tensafe::ckks {
namespace {

inline void avx2_pack(const std::uint64_t* values, std::size_t fours, std::uint8_t* out) {
  const __m256i right = _mm256_setr_epi64x(0, 14, 28, 42);
  // the last word has no neighbour: a shift by 64 leaves nothing
  const __m256i left = _mm256_setr_epi64x(50, 36, 22, 64);
  std::size_t i = 0;
  for (; i + 1 < fours; ++i) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 4 * i));
    const __m256i next = _mm256_permute4x64_epi64(v, 0x39);
    const __m256i packed = _mm256_or_si256(_mm256_srlv_epi64(v, right), _mm256_sllv_epi64(next, left));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 25 * i), packed);
  }
  if (i < fours) pack_four(values + 4 * i, out + 25 * i);
}

inline bool avx2_unpack(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, std::uint64_t* values) {
  const __m256i right = _mm256_setr_epi64x(0, 50, 36, 22);
  const __m256i left = _mm256_setr_epi64x(64, 14, 28, 42);
  const __m256i mask = _mm256_set1_epi64x((std::int64_t{1} << 50) - 1);
  const __m256i largest = _mm256_set1_epi64x(static_cast<long long>(bound - 1));
  __m256i above = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 1 < fours; ++i) {
    const __m256i word = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 25 * i));
    const __m256i before = _mm256_permute4x64_epi64(word, 0x90);
    const __m256i v = _mm256_and_si256(
        _mm256_or_si256(_mm256_srlv_epi64(before, right), _mm256_sllv_epi64(word, left)), mask);
    above = _mm256_or_si256(above, _mm256_sub_epi64(largest, v));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + 4 * i), v);
  }
  bool beyond = _mm256_movemask_pd(_mm256_castsi256_pd(above)) != 0;
  if (i < fours) {
    unpack_four(in + 25 * i, values + 4 * i);
    for (std::size_t k = 4 * i; k < 4 * i + 4; ++k) beyond |= values[k] >= bound;
  }
  return beyond;
}

inline bool avx2_unpack_digits(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, double* low,
                               double* high) {
  const __m256i right = _mm256_setr_epi64x(0, 50, 36, 22);
  const __m256i left = _mm256_setr_epi64x(64, 14, 28, 42);
  const __m256i mask = _mm256_set1_epi64x((std::int64_t{1} << 50) - 1);
  const __m256i digit = _mm256_set1_epi64x((std::int64_t{1} << kDigitBits) - 1);
  const __m256i largest = _mm256_set1_epi64x(static_cast<long long>(bound - 1));
  // a word below 2^52 is the fraction of a number in [2^52, 2^53)
  const __m256d two52 = _mm256_set1_pd(4503599627370496.0);
  const auto to_double = [&](__m256i word) {
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(word, _mm256_castpd_si256(two52))), two52);
  };
  __m256i above = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 1 < fours; ++i) {
    const __m256i word = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 25 * i));
    const __m256i before = _mm256_permute4x64_epi64(word, 0x90);
    const __m256i v = _mm256_and_si256(
        _mm256_or_si256(_mm256_srlv_epi64(before, right), _mm256_sllv_epi64(word, left)), mask);
    above = _mm256_or_si256(above, _mm256_sub_epi64(largest, v));
    _mm256_storeu_pd(low + 4 * i, to_double(_mm256_and_si256(v, digit)));
    _mm256_storeu_pd(high + 4 * i, to_double(_mm256_srli_epi64(v, kDigitBits)));
  }
  const bool beyond = _mm256_movemask_pd(_mm256_castsi256_pd(above)) != 0;
  return plain_unpack_digits(in + 25 * i, fours - i, bound, low + 4 * i, high + 4 * i) || beyond;
}

}  // namespace
}  // namespace tensafe::ckks
