#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/avx512_arithmetic.hpp"
#include "ckks/ring/ntt_tables.hpp"

// Forward: decimation in time, values below 4q between levels. Inverse: values below 2q. Both take two
// levels a pass where blocks are wide, and the last three levels of 64 coefficients in registers.

namespace tensafe::ckks {
namespace {

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

TENSAFE_INLINE void forward_butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  const Vector reduced = reduce_once(x, m.two_q);
  const Vector product = multiply_lazy(y, f, m);
  x = add(reduced, product);
  y = add(subtract(reduced, product), m.two_q);
}

TENSAFE_INLINE void inverse_butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  const Vector difference = add(subtract(x, y), m.two_q);
  x = reduce_once(add(x, y), m.two_q);
  y = multiply_lazy(difference, f, m);
}

Factor factor(const NttTables::Direction& roots, std::size_t index) {
  return factor(roots.residue[index], roots.shoup52[index]);
}

template <bool kForward>
TENSAFE_INLINE void butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  if constexpr (kForward) {
    forward_butterfly(x, y, f, m);
  } else {
    inverse_butterfly(x, y, f, m);
  }
}

/// The level whose butterflies join coefficients `half` ≥ 8 apart.
template <bool kForward>
TENSAFE_INLINE void one_level(std::uint64_t* p, std::size_t half, const NttTables& tables, const Constants& m) {
  const NttTables::Direction& roots = kForward ? tables.forward() : tables.inverse();
  const std::size_t blocks = tables.degree() / (2 * half);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor f = factor(roots, blocks + block);
    std::uint64_t* low = p + block * 2 * half;
    std::uint64_t* high = low + half;
    for (std::size_t i = 0; i < half; i += 8) {
      Vector x = load(low + i);
      Vector y = load(high + i);
      butterfly<kForward>(x, y, f, m);
      store(low + i, x);
      store(high + i, y);
    }
  }
}

/// The levels of 2·quarter and quarter ≥ 8, in that order or the other, in one pass: half the loads and
/// stores.
template <bool kForward>
TENSAFE_INLINE void two_levels(std::uint64_t* p, std::size_t quarter, const NttTables& tables, const Constants& m) {
  const NttTables::Direction& roots = kForward ? tables.forward() : tables.inverse();
  const std::size_t blocks = tables.degree() / (4 * quarter);
  for (std::size_t block = 0; block < blocks; ++block) {
    const Factor outer = factor(roots, blocks + block);
    const Factor lower = factor(roots, 2 * (blocks + block));
    const Factor upper = factor(roots, 2 * (blocks + block) + 1);
    std::uint64_t* at = p + block * 4 * quarter;
    for (std::size_t i = 0; i < quarter; i += 8, at += 8) {
      Vector x[4];
      for (int k = 0; k < 4; ++k) x[k] = load(at + k * quarter);
      if constexpr (kForward) {
        butterfly<kForward>(x[0], x[2], outer, m);
        butterfly<kForward>(x[1], x[3], outer, m);
      }
      butterfly<kForward>(x[0], x[1], lower, m);
      butterfly<kForward>(x[2], x[3], upper, m);
      if constexpr (!kForward) {
        butterfly<kForward>(x[0], x[2], outer, m);
        butterfly<kForward>(x[1], x[3], outer, m);
      }
      for (int k = 0; k < 4; ++k) store(at + k * quarter, x[k]);
    }
  }
}

/// All levels; `write` gets the values, below 4q, with their index.
template <typename Write>
TENSAFE_INLINE void forward_levels(std::uint64_t* p, const NttTables& tables, const Constants& m, Write write) {
  const std::size_t n = tables.degree();
  const NttTables::Direction& roots = tables.forward();
  std::size_t half = n / 2;
  for (; half >= 16; half /= 4) two_levels<true>(p, half / 2, tables, m);
  if (half == 8) one_level<true>(p, half, tables, m);
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
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) write(i + 8 * k, x[k]);
  }
}

void ntt_forward(std::uint64_t* p, const NttTables& tables) {
  const Constants m = constants(tables.modulus());
  forward_levels(p, tables, m, [&](std::size_t i, Vector value) __attribute__((always_inline)) {
    store(p + i, reduce_once(reduce_once(value, m.two_q), m.q));
  });
}

void ntt_forward_subtract(std::uint64_t* p, const std::uint64_t* a, const std::uint64_t* b,
                          const std::uint64_t* prepared, const NttTables& tables) {
  const Constants m = constants(tables.modulus());
  forward_levels(p, tables, m, [&](std::size_t i, Vector value) __attribute__((always_inline)) {
    const Vector product = multiply_lazy(load(a + i), Factor{load(b + i), load(prepared + i)}, m);
    // between −2q and 2q; as unsigned numbers, negative ones are the larger
    const Vector difference = subtract(reduce_once(value, m.two_q), product);
    store(p + i, reduce_once(_mm512_min_epu64(difference, add(difference, m.two_q)), m.q));
  });
}

/// All levels with blocks of up to `width` ≥ 8 coefficients, of the values below 2q that `read` gives by their
/// index; p gets what they become, below 2q.
template <typename Read>
TENSAFE_INLINE void inverse_levels(std::uint64_t* p, std::size_t width, const NttTables& tables, const Constants& m,
                                   Read read) {
  const std::size_t n = tables.degree();
  const NttTables::Direction& roots = tables.inverse();
  const std::uint64_t* w = roots.tail8.data();
  const std::uint64_t* shoup = roots.tail8_shoup52.data();
  for (std::size_t i = 0; i < n; i += 64, w += 56, shoup += 56) {
    Vector x[8];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) x[k] = read(i + 8 * k);
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
  for (; 4 * half <= width; half *= 4) two_levels<false>(p, half, tables, m);
  if (2 * half <= width) one_level<false>(p, half, tables, m);
}

void inverse_levels(std::uint64_t* p, std::size_t width, const NttTables& tables, const Constants& m) {
  inverse_levels(p, width, tables, m, [p](std::size_t i) __attribute__((always_inline)) { return load(p + i); });
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

#undef TENSAFE_INLINE

}  // namespace
}  // namespace tensafe::ckks
