#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/kernels.hpp"
#include "kernels/plain_loops.hpp"

// Modular products in double precision with fused multiply-add: h + l = a·b exactly (l = fma(a, b, −h)),
// c = round(a·b/q), r = (h − c·q) + l, every step exact while |r| < 2^53 (van der Hoeven, Lecerf,
// Quintin, "Modular SIMD arithmetic in Mathemagix", ACM TOMS 2016, section 3). AVX2 has no 64-bit
// product, so this is several times faster than integers there.
//
// Sizes, in multiples of q (8q ≤ 2^53 since q < 2^50). With a centred factor |w| ≤ q/2 and |y| ≤ B the
// rounding of y·(w/q) errs by at most 3·2^−53·B/2, so |y·w mod q| ≤ q/2 + 0.1875·B as computed here.
// Forward: B grows to 1.1875·B + q/2 each level: from 1 (residues) to 7.62 in six levels, from 0.5 to
// 7.87 in seven. Values are brought back to q/2 before more than six levels have passed.
// Inverse: two levels map B to at most max(0.5·q, q/2 + 0.75·B) when sums are brought back, hence
// B ≤ 2q throughout.

namespace tensafe::ckks {
namespace {

constexpr int kLevelsBetweenReductions = 6;

struct Constants {
  __m256d q;
  __m256d inverse;
  __m256i q_word;
};

Constants constants(const Modulus& m) {
  return {_mm256_set1_pd(m.as_double), _mm256_set1_pd(m.inverse),
          _mm256_set1_epi64x(static_cast<long long>(m.value))};
}

__m256d nearest(__m256d x) { return _mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

/// x − q·round(x/q): magnitude at most q/2 (and a little).
__m256d bring_back(__m256d x, const Constants& m) {
  return _mm256_fnmadd_pd(nearest(_mm256_mul_pd(x, m.inverse)), m.q, x);
}

/// A factor with its quotient by q.
struct Factor {
  __m256d w;
  __m256d ratio;
};

Factor factor(__m256d w, const Constants& m) { return {w, _mm256_mul_pd(w, m.inverse)}; }
Factor factor(double w, const Constants& m) { return factor(_mm256_set1_pd(w), m); }

__m256d multiply_mod(__m256d y, const Factor& f, const Constants& m) {
  const __m256d high = _mm256_mul_pd(y, f.w);
  const __m256d low = _mm256_fmsub_pd(y, f.w, high);
  const __m256d quotient = nearest(_mm256_mul_pd(y, f.ratio));
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.q, high), low);
}

/// Both factors variable residues in [0, q): |result| < 0.875·q.
__m256d multiply_mod(__m256d a, __m256d b, const Constants& m) {
  const __m256d high = _mm256_mul_pd(a, b);
  const __m256d low = _mm256_fmsub_pd(a, b, high);
  const __m256d quotient = nearest(_mm256_mul_pd(high, m.inverse));
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.q, high), low);
}

/// Words below 2^52 to doubles: the bits become the fraction of a number in [2^52, 2^53).
__m256d to_double(__m256i words) {
  const __m256d magic = _mm256_set1_pd(4503599627370496.0);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(words, _mm256_castpd_si256(magic))), magic);
}

/// (−q, q) to [0, q): 1.5·2^52 moves the unit to the last bit of the fraction, where the difference of
/// the bits is the number, signed; then q is added to negative ones.
__m256i to_residues(__m256d x, const Constants& m) {
  const __m256d magic = _mm256_set1_pd(6755399441055744.0);
  const __m256i number = _mm256_sub_epi64(_mm256_castpd_si256(_mm256_add_pd(x, magic)),
                                          _mm256_castpd_si256(magic));
  const __m256i above = _mm256_add_epi64(number, m.q_word);
  return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(number), _mm256_castsi256_pd(above),
                                              _mm256_castsi256_pd(number)));
}

