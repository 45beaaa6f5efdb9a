#if defined(__x86_64__)

// The tests also compile this file with the intrinsics replaced by plain C++ of the same meaning, so
// that its logic is proven on machines without the instructions.
#ifdef TENSAFE_EMULATED_AVX512
#include "emulated_avx512.hpp"
#else
#include <immintrin.h>
#endif

#include "kernels/kernels.hpp"
#include "kernels/plain_loops.hpp"

// 52-bit integer products: madd52lo and madd52hi add the low and high 52 bits of a 104-bit product.
// Lazy butterflies in the manner of Harvey (2014) with 52-bit Shoup quotients, as in Boemer et al.,
// "Intel HEXL", 2021, section 3: q < 2^50, so 4q fits 52 bits.

namespace tensafe::ckks {
namespace {

using Vector = __m512i;

constexpr std::uint64_t kLow52 = (std::uint64_t{1} << 52) - 1;

Vector broadcast(std::uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
Vector load(const std::uint64_t* at) { return _mm512_load_si512(at); }
void store(std::uint64_t* at, Vector x) { _mm512_store_si512(at, x); }
Vector add(Vector a, Vector b) { return _mm512_add_epi64(a, b); }
Vector subtract(Vector a, Vector b) { return _mm512_sub_epi64(a, b); }
Vector product_low(Vector sum, Vector a, Vector b) { return _mm512_madd52lo_epu64(sum, a, b); }
Vector product_high(Vector sum, Vector a, Vector b) { return _mm512_madd52hi_epu64(sum, a, b); }
/// x − bound where that is not negative, else x: a wrapped difference is the larger unsigned number.
Vector reduce_once(Vector x, Vector bound) { return _mm512_min_epu64(x, subtract(x, bound)); }

struct Constants {
  Vector q;
  Vector minus_q;
  Vector two_q;
  Vector low52;
  Vector zero;
};

Constants constants(const Modulus& m) {
  return {broadcast(m.value), broadcast(kLow52 + 1 - m.value), broadcast(2 * m.value),
          broadcast(kLow52), _mm512_setzero_si512()};
}

struct Factor {
  Vector w;
  Vector shoup;
};

Factor factor(std::uint64_t w, std::uint64_t shoup) { return {broadcast(w), broadcast(shoup)}; }

/// A constant with its quotient computed here.
Factor factor(std::uint64_t w, const Modulus& m) {
  return factor(w, static_cast<std::uint64_t>((static_cast<uint128>(w) << 52) / m.value));
}

/// y·w mod q in [0, 2q) for y < 2^52.
Vector multiply_lazy(Vector y, const Factor& f, const Constants& m) {
  const Vector quotient = product_high(m.zero, y, f.shoup);
  // minus quotient·q modulo 2^52, as an addition of quotient·(2^52 − q)
  const Vector difference = product_low(product_low(m.zero, y, f.w), quotient, m.minus_q);
  return _mm512_and_si512(difference, m.low52);
}

// Eight vectors stay in registers only where everything that touches them is inlined and every index
// is a constant: hence the attribute, and the tails without loops.
#define TENSAFE_INLINE [[gnu::always_inline]] inline

/// Rows to columns of 8×8 words.
TENSAFE_INLINE void transpose(Vector (&r)[8]) {
  Vector t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
  }
  for (int odd = 0; odd < 2; ++odd) {
    const Vector a = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0x88);
    const Vector b = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0xdd);
    const Vector c = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0x88);
    const Vector d = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0xdd);
    r[odd] = _mm512_shuffle_i64x2(a, c, 0x88);
    r[4 + odd] = _mm512_shuffle_i64x2(a, c, 0xdd);
    r[2 + odd] = _mm512_shuffle_i64x2(b, d, 0x88);
    r[6 + odd] = _mm512_shuffle_i64x2(b, d, 0xdd);
  }
}

// --- forward: values below 4q between levels -------------------------------------------------------

TENSAFE_INLINE void forward_butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  const Vector reduced = reduce_once(x, m.two_q);
  const Vector product = multiply_lazy(y, f, m);
  x = add(reduced, product);
  y = add(subtract(reduced, product), m.two_q);
}

