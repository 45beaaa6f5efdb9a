#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

// Sixteen logits as one register of AVX-512.

namespace tensafe::decoder {
namespace {

constexpr std::size_t kParts = 2;
constexpr float kNone = -__builtin_inff();

struct Lanes {
  __m512 all;
};
struct Nans {
  unsigned seen;
};
using Doubles = __m512d;

inline Lanes load(const float* at, std::size_t count) {
  if (count >= kSelectLanes) return {_mm512_loadu_ps(at)};
  return {_mm512_mask_loadu_ps(_mm512_set1_ps(kNone), static_cast<__mmask16>((1U << count) - 1), at)};
}
inline Lanes all(float x) { return {_mm512_set1_ps(x)}; }
inline Lanes max(const Lanes& a, const Lanes& b) { return {_mm512_max_ps(a.all, b.all)}; }
inline float greatest(const Lanes& v) { return _mm512_reduce_max_ps(v.all); }
inline void note(Nans& nans, const Lanes& v) { nans.seen |= _mm512_cmp_ps_mask(v.all, v.all, _CMP_UNORD_Q); }
inline bool any(const Nans& nans) { return nans.seen != 0; }
inline std::size_t put_above(const Lanes& v, const Lanes& least, std::int32_t first, std::int32_t* ids) {
  const __mmask16 found = _mm512_cmp_ps_mask(v.all, least.all, _CMP_GT_OQ);
  if (found == 0) return 0;
  const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  // not compressed into memory directly: that is a long microprogram on Zen 4
  _mm512_storeu_si512(ids, _mm512_maskz_compress_epi32(found, _mm512_add_epi32(steps, _mm512_set1_epi32(first))));
  return static_cast<std::size_t>(__builtin_popcount(found));
}

inline Doubles spread(double x) { return _mm512_set1_pd(x); }
inline void widen(const Lanes& v, Doubles (&parts)[kParts]) {
  parts[0] = _mm512_cvtps_pd(_mm512_castps512_ps256(v.all));
  parts[1] = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v.all, 1));
}
inline Doubles times_power(Doubles x, Doubles shifted) {
  const __m512i scale = _mm512_add_epi64(_mm512_slli_epi64(_mm512_castpd_si512(shifted), kExponentShift),
                                         _mm512_castpd_si512(_mm512_set1_pd(1.0)));
  return x * _mm512_castsi512_pd(scale);
}
inline __mmask8 near(Doubles t) { return _mm512_cmp_pd_mask(t, _mm512_set1_pd(-kWeightReach), _CMP_GT_OQ); }
inline bool far(Doubles t) { return near(t) == 0; }
inline Doubles keep_near(Doubles t, Doubles x) { return _mm512_maskz_mov_pd(near(t), x); }
inline double fold(Doubles eight) {
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

}  // namespace
}  // namespace tensafe::decoder

#include "decoder/select_functions.hpp"

namespace tensafe::decoder {

const SelectKernels& avx512_select() {
  static const SelectKernels table{"avx512", peak, above, weigh};
  return table;
}

}  // namespace tensafe::decoder
