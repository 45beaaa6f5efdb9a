#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

// Sixteen logits as two registers of AVX2.

namespace tensafe::decoder {
namespace {

constexpr std::size_t kHalf = 8;
constexpr std::size_t kParts = 4;
constexpr float kNone = -__builtin_inff();

struct Lanes {
  __m256 low, high;
};
struct Nans {
  __m256 seen;
};
using Doubles = __m256d;

inline Lanes load(const float* at, std::size_t count) {
  if (count >= kSelectLanes) return {_mm256_loadu_ps(at), _mm256_loadu_ps(at + kHalf)};
  alignas(32) float padded[kSelectLanes];
  for (std::size_t i = 0; i < kSelectLanes; ++i) padded[i] = i < count ? at[i] : kNone;
  return {_mm256_load_ps(padded), _mm256_load_ps(padded + kHalf)};
}
inline Lanes all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Lanes max(const Lanes& a, const Lanes& b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline float greatest(const Lanes& v) {
  const __m256 eight = _mm256_max_ps(v.low, v.high);
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}
inline void note(Nans& nans, const Lanes& v) {
  nans.seen = _mm256_or_ps(nans.seen, _mm256_cmp_ps(v.low, v.high, _CMP_UNORD_Q));
}
inline bool any(const Nans& nans) { return _mm256_movemask_ps(nans.seen) != 0; }
inline std::size_t put_above(const Lanes& v, const Lanes& least, std::int32_t first, std::int32_t* ids) {
  const auto low = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(v.low, least.low, _CMP_GT_OQ)));
  const auto high = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(v.high, least.high, _CMP_GT_OQ)));
  std::size_t count = 0;
  for (unsigned left = low | high << kHalf; left != 0; left &= left - 1) ids[count++] = first + __builtin_ctz(left);
  return count;
}

inline Doubles spread(double x) { return _mm256_set1_pd(x); }
inline void widen(const Lanes& v, Doubles (&parts)[kParts]) {
  parts[0] = _mm256_cvtps_pd(_mm256_castps256_ps128(v.low));
  parts[1] = _mm256_cvtps_pd(_mm256_extractf128_ps(v.low, 1));
  parts[2] = _mm256_cvtps_pd(_mm256_castps256_ps128(v.high));
  parts[3] = _mm256_cvtps_pd(_mm256_extractf128_ps(v.high, 1));
}
inline Doubles times_power(Doubles x, Doubles shifted) {
  const __m256i scale = _mm256_add_epi64(_mm256_slli_epi64(_mm256_castpd_si256(shifted), kExponentShift),
                                         _mm256_castpd_si256(_mm256_set1_pd(1.0)));
  return x * _mm256_castsi256_pd(scale);
}
inline __m256d near(Doubles t) { return _mm256_cmp_pd(t, _mm256_set1_pd(-kWeightReach), _CMP_GT_OQ); }
inline bool far(Doubles t) { return _mm256_movemask_pd(near(t)) == 0; }
inline Doubles keep_near(Doubles t, Doubles x) { return _mm256_and_pd(x, near(t)); }
inline double fold(Doubles four) {
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

}  // namespace
}  // namespace tensafe::decoder

#include "decoder/select_functions.hpp"

namespace tensafe::decoder {

const SelectKernels& avx2_select() {
  static const SelectKernels table{"avx2", peak, above, weigh};
  return table;
}

}  // namespace tensafe::decoder