Factor factor(const NttTables::Direction& roots, std::size_t index) {
  return factor(roots.residue[index], roots.shoup52[index]);
}

/// The level whose butterflies join coefficients `half` ≥ 8 apart.
void forward_level(std::uint64_t* p, std::size_t half, const NttTables& tables, const Constants& m) {
  const std::size_t blocks = tables.degree() / (2 * half);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor f = factor(tables.forward(), blocks + block);
    std::uint64_t* low = p + block * 2 * half;
    std::uint64_t* high = low + half;
    for (std::size_t i = 0; i < half; i += 8) {
      Vector x = load(low + i);
      Vector y = load(high + i);
      forward_butterfly(x, y, f, m);
      store(low + i, x);
      store(high + i, y);
    }
  }
}

/// The levels of 2·quarter and quarter ≥ 8 in one pass: half the loads and stores.
void forward_two_levels(std::uint64_t* p, std::size_t quarter, const NttTables& tables,
                        const Constants& m) {
  const std::size_t blocks = tables.degree() / (4 * quarter);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor outer = factor(tables.forward(), blocks + block);
    const Factor lower = factor(tables.forward(), 2 * (blocks + block));
    const Factor upper = factor(tables.forward(), 2 * (blocks + block) + 1);
    std::uint64_t* at = p + block * 4 * quarter;
    for (std::size_t i = 0; i < quarter; i += 8, at += 8) {
      Vector x[4];
      for (int k = 0; k < 4; ++k) x[k] = load(at + k * quarter);
      forward_butterfly(x[0], x[2], outer, m);
      forward_butterfly(x[1], x[3], outer, m);
      forward_butterfly(x[0], x[1], lower, m);
      forward_butterfly(x[2], x[3], upper, m);
      for (int k = 0; k < 4; ++k) store(at + k * quarter, x[k]);
    }
  }
}

void ntt_forward(std::uint64_t* p, const NttTables& tables) {
  const std::size_t n = tables.degree();
  const Constants m = constants(tables.modulus());
  const NttTables::Direction& roots = tables.forward();
  std::size_t half = n / 2;
  for (; half >= 16; half /= 4) forward_two_levels(p, half / 2, tables, m);
  if (half == 8) forward_level(p, half, tables, m);
  const std::uint64_t* w = roots.tail8.data();
  const std::uint64_t* shoup = roots.tail8_shoup52.data();
  for (std::size_t i = 0; i < n; i += 64, w += 56, shoup += 56) {
    Vector x[8];
    for (int k = 0; k < 8; ++k) x[k] = load(p + i + 8 * k);
    transpose(x);
    const auto at = [&](int k) { return Factor{load(w + 8 * k), load(shoup + 8 * k)}; };
    const Factor four = at(0);
    forward_butterfly(x[0], x[4], four, m);
    forward_butterfly(x[1], x[5], four, m);
    forward_butterfly(x[2], x[6], four, m);
    forward_butterfly(x[3], x[7], four, m);
    const Factor two[] = {at(1), at(2)};
    forward_butterfly(x[0], x[2], two[0], m);
    forward_butterfly(x[1], x[3], two[0], m);
    forward_butterfly(x[4], x[6], two[1], m);
    forward_butterfly(x[5], x[7], two[1], m);
    forward_butterfly(x[0], x[1], at(3), m);
    forward_butterfly(x[2], x[3], at(4), m);
    forward_butterfly(x[4], x[5], at(5), m);
    forward_butterfly(x[6], x[7], at(6), m);
    transpose(x);
    for (int k = 0; k < 8; ++k) store(p + i + 8 * k, reduce_once(reduce_once(x[k], m.two_q), m.q));
  }
}

// --- inverse: values below 2q between levels -------------------------------------------------------

TENSAFE_INLINE void inverse_butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  const Vector difference = add(subtract(x, y), m.two_q);
  x = reduce_once(add(x, y), m.two_q);
  y = multiply_lazy(difference, f, m);
}

/// The level whose butterflies join coefficients `half` ≥ 8 apart.
void inverse_level(std::uint64_t* p, std::size_t half, const NttTables& tables, const Constants& m) {
  const std::size_t blocks = tables.degree() / (2 * half);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor f = factor(tables.inverse(), blocks + block);
    std::uint64_t* low = p + block * 2 * half;
    std::uint64_t* high = low + half;
    for (std::size_t i = 0; i < half; i += 8) {
      Vector x = load(low + i);
      Vector y = load(high + i);
      inverse_butterfly(x, y, f, m);
      store(low + i, x);
      store(high + i, y);
    }
  }
}