__m256d load_words(const std::uint64_t* at) {
  return to_double(_mm256_load_si256(reinterpret_cast<const __m256i*>(at)));
}
void store_words(std::uint64_t* at, __m256i words) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(at), words);
}
// Between the passes of a transform its words hold doubles.
__m256d load_double(const std::uint64_t* at) {
  return _mm256_castsi256_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(at)));
}
void store_double(std::uint64_t* at, __m256d x) { store_words(at, _mm256_castpd_si256(x)); }

enum class Format { kResidues, kDoubles };

template <Format kFrom>
__m256d load(const std::uint64_t* at) {
  return kFrom == Format::kResidues ? load_words(at) : load_double(at);
}

void transpose(__m256d& a, __m256d& b, __m256d& c, __m256d& d) {
  const __m256d ab_low = _mm256_unpacklo_pd(a, b);
  const __m256d ab_high = _mm256_unpackhi_pd(a, b);
  const __m256d cd_low = _mm256_unpacklo_pd(c, d);
  const __m256d cd_high = _mm256_unpackhi_pd(c, d);
  a = _mm256_permute2f128_pd(ab_low, cd_low, 0x20);
  b = _mm256_permute2f128_pd(ab_high, cd_high, 0x20);
  c = _mm256_permute2f128_pd(ab_low, cd_low, 0x31);
  d = _mm256_permute2f128_pd(ab_high, cd_high, 0x31);
}

// --- forward -------------------------------------------------------------------------------------

template <Format kFrom>
void forward_one_level(std::uint64_t* p, std::size_t n, const double* roots, const Constants& m) {
  // only ever the first level: one block
  const std::size_t half = n / 2;
  const Factor w = factor(roots[1], m);
  for (std::size_t i = 0; i < half; i += 4) {
    const __m256d x = load<kFrom>(p + i);
    const __m256d y = multiply_mod(load<kFrom>(p + half + i), w, m);
    store_double(p + i, _mm256_add_pd(x, y));
    store_double(p + half + i, _mm256_sub_pd(x, y));
  }
}

template <Format kFrom, bool kBringBack>
void forward_two_levels(std::uint64_t* p, std::size_t n, std::size_t blocks, const double* roots,
                        const Constants& m) {
  const std::size_t quarter = n / blocks / 4;
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor outer = factor(roots[blocks + block], m);
    const Factor left = factor(roots[2 * (blocks + block)], m);
    const Factor right = factor(roots[2 * (blocks + block) + 1], m);
    std::uint64_t* p0 = p + block * 4 * quarter;
    std::uint64_t* p1 = p0 + quarter;
    std::uint64_t* p2 = p1 + quarter;
    std::uint64_t* p3 = p2 + quarter;
    for (std::size_t i = 0; i < quarter; i += 4) {
      __m256d x0 = load<kFrom>(p0 + i);
      __m256d x1 = load<kFrom>(p1 + i);
      __m256d x2 = load<kFrom>(p2 + i);
      __m256d x3 = load<kFrom>(p3 + i);
      if constexpr (kBringBack) {
        x0 = bring_back(x0, m);
        x1 = bring_back(x1, m);
        x2 = bring_back(x2, m);
        x3 = bring_back(x3, m);
      }
      const __m256d y2 = multiply_mod(x2, outer, m);
      const __m256d y3 = multiply_mod(x3, outer, m);
      const __m256d a0 = _mm256_add_pd(x0, y2);
      const __m256d a1 = multiply_mod(_mm256_add_pd(x1, y3), left, m);
      const __m256d a2 = _mm256_sub_pd(x0, y2);
      const __m256d a3 = multiply_mod(_mm256_sub_pd(x1, y3), right, m);
      store_double(p0 + i, _mm256_add_pd(a0, a1));
      store_double(p1 + i, _mm256_sub_pd(a0, a1));
      store_double(p2 + i, _mm256_add_pd(a2, a3));
      store_double(p3 + i, _mm256_sub_pd(a2, a3));
    }
  }
}

