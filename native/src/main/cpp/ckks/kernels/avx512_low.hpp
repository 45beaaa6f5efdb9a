#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/avx512_arithmetic.hpp"
#include "ckks/kernels/avx512_transform.hpp"
#include "ckks/kernels/ring_kernels.hpp"

// The lowest coefficients of products that are given by their values, see LowTables. Eight blocks of T values
// lie side by side, value k of all eight in one vector, so every level of every block is one of vectors: no
// transposition, and factors that are the same for all lanes. Values below 4q between levels.

namespace tensafe::ckks {
namespace {

#define TENSAFE_INLINE [[gnu::always_inline]] inline

TENSAFE_INLINE void low_butterfly(Vector& x, Vector& y, const Factor& f, const Constants& m) {
  const Vector reduced = reduce_once(x, m.two_q);
  const Vector product = multiply_lazy(y, f, m);
  x = add(reduced, product);
  y = add(subtract(reduced, product), m.two_q);
}

/// With the factor 1.
TENSAFE_INLINE void low_butterfly(Vector& x, Vector& y, const Constants& m) {
  const Vector reduced = reduce_once(x, m.two_q);
  const Vector other = reduce_once(y, m.two_q);
  x = add(reduced, other);
  y = add(subtract(reduced, other), m.two_q);
}

/// The same for numbers below 2q.
TENSAFE_INLINE void low_first_butterfly(Vector& x, Vector& y, const Constants& m) {
  const Vector sum = add(x, y);
  y = add(subtract(x, y), m.two_q);
  x = sum;
}

TENSAFE_INLINE Factor low_factor(const LowTables& low, std::size_t at) {
  return {broadcast(low.factor()[at]), broadcast(low.factor_shoup52()[at])};
}

void arrange(const std::uint64_t* values, const NttTables& tables, const LowTables& low, std::uint64_t* out) {
  constexpr std::size_t kBlocks = LowTables::kBlocks;
  const std::size_t wanted = low.wanted();
  for (std::size_t group = 0; group < tables.degree(); group += kBlocks * wanted) {
    for (std::size_t k = 0; k < wanted; ++k) {
      for (std::size_t b = 0; b < kBlocks; ++b) out[group + k * kBlocks + b] = values[group + b * wanted + k];
    }
  }
}

/// a·b below 2q, or the sum of two such.
template <std::size_t kCount>
TENSAFE_INLINE Vector low_product(const LowFactors* factors, std::size_t at, const Constants& m) {
  const auto product = [&](const LowFactors& f) __attribute__((always_inline)) {
    return multiply_lazy(load(f.a + at), Factor{load(f.b + at), load(f.b_prepared + at)}, m);
  };
  if constexpr (kCount == 1) return product(factors[0]);
  return reduce_once(add(product(factors[0]), product(factors[1])), m.two_q);
}

/// Where a group of blocks ends up: sums of products with the twists.
struct LowSums {
  std::uint64_t* low;   ///< [wanted][8]
  std::uint64_t* high;  ///< [wanted][8]
  const std::uint64_t* twist;