/// The levels of `quarter` ≥ 8 and 2·quarter in one pass.
void inverse_two_levels(std::uint64_t* p, std::size_t quarter, const NttTables& tables,
                        const Constants& m) {
  const std::size_t blocks = tables.degree() / (4 * quarter);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor lower = factor(tables.inverse(), 2 * (blocks + block));
    const Factor upper = factor(tables.inverse(), 2 * (blocks + block) + 1);
    const Factor outer = factor(tables.inverse(), blocks + block);
    std::uint64_t* at = p + block * 4 * quarter;
    for (std::size_t i = 0; i < quarter; i += 8, at += 8) {
      Vector x[4];
      for (int k = 0; k < 4; ++k) x[k] = load(at + k * quarter);
      inverse_butterfly(x[0], x[1], lower, m);
      inverse_butterfly(x[2], x[3], upper, m);
      inverse_butterfly(x[0], x[2], outer, m);
      inverse_butterfly(x[1], x[3], outer, m);
      for (int k = 0; k < 4; ++k) store(at + k * quarter, x[k]);
    }
  }
}

/// All levels with blocks of up to `width` ≥ 8 coefficients.
void inverse_levels(std::uint64_t* p, std::size_t width, const NttTables& tables, const Constants& m) {
  const std::size_t n = tables.degree();
  const NttTables::Direction& roots = tables.inverse();
  const std::uint64_t* w = roots.tail8.data();
  const std::uint64_t* shoup = roots.tail8_shoup52.data();
  for (std::size_t i = 0; i < n; i += 64, w += 56, shoup += 56) {
    Vector x[8];
    for (int k = 0; k < 8; ++k) x[k] = load(p + i + 8 * k);
    transpose(x);
    // the table holds the level of 4 first, then 2, then 1
    const auto at = [&](int k) { return Factor{load(w + 8 * k), load(shoup + 8 * k)}; };
    inverse_butterfly(x[0], x[1], at(3), m);
    inverse_butterfly(x[2], x[3], at(4), m);
    inverse_butterfly(x[4], x[5], at(5), m);
    inverse_butterfly(x[6], x[7], at(6), m);
    const Factor two[] = {at(1), at(2)};
    inverse_butterfly(x[0], x[2], two[0], m);
    inverse_butterfly(x[1], x[3], two[0], m);
    inverse_butterfly(x[4], x[6], two[1], m);
    inverse_butterfly(x[5], x[7], two[1], m);
    const Factor four = at(0);
    inverse_butterfly(x[0], x[4], four, m);
    inverse_butterfly(x[1], x[5], four, m);
    inverse_butterfly(x[2], x[6], four, m);
    inverse_butterfly(x[3], x[7], four, m);
    transpose(x);
    for (int k = 0; k < 8; ++k) store(p + i + 8 * k, x[k]);
  }
  std::size_t half = 8;
  for (; 4 * half <= width; half *= 4) inverse_two_levels(p, half, tables, m);
  if (2 * half <= width) inverse_level(p, half, tables, m);
}

void multiply_by_degree_inverse(std::uint64_t* p, std::size_t count, const NttTables& tables,
                                const Constants& m) {
  const Factor f = factor(tables.degree_inverse(), tables.degree_inverse_shoup52());
  for (std::size_t i = 0; i < count; i += 8) {
    store(p + i, reduce_once(multiply_lazy(load(p + i), f, m), m.q));
  }
}

void ntt_inverse(std::uint64_t* p, const NttTables& tables) {
  const Constants m = constants(tables.modulus());
  inverse_levels(p, tables.degree(), tables, m);
  multiply_by_degree_inverse(p, tables.degree(), tables, m);
}