template <bool kBringBack>
void forward_tail(std::uint64_t* p, std::size_t n, const double* tail, const Constants& m) {
  for (std::size_t i = 0; i < n; i += 16, tail += 12) {
    __m256d x0 = load_double(p + i);
    __m256d x1 = load_double(p + i + 4);
    __m256d x2 = load_double(p + i + 8);
    __m256d x3 = load_double(p + i + 12);
    if constexpr (kBringBack) {
      x0 = bring_back(x0, m);
      x1 = bring_back(x1, m);
      x2 = bring_back(x2, m);
      x3 = bring_back(x3, m);
    }
    transpose(x0, x1, x2, x3);
    const Factor outer = factor(_mm256_load_pd(tail), m);
    const __m256d y2 = multiply_mod(x2, outer, m);
    const __m256d y3 = multiply_mod(x3, outer, m);
    const __m256d a0 = _mm256_add_pd(x0, y2);
    const __m256d a1 = multiply_mod(_mm256_add_pd(x1, y3), factor(_mm256_load_pd(tail + 4), m), m);
    const __m256d a2 = _mm256_sub_pd(x0, y2);
    const __m256d a3 = multiply_mod(_mm256_sub_pd(x1, y3), factor(_mm256_load_pd(tail + 8), m), m);
    x0 = bring_back(_mm256_add_pd(a0, a1), m);
    x1 = bring_back(_mm256_sub_pd(a0, a1), m);
    x2 = bring_back(_mm256_add_pd(a2, a3), m);
    x3 = bring_back(_mm256_sub_pd(a2, a3), m);
    transpose(x0, x1, x2, x3);
    store_words(p + i, to_residues(x0, m));
    store_words(p + i + 4, to_residues(x1, m));
    store_words(p + i + 8, to_residues(x2, m));
    store_words(p + i + 12, to_residues(x3, m));
  }
}

void ntt_forward(std::uint64_t* p, const NttTables& tables) {
  const std::size_t n = tables.degree();
  const Constants m = constants(tables.modulus());
  const double* roots = tables.forward().centred.data();
  const int upper_levels = tables.log_degree() - 2;
  int since = 0;
  std::size_t blocks = 1;
  if (upper_levels % 2 == 1) {
    forward_one_level<Format::kResidues>(p, n, roots, m);
    blocks = 2;
    since = 1;
  } else {
    forward_two_levels<Format::kResidues, false>(p, n, 1, roots, m);
    blocks = 4;
    since = 2;
  }
  for (; 4 * blocks <= n / 4; blocks *= 4) {
    if (since + 2 > kLevelsBetweenReductions) {
      forward_two_levels<Format::kDoubles, true>(p, n, blocks, roots, m);
      since = 2;
    } else {
      forward_two_levels<Format::kDoubles, false>(p, n, blocks, roots, m);
      since += 2;
    }
  }
  const double* tail = tables.forward().tail4.data();
  if (since + 2 > kLevelsBetweenReductions) {
    forward_tail<true>(p, n, tail, m);
  } else {
    forward_tail<false>(p, n, tail, m);
  }
}

// --- inverse -------------------------------------------------------------------------------------

/// Two levels of inverse butterflies on quarters x0 … x3; B ≤ 2q in, B ≤ 2q out.
void inverse_butterflies(__m256d& x0, __m256d& x1, __m256d& x2, __m256d& x3, const Factor& left,
                         const Factor& right, const Factor& outer, const Constants& m) {
  const __m256d a0 = _mm256_add_pd(x0, x1);
  const __m256d a1 = multiply_mod(_mm256_sub_pd(x0, x1), left, m);
  const __m256d a2 = _mm256_add_pd(x2, x3);
  const __m256d a3 = multiply_mod(_mm256_sub_pd(x2, x3), right, m);
  x0 = bring_back(_mm256_add_pd(a0, a2), m);
  x1 = bring_back(_mm256_add_pd(a1, a3), m);
  x2 = multiply_mod(_mm256_sub_pd(a0, a2), outer, m);
  x3 = multiply_mod(_mm256_sub_pd(a1, a3), outer, m);
}

