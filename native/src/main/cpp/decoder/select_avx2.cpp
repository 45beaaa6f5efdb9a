#include <immintrin.h>

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

namespace tensafe::decoder {
namespace {

constexpr int kHalf = 8;
constexpr float kNone = -__builtin_inff();

/// Up to 16 logits, the rest below all others.
struct Lanes {
  __m256 low, high;
};

inline Lanes load(const float* at, std::size_t count) {
  if (count >= kSelectLanes) return {_mm256_loadu_ps(at), _mm256_loadu_ps(at + kHalf)};
  alignas(32) float padded[kSelectLanes];
  for (std::size_t i = 0; i < kSelectLanes; ++i) padded[i] = i < count ? at[i] : kNone;
  return {_mm256_load_ps(padded), _mm256_load_ps(padded + kHalf)};
}

inline float greatest(__m256 v) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

Peak peak(const float* row, std::size_t size) {
  float max = kNone;
  std::size_t best = size;
  __m256 nan = _mm256_setzero_ps();
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t end = size - from < kWeightBlock ? size : from + kWeightBlock;
    __m256 low = _mm256_set1_ps(kNone), high = low;
    for (std::size_t i = from; i < end; i += kSelectLanes) {
      const Lanes v = load(row + i, end - i);
      low = _mm256_max_ps(low, v.low);
      high = _mm256_max_ps(high, v.high);
      nan = _mm256_or_ps(nan, _mm256_cmp_ps(v.low, v.high, _CMP_UNORD_Q));
    }
    const float block = greatest(_mm256_max_ps(low, high));
    if (block > max) {
      max = block;
      best = from;
    }
  }
  if (_mm256_movemask_ps(nan) != 0) return {-1, true};
  while (best < size && row[best] != max) ++best;
  return {best < size ? static_cast<std::int32_t>(best) : -1, false};
}

Found above(const float* row, std::size_t from, std::size_t size, float threshold, std::int32_t* ids,
            std::size_t room) {
  const __m256 least = _mm256_set1_ps(threshold);
  std::size_t count = 0, next = from;
  for (; next < size && room - count >= kSelectLanes; next += kSelectLanes) {
    const Lanes v = load(row + next, size - next);
    const auto low = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(v.low, least, _CMP_GT_OQ)));
    const auto high = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(v.high, least, _CMP_GT_OQ)));
    for (unsigned left = low | high << kHalf; left != 0; left &= left - 1) {
      ids[count++] = static_cast<std::int32_t>(next) + __builtin_ctz(left);
    }
  }
  return {count, next < size ? next : size};
}

inline __m256d exponential(__m256d t) {
  const __m256d round = _mm256_set1_pd(kRound);
  const __m256d shifted = _mm256_add_pd(_mm256_mul_pd(t, _mm256_set1_pd(kLog2E)), round);
  const __m256d k = _mm256_sub_pd(shifted, round);
  const __m256d r = _mm256_sub_pd(_mm256_sub_pd(t, _mm256_mul_pd(k, _mm256_set1_pd(kLn2High))),
                                  _mm256_mul_pd(k, _mm256_set1_pd(kLn2Low)));
  const __m256d square = _mm256_mul_pd(r, r);
  __m256d odd = _mm256_set1_pd(kSeries[0]), even = _mm256_set1_pd(kSeries[1]);
  for (std::size_t i = 2; i < sizeof kSeries / sizeof *kSeries; i += 2) {
    odd = _mm256_add_pd(_mm256_mul_pd(odd, square), _mm256_set1_pd(kSeries[i]));
    even = _mm256_add_pd(_mm256_mul_pd(even, square), _mm256_set1_pd(kSeries[i + 1]));
  }
  const __m256d power = _mm256_add_pd(_mm256_mul_pd(odd, r), even);
  const __m256i scale = _mm256_add_epi64(_mm256_slli_epi64(_mm256_castpd_si256(shifted), kExponentShift),
                                         _mm256_castpd_si256(_mm256_set1_pd(1.0)));
  return _mm256_mul_pd(power, _mm256_castsi256_pd(scale));
}

inline __m256d add_weights(__m256d sum, __m128 logits, __m256d max, __m256d scale) {
  const __m256d t = _mm256_mul_pd(_mm256_sub_pd(_mm256_cvtps_pd(logits), max), scale);
  const __m256d near = _mm256_cmp_pd(t, _mm256_set1_pd(-kWeightReach), _CMP_GT_OQ);
  if (_mm256_movemask_pd(near) == 0) return sum;
  return _mm256_add_pd(sum, _mm256_and_pd(exponential(t), near));
}

inline double block_weight(const float* row, std::size_t size, __m256d max, __m256d scale) {
  __m256d sums[4];
  for (__m256d& sum : sums) sum = _mm256_setzero_pd();
  for (std::size_t i = 0; i < size; i += kSelectLanes) {
    const Lanes v = load(row + i, size - i);
    sums[0] = add_weights(sums[0], _mm256_castps256_ps128(v.low), max, scale);
    sums[1] = add_weights(sums[1], _mm256_extractf128_ps(v.low, 1), max, scale);
    sums[2] = add_weights(sums[2], _mm256_castps256_ps128(v.high), max, scale);
    sums[3] = add_weights(sums[3], _mm256_extractf128_ps(v.high, 1), max, scale);
  }
  const __m256d four = _mm256_add_pd(_mm256_add_pd(sums[0], sums[2]), _mm256_add_pd(sums[1], sums[3]));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

void weigh(const float* row, std::size_t size, float max, double scale, double* sums) {
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t count = size - from < kWeightBlock ? size - from : kWeightBlock;
    *sums++ = block_weight(row + from, count, _mm256_set1_pd(static_cast<double>(max)), _mm256_set1_pd(scale));
  }
}

}  // namespace

const SelectKernels& avx2_select() {
  static const SelectKernels table{"avx2", peak, above, weigh};
  return table;
}

}  // namespace tensafe::decoder
