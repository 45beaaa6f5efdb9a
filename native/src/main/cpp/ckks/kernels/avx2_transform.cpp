#if defined(__x86_64__)

#include "ckks/kernels/avx2_transform.hpp"

#include "ckks/kernels/avx2_arithmetic.hpp"

// Sizes as in avx2_arithmetic.hpp. Forward: B grows to 1.1875·B + q/2 each level: from 1 (residues) to
// 7.62 in six levels, from 0.5 to 7.87 in seven. Values are brought back to q/2 before more than six
// levels have passed. Inverse: two levels map B to at most max(q/2, q/2 + 0.75·B) when sums are brought
// back, hence B ≤ 2q throughout.

namespace tensafe::ckks {
namespace {

constexpr int kLevelsBetweenReductions = 6;

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

}  // namespace

void avx2_ntt_forward(std::uint64_t* p, const NttTables& tables) {
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

namespace {

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

}  // namespace

void avx2_ntt_inverse(std::uint64_t* p, const NttTables& tables) {
  const Constants m = constants(tables.modulus());
  inverse_levels(p, tables.degree(), tables, m);
  multiply_by_degree_inverse(p, tables.degree(), tables, m);
}

namespace {

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

}  // namespace

void avx2_ntt_inverse_low(std::uint64_t* p, std::size_t wanted, const NttTables& tables) {
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

}  // namespace tensafe::ckks

#endif