void inverse_tail(std::uint64_t* p, std::size_t n, const double* tail, const Constants& m) {
  for (std::size_t i = 0; i < n; i += 16, tail += 12) {
    __m256d x0 = load_words(p + i);
    __m256d x1 = load_words(p + i + 4);
    __m256d x2 = load_words(p + i + 8);
    __m256d x3 = load_words(p + i + 12);
    transpose(x0, x1, x2, x3);
    inverse_butterflies(x0, x1, x2, x3, factor(_mm256_load_pd(tail + 4), m),
                        factor(_mm256_load_pd(tail + 8), m), factor(_mm256_load_pd(tail), m), m);
    transpose(x0, x1, x2, x3);
    store_double(p + i, x0);
    store_double(p + i + 4, x1);
    store_double(p + i + 8, x2);
    store_double(p + i + 12, x3);
  }
}

void inverse_two_levels(std::uint64_t* p, std::size_t n, std::size_t blocks, const double* roots,
                        const Constants& m) {
  const std::size_t quarter = n / blocks / 4;
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor outer = factor(roots[blocks + block], m);
    const Factor left = factor(roots[2 * (blocks + block)], m);
    const Factor right = factor(roots[2 * (blocks + block) + 1], m);
    std::uint64_t* p0 = p + block * 4 * quarter;
    std::uint64_t* p1 = p0 + quarter;
    std::uint64_t* p2 = p1 + quarter;
    std::uint64_t* p3 = p2 + quarter;
    for (std::size_t i = 0; i < quarter; i += 4) {
      __m256d x0 = load_double(p0 + i);
      __m256d x1 = load_double(p1 + i);
      __m256d x2 = load_double(p2 + i);
      __m256d x3 = load_double(p3 + i);
      inverse_butterflies(x0, x1, x2, x3, left, right, outer, m);
      store_double(p0 + i, x0);
      store_double(p1 + i, x1);
      store_double(p2 + i, x2);
      store_double(p3 + i, x3);
    }
  }
}

void inverse_one_level(std::uint64_t* p, std::size_t n, std::size_t blocks, const double* roots,
                       const Constants& m) {
  const std::size_t half = n / blocks / 2;
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor w = factor(roots[blocks + block], m);
    std::uint64_t* low = p + block * 2 * half;
    std::uint64_t* high = low + half;
    for (std::size_t i = 0; i < half; i += 4) {
      const __m256d x = load_double(low + i);
      const __m256d y = load_double(high + i);
      store_double(low + i, bring_back(_mm256_add_pd(x, y), m));
      store_double(high + i, multiply_mod(_mm256_sub_pd(x, y), w, m));
    }
  }
}

/// All levels with blocks of up to `width` ≥ 4 coefficients; leaves doubles, B ≤ 2q.
void inverse_levels(std::uint64_t* p, std::size_t width, const NttTables& tables, const Constants& m) {
  const std::size_t n = tables.degree();
  const double* roots = tables.inverse().centred.data();
  inverse_tail(p, n, tables.inverse().tail4.data(), m);
  std::size_t done = 4;
  for (; 4 * done <= width; done *= 4) inverse_two_levels(p, n, n / (4 * done), roots, m);
  if (done < width) inverse_one_level(p, n, n / (2 * done), roots, m);
}

void multiply_by_degree_inverse(std::uint64_t* p, std::size_t count, const NttTables& tables,
                                const Constants& m) {
  const Factor f = factor(tables.degree_inverse_centred(), m);
  for (std::size_t i = 0; i < count; i += 4) {
    // |y| ≤ 2q, so the product is within (−q, q)
    store_words(p + i, to_residues(multiply_mod(load_double(p + i), f, m), m));
  }
}

void ntt_inverse(std::uint64_t* p, const NttTables& tables) {
  const Constants m = constants(tables.modulus());
  inverse_levels(p, tables.degree(), tables, m);
  multiply_by_degree_inverse(p, tables.degree(), tables, m);
}

