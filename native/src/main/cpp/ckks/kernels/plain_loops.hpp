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

// Sums of doubles go to eight lanes by index, so that they are the same words with vectors of any width.
// These are vectors of the language, not of an instruction set.
typedef double Doubles __attribute__((vector_size(64)));
typedef std::int64_t Integers __attribute__((vector_size(64)));
typedef std::int32_t Integers32 __attribute__((vector_size(32)));
typedef float Floats __attribute__((vector_size(32)));
typedef std::int8_t Bytes __attribute__((vector_size(8)));

template <typename V>
[[gnu::always_inline]] static inline void load_lanes(V& to, const void* from) {
  __builtin_memcpy(&to, from, sizeof to);
}

template <typename V>
[[gnu::always_inline]] static inline void store_lanes(void* to, const V& from) {
  __builtin_memcpy(to, &from, sizeof from);
}

[[gnu::always_inline]] static inline double sum_of(const Doubles& lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static std::uint32_t plain_measure(const float* values, const float* column_factors, std::size_t n,
                                   double* squares) {
  // without their sign, floats are in the order of their bits
  Integers32 largest = {};
  Doubles sums[2] = {};
  const auto eight = [&](const float* v, const float* f) {
    Floats x;
    Floats factors;
    load_lanes(x, v);
    load_lanes(factors, f);
    const Floats product = x * factors;
    Integers32 bits;
    load_lanes(bits, &product);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
    const Doubles wide = __builtin_convertvector(x, Doubles);
    const Doubles scaled = __builtin_convertvector(product, Doubles);
    sums[0] += wide * wide;
    sums[1] += scaled * scaled;
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) eight(values + i, column_factors + i);
  if (i < n) {
    float rest[2][8] = {};
    __builtin_memcpy(rest[0], values + i, (n - i) * sizeof(float));
    __builtin_memcpy(rest[1], column_factors + i, (n - i) * sizeof(float));
    eight(rest[0], rest[1]);
  }
  for (int k = 0; k < 2; ++k) squares[k] = sum_of(sums[k]);
  std::int32_t all = 0;
  for (int k = 0; k < 8; ++k) all = largest[k] > all ? largest[k] : all;
  return static_cast<std::uint32_t>(all);
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

static void plain_quantize_wide(const float* values, const float* column_factors, double factor,
                                std::int64_t* out, std::size_t n) {
  // in two parts, each rounded as above: the upper one a multiple of 2^32, so that the parity of what
  // is between two integers is the lower one's
  constexpr double kMagic = 6755399441055744.0;
  const std::int64_t offset = std::bit_cast<std::int64_t>(kMagic);
  for (std::size_t i = 0; i < n; ++i) {
    const double scaled = static_cast<double>(values[i] * column_factors[i]) * factor;
    const double high = (scaled * 0x1p-32 + kMagic) - kMagic;
    const double low = scaled - high * 0x1p32;
    const std::int64_t upper = std::bit_cast<std::int64_t>(high + kMagic) - offset;
    out[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(upper) << 32) +
             (std::bit_cast<std::int64_t>(low + kMagic) - offset);
  }
}

static void plain_encode(const float* values, const float* column_factors, double factor,
                         const std::int8_t* errors, const double* f0, const double* f1, std::uint64_t* pad,
                         std::size_t n, const Modulus& q, double* sums) {
  constexpr double kMagic = 6755399441055744.0;
  const std::int64_t offset = std::bit_cast<std::int64_t>(kMagic);
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  Doubles lanes0 = {};
  Doubles lanes1 = {};
  const auto eight = [&](const float* v, const float* f, const std::int8_t* e, const double* a, const double* b,
                         std::uint64_t* to) {
    Floats x;
    Floats factors;
    Bytes error;
    Doubles check0;
    Doubles check1;
    Integers residue;
    load_lanes(x, v);
    load_lanes(factors, f);
    load_lanes(error, e);
    load_lanes(check0, a);
    load_lanes(check1, b);
    load_lanes(residue, to);
    const Floats product = x * factors;
    const Doubles shifted = __builtin_convertvector(product, Doubles) * factor + kMagic;
    Integers m;
    load_lanes(m, &shifted);
    m -= offset;
    const Integers32 wide = __builtin_convertvector(error, Integers32);
    const Doubles with_error = (shifted - kMagic) + __builtin_convertvector(wide, Doubles);
    lanes0 += check0 * with_error;
    lanes1 += check1 * with_error;
    m += residue;
    m += (m >> 63) & modulus;
    m -= modulus;
    m += (m >> 63) & modulus;
    store_lanes(to, m);
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) eight(values + i, column_factors + i, errors + i, f0 + i, f1 + i, pad + i);
  if (i < n) {
    const std::size_t rest = n - i;
    float x[2][8] = {};
    std::int8_t e[8] = {};
    double f[2][8] = {};
    std::uint64_t to[8] = {};
    __builtin_memcpy(x[0], values + i, rest * sizeof(float));
    __builtin_memcpy(x[1], column_factors + i, rest * sizeof(float));
    __builtin_memcpy(e, errors + i, rest);
    __builtin_memcpy(f[0], f0 + i, rest * sizeof(double));
    __builtin_memcpy(f[1], f1 + i, rest * sizeof(double));
    __builtin_memcpy(to, pad + i, rest * sizeof(std::uint64_t));
    eight(x[0], x[1], e, f[0], f[1], to);
    __builtin_memcpy(pad + i, to, rest * sizeof(std::uint64_t));
  }
  sums[0] = sum_of(lanes0);
  sums[1] = sum_of(lanes1);
}

static void plain_spread_bodies(const std::uint64_t* product, const std::int32_t* errors, std::size_t tokens,
                                std::size_t columns, std::uint64_t* out, std::int8_t* out_errors,
                                std::size_t stride, const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t from = t + tokens * j;
      const std::int64_t e = errors[from];
      std::int64_t body = e - static_cast<std::int64_t>(product[from]);
      body += body < 0 ? modulus : 0;
      // e − 0 for a positive error stays below q
      out[t * stride + j] = static_cast<std::uint64_t>(body + (body < 0 ? modulus : 0));
      out_errors[t * stride + j] = static_cast<std::int8_t>(e);
    }
  }
}

