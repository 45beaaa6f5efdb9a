#pragma once

// Loops that need no intrinsics: compiled once per instruction set, each time for that set. Everything
// is static, so that no copy is shared between translation units of different sets.

#include <bit>
#include <cstddef>
#include <cstdint>

#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/ring/modulus.hpp"

namespace tensafe::ckks {

static void plain_add(std::uint64_t* sum, const std::uint64_t* a, std::size_t n, const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t reduced = static_cast<std::int64_t>(sum[i] + a[i]) - modulus;
    sum[i] = static_cast<std::uint64_t>(reduced + (reduced < 0 ? modulus : 0));
  }
}

static void plain_subtract(std::uint64_t* sum, const std::uint64_t* a, std::size_t n, const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t difference = static_cast<std::int64_t>(sum[i] - a[i]);
    sum[i] = static_cast<std::uint64_t>(difference + (difference < 0 ? modulus : 0));
  }
}

static bool plain_mask_words(std::uint64_t* words, std::size_t n, std::uint64_t mask,
                             std::uint64_t bound) {
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < n; ++i) {
    words[i] &= mask;
    above |= bound - 1 - words[i];
  }
  return (above >> 63) != 0;
}

static void plain_gaussian(const std::uint32_t* random, std::int32_t* out, std::size_t n,
                           const std::int32_t* thresholds) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t sign = -static_cast<std::int32_t>(random[i] & 1);
    const std::int32_t uniform = static_cast<std::int32_t>(random[i] >> 1);
    std::int32_t magnitude = 0;
#pragma GCC unroll 20
    for (std::size_t k = 0; k < kGaussianThresholds; ++k) magnitude += uniform >= thresholds[k] ? 1 : 0;
    out[i] = (magnitude ^ sign) - sign;
  }
}

static void plain_small_residues(const std::int32_t* values, std::uint64_t* out, std::size_t n,
                                 const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t v = values[i];
    out[i] = static_cast<std::uint64_t>(v + (v < 0 ? modulus : 0));
  }
}

static void plain_near_residues(const std::int64_t* values, std::uint64_t* out, std::size_t n,
                                const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = static_cast<std::uint64_t>(values[i] + (values[i] < 0 ? modulus : 0));
  }
}

static std::uint32_t plain_largest_magnitude(const float* values, const float* column_factors,
                                             std::size_t n) {
  // without their sign, floats are in the order of their bits
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(values[i] * column_factors[i]) & 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return static_cast<std::uint32_t>(largest);
}

static void plain_widen(const std::int32_t* values, std::int64_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = values[i];
}

static void plain_quantize(const float* values, const float* column_factors, double factor,
                           std::int64_t* out, std::size_t n) {
  // 1.5·2^52 moves the unit to the last bit of the fraction: the addition rounds
  constexpr double kMagic = 6755399441055744.0;
  const std::int64_t offset = std::bit_cast<std::int64_t>(kMagic);
  for (std::size_t i = 0; i < n; ++i) {
    const double scaled = static_cast<double>(values[i] * column_factors[i]) * factor;
    out[i] = std::bit_cast<std::int64_t>(scaled + kMagic) - offset;
  }
}

[[maybe_unused]] static void plain_reduce_signed(const std::int64_t* values, std::uint64_t* out, std::size_t n,
                                const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arithmetic::reduce_signed(values[i], q);
}

static inline void plain_dot_pairs(const double* vectors, const double* matrix, std::size_t rows, std::size_t n,
                                   double* out) {
  for (std::size_t r = 0; r < rows; ++r) {
    double sums[8] = {};
    for (std::size_t j = 0; j < n; j += 4) {
      for (std::size_t k = 0; k < 4; ++k) {
        sums[k] += vectors[j + k] * matrix[r * n + j + k];
        sums[4 + k] += vectors[n + j + k] * matrix[r * n + j + k];
      }
    }
    out[2 * r] = sums[0] + sums[1] + sums[2] + sums[3];
    out[2 * r + 1] = sums[4] + sums[5] + sums[6] + sums[7];
  }
}

}  // namespace tensafe::ckks
