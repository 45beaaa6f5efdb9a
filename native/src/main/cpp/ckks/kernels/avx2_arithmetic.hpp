#pragma once

#include <immintrin.h>

#include <cstdint>

#include "ckks/ring/modulus.hpp"

// Modular products in double precision with fused multiply-add: h + l = a·b exactly (l = fma(a, b, −h)),
// c = round(a·b/q), r = (h − c·q) + l, every step exact while |r| < 2^53 (van der Hoeven, Lecerf,
// Quintin, "Modular SIMD arithmetic in Mathemagix", ACM TOMS 2016, section 3). AVX2 has no 64-bit
// product, so this is several times faster than integers there.
//
// Sizes, in multiples of q (8q ≤ 2^53 since q < 2^50). With a centred factor |w| ≤ q/2 and |y| ≤ B the
// rounding of y·(w/q) errs by at most 3·2^−53·B/2, so |y·w mod q| ≤ q/2 + 0.1875·B as computed here.

namespace tensafe::ckks {
namespace {

struct Constants {
  __m256d q;
  __m256d inverse;
  __m256i q_word;
};

inline Constants constants(const Modulus& m) {
  return {_mm256_set1_pd(m.as_double), _mm256_set1_pd(m.inverse),
          _mm256_set1_epi64x(static_cast<long long>(m.value))};
}

inline __m256d nearest(__m256d x) {
  return _mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/// x − q·round(x/q): magnitude at most q/2 (and a little).
inline __m256d bring_back(__m256d x, const Constants& m) {
  return _mm256_fnmadd_pd(nearest(_mm256_mul_pd(x, m.inverse)), m.q, x);
}

/// A factor with its quotient by q.
struct Factor {
  __m256d w;
  __m256d ratio;
};

inline Factor factor(__m256d w, const Constants& m) { return {w, _mm256_mul_pd(w, m.inverse)}; }
inline Factor factor(double w, const Constants& m) { return factor(_mm256_set1_pd(w), m); }

/// |y| ≤ B ≤ 8q, |w| ≤ q/2: |result| ≤ q/2 + 0.1875·B.
inline __m256d multiply_mod(__m256d y, const Factor& f, const Constants& m) {
  const __m256d high = _mm256_mul_pd(y, f.w);
  const __m256d low = _mm256_fmsub_pd(y, f.w, high);
  const __m256d quotient = nearest(_mm256_mul_pd(y, f.ratio));
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.q, high), low);
}

/// Both factors variable residues in [0, q): |result| < 0.875·q.
inline __m256d multiply_mod(__m256d a, __m256d b, const Constants& m) {
  const __m256d high = _mm256_mul_pd(a, b);
  const __m256d low = _mm256_fmsub_pd(a, b, high);
  const __m256d quotient = nearest(_mm256_mul_pd(high, m.inverse));
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.q, high), low);
}

/// Words below 2^52 to doubles: the bits become the fraction of a number in [2^52, 2^53).
inline __m256d to_double(__m256i words) {
  const __m256d magic = _mm256_set1_pd(4503599627370496.0);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(words, _mm256_castpd_si256(magic))), magic);
}

/// (−q, q) to [0, q): 1.5·2^52 moves the unit to the last bit of the fraction, where the difference of
/// the bits is the number, signed; then q is added to negative ones.
inline __m256i to_residues(__m256d x, const Constants& m) {
  const __m256d magic = _mm256_set1_pd(6755399441055744.0);
  const __m256i number = _mm256_sub_epi64(_mm256_castpd_si256(_mm256_add_pd(x, magic)),
                                          _mm256_castpd_si256(magic));
  const __m256i above = _mm256_add_epi64(number, m.q_word);
  return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(number), _mm256_castsi256_pd(above),
                                              _mm256_castsi256_pd(number)));
}

inline __m256d load_words(const std::uint64_t* at) {
  return to_double(_mm256_load_si256(reinterpret_cast<const __m256i*>(at)));
}
inline void store_words(std::uint64_t* at, __m256i words) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(at), words);
}

}  // namespace
}  // namespace tensafe::ckks