  TENSAFE_INLINE void add_at(std::size_t k, Vector y) const {
    const Vector factor = load(twist + 8 * k);
    store(low + 8 * k, product_low(load(low + 8 * k), y, factor));
    store(high + 8 * k, product_high(load(high + 8 * k), y, factor));
  }
};

/// The levels of 1, 2 and 4.
template <std::size_t kCount>
void low_first_levels(const LowFactors* factors, std::size_t group, const LowTables& low, const Constants& m,
                      std::uint64_t* to) {
  const Factor quarter = low_factor(low, 3);
  const Factor eighth = low_factor(low, 5);
  const Factor three_eighths = low_factor(low, 7);
  for (std::size_t k = 0; k < low.wanted(); k += 8) {
    Vector x[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) x[i] = low_product<kCount>(factors, group + 8 * (k + i), m);
    low_first_butterfly(x[0], x[1], m);
    low_first_butterfly(x[2], x[3], m);
    low_first_butterfly(x[4], x[5], m);
    low_first_butterfly(x[6], x[7], m);
    low_butterfly(x[0], x[2], m);
    low_butterfly(x[1], x[3], quarter, m);
    low_butterfly(x[4], x[6], m);
    low_butterfly(x[5], x[7], quarter, m);
    low_butterfly(x[0], x[4], m);
    low_butterfly(x[1], x[5], eighth, m);
    low_butterfly(x[2], x[6], quarter, m);
    low_butterfly(x[3], x[7], three_eighths, m);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) store(to + 8 * (k + i), x[i]);
  }
}

/// The levels of half and 2·half; the last ones go to the sums.
template <bool kLast>
void low_two_levels(std::uint64_t* p, std::size_t half, const LowTables& low, const Constants& m,
                    const LowSums& sums) {
  for (std::size_t k = 0; k < half; ++k) {
    const Factor first = low_factor(low, half + k);
    const Factor second[2] = {low_factor(low, 2 * half + k), low_factor(low, 3 * half + k)};
    for (std::size_t start = k; start < low.wanted(); start += 4 * half) {
      Vector x[4];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) x[i] = load(p + 8 * (start + i * half));
      low_butterfly(x[0], x[1], first, m);
      low_butterfly(x[2], x[3], first, m);
      low_butterfly(x[0], x[2], second[0], m);
      low_butterfly(x[1], x[3], second[1], m);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) {
        if constexpr (kLast) {
          sums.add_at(start + i * half, x[i]);
        } else {
          store(p + 8 * (start + i * half), x[i]);
        }
      }
    }
  }
}

/// The last level, where their number is not 3, 5, 7, ….
void low_last_level(std::uint64_t* p, std::size_t half, const LowTables& low, const Constants& m,
                    const LowSums& sums) {
  for (std::size_t k = 0; k < half; ++k) {
    Vector x = load(p + 8 * k);
    Vector y = load(p + 8 * (k + half));
    low_butterfly(x, y, low_factor(low, half + k), m);
    sums.add_at(k, x);
    sums.add_at(k + half, y);
  }
}

/// The sums of the lanes of eight vectors.
TENSAFE_INLINE Vector low_lane_sums(const std::uint64_t* from) {
  Vector x[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) x[i] = load(from + 8 * i);
  transpose(x);
  return add(add(add(x[0], x[1]), add(x[2], x[3])), add(add(x[4], x[5]), add(x[6], x[7])));
}

template <std::size_t kCount>
void low_products(const LowFactors* factors, const NttTables& tables, const LowTables& low, std::uint64_t* scratch,
                  std::uint64_t* out) {
  const Constants m = constants(tables.modulus());
  const Barrett b = barrett(tables.modulus());
  const std::size_t wanted = low.wanted();
  const std::size_t words = 8 * wanted;
  // apart by no multiple of a page, so that loads do not wait for stores to like addresses
  static_assert(LowTables::kMaxBlocks == kMaxBlocks);
  LowSums sums{scratch + words + 16, scratch + 2 * words + 32, low.twist().data()};
  for (std::size_t i = 0; i < words; i += 8) {
    store(sums.low + i, m.zero);
    store(sums.high + i, m.zero);
  }
  for (std::size_t group = 0; group < tables.degree(); group += words, sums.twist += words) {
    low_first_levels<kCount>(factors, group, low, m, scratch);
    std::size_t half = 8;
    for (; 8 * half <= wanted; half *= 4) low_two_levels<false>(scratch, half, low, m, sums);
    if (4 * half == wanted) {
      low_two_levels<true>(scratch, half, low, m, sums);
    } else if (2 * half == wanted) {
      low_last_level(scratch, half, low, m, sums);
    } else {
      for (std::size_t k = 0; k < wanted; ++k) sums.add_at(k, load(scratch + 8 * k));
    }
  }
  for (std::size_t k = 0; k < wanted; k += 8) {
    const Vector lower = low_lane_sums(sums.low + 8 * k);
    const Vector upper = low_lane_sums(sums.high + 8 * k);
    _mm512_storeu_si512(out + k, reduce_sums(lower, upper, b, m));
  }
}

void low_products(const LowFactors* factors, std::size_t count, const NttTables& tables, const LowTables& low,
                  std::uint64_t* scratch, std::uint64_t* out) {
  if (count == 1) {
    low_products<1>(factors, tables, low, scratch, out);
  } else {
    low_products<2>(factors, tables, low, scratch, out);
  }
}

#undef TENSAFE_INLINE

}  // namespace
}  // namespace tensafe::ckks
