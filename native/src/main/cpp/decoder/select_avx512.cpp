#include <immintrin.h>

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

namespace tensafe::decoder {
namespace {

constexpr float kNone = -__builtin_inff();

/// Up to 16 logits, the rest below all others.
inline __m512 load(const float* at, std::size_t count) {
  if (count >= kSelectLanes) return _mm512_loadu_ps(at);
  return _mm512_mask_loadu_ps(_mm512_set1_ps(kNone), static_cast<__mmask16>((1U << count) - 1), at);
}

Peak peak(const float* row, std::size_t size) {
  float max = kNone;
  std::size_t best = size;
  unsigned nan = 0;
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t end = size - from < kWeightBlock ? size : from + kWeightBlock;
    __m512 greatest = _mm512_set1_ps(kNone);
    for (std::size_t i = from; i < end; i += kSelectLanes) {
      const __m512 v = load(row + i, end - i);
      greatest = _mm512_max_ps(greatest, v);
      nan |= _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    }
    const float block = _mm512_reduce_max_ps(greatest);
    if (block > max) {
      max = block;
      best = from;
    }
  }
  if (nan != 0) return {-1, true};
  while (best < size && row[best] != max) ++best;
  return {best < size ? static_cast<std::int32_t>(best) : -1, false};
}

Found above(const float* row, std::size_t from, std::size_t size, float threshold, std::int32_t* ids,
            std::size_t room) {
  const __m512 least = _mm512_set1_ps(threshold);
  const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  std::size_t count = 0, next = from;
  for (; next < size && room - count >= kSelectLanes; next += kSelectLanes) {
    const __mmask16 found = _mm512_cmp_ps_mask(load(row + next, size - next), least, _CMP_GT_OQ);
    if (found == 0) continue;
    const __m512i id = _mm512_add_epi32(steps, _mm512_set1_epi32(static_cast<std::int32_t>(next)));
    // not compressed into memory directly: that is a long microprogram on Zen 4
    _mm512_storeu_si512(ids + count, _mm512_maskz_compress_epi32(found, id));
    count += static_cast<std::size_t>(__builtin_popcount(found));
  }
  return {count, next < size ? next : size};
}

inline __m512d exponential(__m512d t) {
  const __m512d round = _mm512_set1_pd(kRound);
  const __m512d shifted = _mm512_add_pd(_mm512_mul_pd(t, _mm512_set1_pd(kLog2E)), round);
  const __m512d k = _mm512_sub_pd(shifted, round);
  const __m512d r = _mm512_sub_pd(_mm512_sub_pd(t, _mm512_mul_pd(k, _mm512_set1_pd(kLn2High))),
                                  _mm512_mul_pd(k, _mm512_set1_pd(kLn2Low)));
  const __m512d square = _mm512_mul_pd(r, r);
  __m512d odd = _mm512_set1_pd(kSeries[0]), even = _mm512_set1_pd(kSeries[1]);
  for (std::size_t i = 2; i < sizeof kSeries / sizeof *kSeries; i += 2) {
    odd = _mm512_add_pd(_mm512_mul_pd(odd, square), _mm512_set1_pd(kSeries[i]));
    even = _mm512_add_pd(_mm512_mul_pd(even, square), _mm512_set1_pd(kSeries[i + 1]));
  }
  const __m512d power = _mm512_add_pd(_mm512_mul_pd(odd, r), even);
  const __m512i scale = _mm512_add_epi64(_mm512_slli_epi64(_mm512_castpd_si512(shifted), kExponentShift),
                                         _mm512_castpd_si512(_mm512_set1_pd(1.0)));
  return _mm512_mul_pd(power, _mm512_castsi512_pd(scale));
}

inline __m512d add_weights(__m512d sum, __m256 logits, __m512d max, __m512d scale) {
  const __m512d t = _mm512_mul_pd(_mm512_sub_pd(_mm512_cvtps_pd(logits), max), scale);
  const __mmask8 near = _mm512_cmp_pd_mask(t, _mm512_set1_pd(-kWeightReach), _CMP_GT_OQ);
  return near == 0 ? sum : _mm512_mask_add_pd(sum, near, sum, exponential(t));
}

inline double block_weight(const float* row, std::size_t size, __m512d max, __m512d scale) {
  __m512d low = _mm512_setzero_pd(), high = low;
  for (std::size_t i = 0; i < size; i += kSelectLanes) {
    const __m512 v = load(row + i, size - i);
    low = add_weights(low, _mm512_castps512_ps256(v), max, scale);
    high = add_weights(high, _mm512_extractf32x8_ps(v, 1), max, scale);
  }
  const __m512d eight = _mm512_add_pd(low, high);
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

void weigh(const float* row, std::size_t size, float max, double scale, double* sums) {
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t count = size - from < kWeightBlock ? size - from : kWeightBlock;
    *sums++ = block_weight(row + from, count, _mm512_set1_pd(static_cast<double>(max)), _mm512_set1_pd(scale));
  }
}

}  // namespace

const SelectKernels& avx512_select() {
  static const SelectKernels table{"avx512", peak, above, weigh};
  return table;
}

}  // namespace tensafe::decoder