void ntt_inverse_low(std::uint64_t* p, std::size_t wanted, const NttTables& tables) {
  const std::size_t n = tables.degree();
  const Constants m = constants(tables.modulus());
  if (wanted == 1) {
    // coefficient 0 is the mean of the values; lanes sum residues below 2^50, at most 2^12 each
    uint128 total = 0;
    for (std::size_t start = 0; start < n; start += std::size_t{1} << 15) {
      const std::size_t end = n - start < (std::size_t{1} << 15) ? n : start + (std::size_t{1} << 15);
      Vector sum = m.zero;
      for (std::size_t i = start; i < end; i += 8) sum = add(sum, load(p + i));
      alignas(64) std::uint64_t lanes[8];
      store(lanes, sum);
      for (std::uint64_t lane : lanes) total += lane;
    }
    p[0] = arithmetic::multiply(arithmetic::reduce128(total, tables.modulus()), tables.degree_inverse(),
                                tables.modulus());
    return;
  }
  const std::size_t width = wanted < 8 ? 8 : wanted;
  inverse_levels(p, width, tables, m);
  for (std::size_t i = 0; i < width; i += 8) {
    Vector even = load(p + i);
    Vector odd = m.zero;
    std::size_t block = width;
    for (; block + width < n; block += 2 * width) {
      even = reduce_once(add(even, load(p + block + i)), m.two_q);
      odd = reduce_once(add(odd, load(p + block + width + i)), m.two_q);
    }
    if (block < n) even = reduce_once(add(even, load(p + block + i)), m.two_q);
    store(p + i, reduce_once(add(even, odd), m.two_q));
  }
  multiply_by_degree_inverse(p, width, tables, m);
}

// --- value by value --------------------------------------------------------------------------------

struct Barrett {
  Factor one;            ///< reduces 52 bits to [0, 2q)
  Factor two_pow_52;
  Factor two_pow_104;
};

Barrett barrett(const Modulus& q) {
  return {factor(1, q), factor(q.two_pow_52, q), factor(q.two_pow_104, q)};
}

/// low + 2^52·high mod q in [0, q) for low, high < 2^52.
Vector reduce_product(Vector low, Vector high, const Barrett& b, const Constants& m) {
  const Vector sum = add(multiply_lazy(low, b.one, m), multiply_lazy(high, b.two_pow_52, m));
  return reduce_once(reduce_once(sum, m.two_q), m.q);
}

Vector multiply_mod(Vector x, Vector y, const Barrett& b, const Constants& m) {
  return reduce_product(product_low(m.zero, x, y), product_high(m.zero, x, y), b, m);
}

void multiply(std::uint64_t* out, const std::uint64_t* x, const std::uint64_t* y, std::size_t n,
              const Modulus& q) {
  const Constants m = constants(q);
  const Barrett b = barrett(q);
  for (std::size_t i = 0; i < n; i += 8) store(out + i, multiply_mod(load(x + i), load(y + i), b, m));
}

void multiply_add(std::uint64_t* sum, const std::uint64_t* x, const std::uint64_t* y, std::size_t n,
                  const Modulus& q) {
  const Constants m = constants(q);
  const Barrett b = barrett(q);
  for (std::size_t i = 0; i < n; i += 8) {
    const Vector product = multiply_mod(load(x + i), load(y + i), b, m);
    store(sum + i, reduce_once(add(load(sum + i), product), m.q));
  }
}

void multiply_subtract(std::uint64_t* sum, const std::uint64_t* x, const std::uint64_t* y, std::size_t n,
                       const Modulus& q) {
  const Constants m = constants(q);
  const Barrett b = barrett(q);
  for (std::size_t i = 0; i < n; i += 8) {
    const Vector product = multiply_mod(load(x + i), load(y + i), b, m);
    store(sum + i, reduce_once(add(subtract(load(sum + i), product), m.q), m.q));
  }
}

void scale(std::uint64_t* product, std::uint64_t by, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Factor f = factor(by, q);
  for (std::size_t i = 0; i < n; i += 8) {
    store(product + i, reduce_once(multiply_lazy(load(product + i), f, m), m.q));
  }
}

// --- multiply-accumulate ---------------------------------------------------------------------------

// Low parts below 2^52: 2^11 of them stay below 2^63.
constexpr std::size_t kMaxBlocks = std::size_t{1} << 11;