/// The sum of all values modulo q, which is N times coefficient 0.
std::uint64_t sum_of_values(const std::uint64_t* p, std::size_t n, const Modulus& q) {
  // 2^12 values per lane below 2^50 stay below 2^62
  constexpr std::size_t kStretch = std::size_t{1} << 14;
  uint128 total = 0;
  for (std::size_t start = 0; start < n; start += kStretch) {
    const std::size_t end = n - start < kStretch ? n : start + kStretch;
    __m256i a = _mm256_setzero_si256();
    __m256i b = _mm256_setzero_si256();
    for (std::size_t i = start; i < end; i += 8) {
      a = _mm256_add_epi64(a, _mm256_load_si256(reinterpret_cast<const __m256i*>(p + i)));
      b = _mm256_add_epi64(b, _mm256_load_si256(reinterpret_cast<const __m256i*>(p + i + 4)));
    }
    alignas(32) std::uint64_t lanes[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_add_epi64(a, b));
    total += static_cast<uint128>(lanes[0]) + lanes[1] + lanes[2] + lanes[3];
  }
  return arithmetic::reduce128(total, q);
}

void ntt_inverse_low(std::uint64_t* p, std::size_t wanted, const NttTables& tables) {
  const std::size_t n = tables.degree();
  if (wanted == 1) {
    const std::uint64_t sum = sum_of_values(p, n, tables.modulus());
    p[0] = arithmetic::multiply(sum, tables.degree_inverse(), tables.modulus());
    return;
  }
  const Constants m = constants(tables.modulus());
  const std::size_t width = wanted < 4 ? 4 : wanted;
  inverse_levels(p, width, tables, m);
  for (std::size_t i = 0; i < width; i += 4) {
    // Two independent sums hide latency; each is at most 0.5q + 3·2q before it is brought back.
    __m256d even = load_double(p + i);
    __m256d odd = _mm256_setzero_pd();
    std::size_t block = width;
    int pending = 1;
    for (; block + width < n; block += 2 * width) {
      even = _mm256_add_pd(even, load_double(p + block + i));
      odd = _mm256_add_pd(odd, load_double(p + block + width + i));
      if (++pending == 3) {
        even = bring_back(even, m);
        odd = bring_back(odd, m);
        pending = 0;
      }
    }
    even = bring_back(even, m);
    if (block < n) even = _mm256_add_pd(even, load_double(p + block + i));
    // at most 2.5q + 0.5q, brought back once more so that the product below is within (−q, q)
    store_double(p + i, bring_back(_mm256_add_pd(even, bring_back(odd, m)), m));
  }
  multiply_by_degree_inverse(p, width, tables, m);
}

// --- value by value ------------------------------------------------------------------------------

void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
              const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 4) {
    store_words(out + i, to_residues(multiply_mod(load_words(a + i), load_words(b + i), m), m));
  }
}

void multiply_add(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                  const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d product = multiply_mod(load_words(a + i), load_words(b + i), m);
    store_words(sum + i, to_residues(bring_back(_mm256_add_pd(load_words(sum + i), product), m), m));
  }
}

void multiply_subtract(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                       const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d product = multiply_mod(load_words(a + i), load_words(b + i), m);
    store_words(sum + i, to_residues(bring_back(_mm256_sub_pd(load_words(sum + i), product), m), m));
  }
}

void scale(std::uint64_t* product, std::uint64_t by, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const __m256d f = _mm256_set1_pd(static_cast<double>(by));
  for (std::size_t i = 0; i < n; i += 4) {
    store_words(product + i, to_residues(multiply_mod(load_words(product + i), f, m), m));
  }
}

/// v + 2^63, which is the word with its top bit flipped, as two 32-bit digits.
void reduce_signed(const std::int64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const __m256i top_bit = _mm256_set1_epi64x(INT64_MIN);
  const std::uint64_t two_pow_32 = (std::uint64_t{1} << 32) % q.value;
  const std::uint64_t bias = (std::uint64_t{1} << 63) % q.value;
  const Factor f = factor(static_cast<double>(two_pow_32), m);
  const __m256d offset = _mm256_set1_pd(static_cast<double>(bias));
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const __m256i v = _mm256_xor_si256(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i)), top_bit);
    const __m256d low = to_double(_mm256_and_si256(v, _mm256_set1_epi64x(0xffffffffLL)));
    const __m256d high = multiply_mod(to_double(_mm256_srli_epi64(v, 32)), f, m);
    const __m256d sum = _mm256_add_pd(high, _mm256_sub_pd(low, offset));
    store_words(out + i, to_residues(bring_back(sum, m), m));
  }
  for (; i < n; ++i) out[i] = arithmetic::reduce_signed(values[i], q);
}