/// Two normal numbers each from two words. ln x = e·ln 2 + 2·atanh((m − 1)/(m + 1)) as a series for
/// x = m·2^e, m in [√½, √2); cosine and sine as series about the nearest quarter turn. No branch; errors
/// below 1e-14.
static void plain_normal(const std::uint64_t* random, double* out, std::size_t n) {
  constexpr std::uint64_t kOne = std::bit_cast<std::uint64_t>(1.0);
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdULL;
  const std::size_t half = n / 2;
  for (std::size_t i = 0; i < half; ++i) {
    // (0, 1] and [0, 1) with 52 bits
    const double u = 2.0 - std::bit_cast<double>(random[i] >> 12 | kOne);
    const double t = std::bit_cast<double>(random[half + i] >> 12 | kOne) - 1.0;
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(u);
    // subtracting √½ as an integer makes the exponent field count from there
    const std::uint64_t upper = (bits - kSqrtHalf) >> 32;
    const std::int32_t exponent = static_cast<std::int32_t>(static_cast<std::uint32_t>(upper)) >> 20;
    const std::uint64_t shift = static_cast<std::uint64_t>(upper >> 20) << 52;
    const double m = std::bit_cast<double>(bits - shift);
    const double z = (m - 1.0) / (m + 1.0);
    const double zz = z * z;
    double series = 1.0 / 19;
    series = series * zz + 1.0 / 17;
    series = series * zz + 1.0 / 15;
    series = series * zz + 1.0 / 13;
    series = series * zz + 1.0 / 11;
    series = series * zz + 1.0 / 9;
    series = series * zz + 1.0 / 7;
    series = series * zz + 1.0 / 5;
    series = series * zz + 1.0 / 3;
    series = series * zz + 1.0;
    const double logarithm = static_cast<double>(exponent) * 0.69314718055994530942 + 2.0 * z * series;
    const double radius = __builtin_sqrt(-2.0 * logarithm);

    const std::int32_t quarter = static_cast<std::int32_t>(4.0 * t + 0.5);
    const double angle = (t - 0.25 * static_cast<double>(quarter)) * 6.28318530717958647693;
    const double aa = angle * angle;
    double c = 1.0 / 20922789888000;
    c = c * aa - 1.0 / 87178291200;
    c = c * aa + 1.0 / 479001600;
    c = c * aa - 1.0 / 3628800;
    c = c * aa + 1.0 / 40320;
    c = c * aa - 1.0 / 720;
    c = c * aa + 1.0 / 24;
    c = c * aa - 1.0 / 2;
    c = c * aa + 1.0;
    double s = 1.0 / 355687428096000;
    s = s * aa - 1.0 / 1307674368000;
    s = s * aa + 1.0 / 6227020800;
    s = s * aa - 1.0 / 39916800;
    s = s * aa + 1.0 / 362880;
    s = s * aa - 1.0 / 5040;
    s = s * aa + 1.0 / 120;
    s = s * aa - 1.0 / 6;
    s = s * aa + 1.0;
    s = s * angle;
    // turn by 0 … 4 quarters: swap for odd ones, then signs
    const double odd = static_cast<double>(quarter & 1);
    const double sign = 1.0 - static_cast<double>(quarter & 2);
    out[i] = radius * (sign * (c * (1.0 - odd) - s * odd));
    out[half + i] = radius * (sign * (s * (1.0 - odd) + c * odd));
  }
}

// 50 bits, the width of both profiles: four numbers are exactly 25 bytes.
static inline void pack_four(const std::uint64_t* v, std::uint8_t* out) {
  const std::uint64_t words[3] = {v[0] | v[1] << 50, v[1] >> 14 | v[2] << 36, v[2] >> 28 | v[3] << 22};
  __builtin_memcpy(out, words, sizeof words);
  out[24] = static_cast<std::uint8_t>(v[3] >> 42);
}

static inline void unpack_four(const std::uint8_t* in, std::uint64_t* v) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 50) - 1;
  std::uint64_t words[3];
  __builtin_memcpy(words, in, sizeof words);
  v[0] = words[0] & kMask;
  v[1] = (words[0] >> 50 | words[1] << 14) & kMask;
  v[2] = (words[1] >> 36 | words[2] << 28) & kMask;
  v[3] = (words[2] >> 22 | static_cast<std::uint64_t>(in[24]) << 42) & kMask;
}

[[maybe_unused]] static void plain_pack(const std::uint64_t* values, std::size_t fours, std::uint8_t* out) {
  for (std::size_t i = 0; i < fours; ++i) pack_four(values + 4 * i, out + 25 * i);
}

[[maybe_unused]] static bool plain_unpack(const std::uint8_t* in, std::size_t fours, std::uint64_t bound,
                                          std::uint64_t* values) {
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < fours; ++i) {
    unpack_four(in + 25 * i, values + 4 * i);
    for (std::size_t k = 0; k < 4; ++k) above |= bound - 1 - values[4 * i + k];
  }
  return (above >> 63) != 0;
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