/// low + 2^52·high mod q for sums of up to kMaxBlocks products.
Vector reduce_sums(Vector low, Vector high, const Barrett& b, const Constants& m) {
  const Vector carried = add(high, _mm512_srli_epi64(low, 52));
  const Vector sum = add(add(multiply_lazy(_mm512_and_si512(low, m.low52), b.one, m),
                             multiply_lazy(_mm512_and_si512(carried, m.low52), b.two_pow_52, m)),
                         multiply_lazy(_mm512_srli_epi64(carried, 52), b.two_pow_104, m));
  return reduce_once(reduce_once(reduce_once(sum, add(m.two_q, m.two_q)), m.two_q), m.q);
}

template <int kDistinct>
Vector load_weights(const std::uint64_t* w) {
  if constexpr (kDistinct == 8) {
    return _mm512_loadu_si512(w);
  } else if constexpr (kDistinct == 4) {
    return _mm512_permutexvar_epi64(_mm512_set_epi64(3, 3, 2, 2, 1, 1, 0, 0),
                                    _mm512_maskz_loadu_epi64(0x0f, w));
  } else if constexpr (kDistinct == 2) {
    return _mm512_permutexvar_epi64(_mm512_set_epi64(1, 1, 1, 1, 0, 0, 0, 0),
                                    _mm512_maskz_loadu_epi64(0x03, w));
  } else {
    return broadcast(w[0]);
  }
}

template <int kRows, int kDistinct>
void accumulate(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                std::uint64_t* out, const Modulus& q) {
  const Constants m = constants(q);
  const Barrett barrett_constants = barrett(q);
  Vector low[kRows][2];
  Vector high[kRows][2];
  for (int r = 0; r < kRows; ++r) {
    for (int k = 0; k < 2; ++k) low[r][k] = high[r][k] = m.zero;
  }
  std::size_t b = 0;
  while (true) {
    const std::size_t end = blocks - b < kMaxBlocks ? blocks : b + kMaxBlocks;
    for (; b < end; ++b) {
      const Vector c0 = load(tile + b * 2 * kTile);
      const Vector c1 = load(tile + b * 2 * kTile + kTile);
      for (int r = 0; r < kRows; ++r) {
        const Vector w = load_weights<kDistinct>(weights + (b * kRows + r) * kDistinct);
        low[r][0] = product_low(low[r][0], c0, w);
        high[r][0] = product_high(high[r][0], c0, w);
        low[r][1] = product_low(low[r][1], c1, w);
        high[r][1] = product_high(high[r][1], c1, w);
      }
    }
    const bool last = b == blocks;
    for (int r = 0; r < kRows; ++r) {
      for (int k = 0; k < 2; ++k) {
        low[r][k] = reduce_sums(low[r][k], high[r][k], barrett_constants, m);
        high[r][k] = m.zero;
        if (last) store(out + (r * 2 + k) * kTile, low[r][k]);
      }
    }
    if (last) return;
  }
}

template <int kDistinct>
void accumulate_rows(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                     std::size_t rows, std::uint64_t* out, const Modulus& q) {
  switch (rows) {
    case 1: return accumulate<1, kDistinct>(tile, weights, blocks, out, q);
    case 2: return accumulate<2, kDistinct>(tile, weights, blocks, out, q);
    default: return accumulate<4, kDistinct>(tile, weights, blocks, out, q);
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

#ifdef TENSAFE_EMULATED_AVX512
const Kernels& emulated_avx512ifma_kernels() {
#else
const Kernels& avx512ifma_kernels() {
#endif
  static const Kernels kernels = {
      .name = "avx512ifma",
      .ntt_forward = ntt_forward,
      .ntt_inverse = ntt_inverse,
      .ntt_inverse_low = ntt_inverse_low,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_subtract = multiply_subtract,
      .add = plain_add,
      .subtract = plain_subtract,
      .scale = scale,
      .accumulate_tile = accumulate_tile,
      .mask_words = plain_mask_words,
      .gaussian = plain_gaussian,
      .widen = plain_widen,
      .small_residues = plain_small_residues,
      .largest_magnitude = plain_largest_magnitude,
      .quantize = plain_quantize,
      .near_residues = plain_near_residues,
      .reduce_signed = plain_reduce_signed,
  };
  return kernels;
}

}  // namespace tensafe::ckks

#endif