// --- multiply-accumulate -------------------------------------------------------------------------

// In double precision too: per product as many operations as three vpmuludq of 25-bit digits and their
// additions (Karatsuba) take, which was measured: the same 4 G/s for 256 blocks, but sums of digits need
// a long reduction, so 3 G/s against 1 for 4 blocks. Products are within (−0.875·q, 0.875·q); eight of
// them and half a q stay below 8q.
constexpr std::size_t kProductsBetweenReductions = 8;

template <int kDistinct>
__m256i load_weights(const std::uint64_t* w, std::size_t half) {
  if constexpr (kDistinct == 8) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 4 * half));
  } else if constexpr (kDistinct == 4) {
    const __m128i pair = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + 2 * half));
    return _mm256_permute4x64_epi64(_mm256_castsi128_si256(pair), 0x50);
  } else if constexpr (kDistinct == 2) {
    return _mm256_set1_epi64x(static_cast<long long>(w[half]));
  } else {
    return _mm256_set1_epi64x(static_cast<long long>(w[0]));
  }
}

/// Half a tile of `kRows` answers.
template <int kRows, int kDistinct>
void accumulate_half(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                     std::size_t half, std::uint64_t* out, const Constants& m) {
  __m256d sums[kRows][2];
  for (auto& row : sums) row[0] = row[1] = _mm256_setzero_pd();
  std::size_t pending = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::uint64_t* c = tile + b * 2 * kTile + 4 * half;
    const __m256d c0 = load_words(c);
    const __m256d c1 = load_words(c + kTile);
    for (int r = 0; r < kRows; ++r) {
      const __m256d w = to_double(load_weights<kDistinct>(weights + r * kDistinct, half));
      sums[r][0] = _mm256_add_pd(sums[r][0], multiply_mod(c0, w, m));
      sums[r][1] = _mm256_add_pd(sums[r][1], multiply_mod(c1, w, m));
    }
    weights += kRows * kDistinct;
    if (++pending == kProductsBetweenReductions) {
      for (auto& row : sums) {
        row[0] = bring_back(row[0], m);
        row[1] = bring_back(row[1], m);
      }
      pending = 0;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int k = 0; k < 2; ++k) {
      store_words(out + (r * 2 + k) * kTile + 4 * half, to_residues(bring_back(sums[r][k], m), m));
    }
  }
}

template <int kDistinct>
void accumulate_rows(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                     std::size_t rows, std::uint64_t* out, const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t half = 0; half < 2; ++half) {
    switch (rows) {
      case 1: accumulate_half<1, kDistinct>(tile, weights, blocks, half, out, m); break;
      case 2: accumulate_half<2, kDistinct>(tile, weights, blocks, half, out, m); break;
      default: accumulate_half<4, kDistinct>(tile, weights, blocks, half, out, m);
    }
  }
}

void accumulate_tile(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                     std::size_t rows, std::size_t distinct, std::uint64_t* out, const Modulus& q) {
  switch (distinct) {
    case 1: return accumulate_rows<1>(tile, weights, blocks, rows, out, q);
    case 2: return accumulate_rows<2>(tile, weights, blocks, rows, out, q);
    case 4: return accumulate_rows<4>(tile, weights, blocks, rows, out, q);
    default: return accumulate_rows<8>(tile, weights, blocks, rows, out, q);
  }
}

}  // namespace

const Kernels& avx2_kernels() {
  static const Kernels kernels = {"avx2",        ntt_forward,       ntt_inverse, ntt_inverse_low,
                                  multiply,      multiply_add,      multiply_subtract,
                                  plain_add,     plain_subtract,    scale,
                                  accumulate_tile, plain_mask_words, plain_gaussian, plain_widen, plain_small_residues,
      plain_largest_magnitude, plain_quantize, plain_near_residues,
                                  reduce_signed};
  return kernels;
}

}  // namespace tensafe::ckks

#endif
