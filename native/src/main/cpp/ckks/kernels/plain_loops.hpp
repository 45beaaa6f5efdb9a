#pragma once

// Loops that need no intrinsics: compiled once per instruction set, each time for that set. Everything
// is static, so that no copy is shared between translation units of different sets.

#include <bit>
#include <cstddef>
#include <cstdint>

#include "ckks/kernels/lanes.hpp"
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

/// As they are.
[[maybe_unused]] static void plain_arrange(const std::uint64_t* values, const NttTables& tables, const LowTables&,
                                           std::uint64_t* out) {
  for (std::size_t i = 0; i < tables.degree(); ++i) out[i] = values[i];
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

static void plain_gaussian(const std::uint32_t* random, std::int8_t* out, std::size_t n,
                           const std::int32_t* thresholds) {
  constexpr std::size_t kPiece = 64;
  std::int32_t wide[kPiece];
  for (std::size_t first = 0; first < n; first += kPiece) {
    const std::size_t count = n - first < kPiece ? n - first : kPiece;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t sign = -static_cast<std::int32_t>(random[first + i] & 1);
      const std::int32_t uniform = static_cast<std::int32_t>(random[first + i] >> 1);
      std::int32_t magnitude = 0;
#pragma GCC unroll 20
      for (std::size_t k = 0; k < kGaussianThresholds; ++k) magnitude += uniform >= thresholds[k] ? 1 : 0;
      wide[i] = (magnitude ^ sign) - sign;
    }
    for (std::size_t i = 0; i < count; ++i) out[first + i] = static_cast<std::int8_t>(wide[i]);
  }
}

static void plain_widen(const std::int8_t* values, std::int64_t* out, std::size_t n) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) store_lanes(out + i, widen_to_words(values + i));
  for (; i < n; ++i) out[i] = values[i];
}

static void plain_small_residues(const std::int8_t* values, std::uint64_t* out, std::size_t n,
                                 const Modulus& q) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    store_lanes(reinterpret_cast<std::int64_t*>(out + i), raise_negative(widen_to_words(values + i), modulus));
  }
  for (; i < n; ++i) {
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

static std::uint32_t plain_measure(const float* values, const float* column_factors, std::size_t n,
                                   double* squares) {
  // without their sign, floats are in the order of their bits
  Lanes<std::int32_t> largest = all<std::int32_t>(0);
  Lanes<double> sums = all(0.0);
  Lanes<double> product_sums = all(0.0);
  const auto eight = [&](const float* v, const float* f) __attribute__((always_inline)) {
    const Lanes<float> x = load_lanes(v);
    const Lanes<float> product = x * load_lanes(f);
    largest = larger(largest, same_bits<std::int32_t>(product) & all<std::int32_t>(0x7fffffff));
    const Lanes<double> wide = widen(x);
    sums = sums + wide * wide;
    const Lanes<double> wide_product = widen(product);
    product_sums = product_sums + wide_product * wide_product;
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) eight(values + i, column_factors + i);
  if (i < n) {
    float rest[2][8] = {};
    __builtin_memcpy(rest[0], values + i, (n - i) * sizeof(float));
    __builtin_memcpy(rest[1], column_factors + i, (n - i) * sizeof(float));
    eight(rest[0], rest[1]);
  }
  squares[0] = sum_of(sums);
  squares[1] = sum_of(product_sums);
  std::int32_t lanes[8];
  store_lanes(lanes, largest);
  std::int32_t most = 0;
  for (std::int32_t lane : lanes) most = lane > most ? lane : most;
  return static_cast<std::uint32_t>(most);
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
  const auto offset = all(std::bit_cast<std::int64_t>(kMagic));
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  Lanes<double> lanes0 = all(0.0);
  Lanes<double> lanes1 = all(0.0);
  const auto eight = [&](const float* v, const float* f, const std::int8_t* e, const double* a, const double* b,
                         std::uint64_t* to) __attribute__((always_inline)) {
    const Lanes<double> shifted = widen(load_lanes(v) * load_lanes(f)) * all(factor) + all(kMagic);
    const Lanes<double> with_error = (shifted - all(kMagic)) + widen(e);
    lanes0 = lanes0 + load_lanes(a) * with_error;
    lanes1 = lanes1 + load_lanes(b) * with_error;
    auto* word = reinterpret_cast<std::int64_t*>(to);
    const auto sum = raise_negative((same_bits<std::int64_t>(shifted) - offset) + load_lanes(word), modulus);
    store_lanes(word, raise_negative(sum - all(modulus), modulus));
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

static void plain_encode_body(const float* values, const float* column_factors, double factor,
                              const std::int8_t* errors, const double* f0, const double* f1, std::uint64_t* out,
                              std::size_t n, const Modulus& q, double* sums) {
  constexpr double kMagic = 6755399441055744.0;
  const auto offset = all(std::bit_cast<std::int64_t>(kMagic));
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  Lanes<double> lanes0 = all(0.0);
  Lanes<double> lanes1 = all(0.0);
  const auto eight = [&](const float* v, const float* f, const std::int8_t* e, const double* a, const double* b,
                         std::uint64_t* to) __attribute__((always_inline)) {
    const Lanes<double> rounded =
        (widen(load_lanes(v) * load_lanes(f)) * all(factor) + all(kMagic)) - all(kMagic);
    const Lanes<double> with_error = rounded + widen(e);
    lanes0 = lanes0 + load_lanes(a) * with_error;
    lanes1 = lanes1 + load_lanes(b) * with_error;
    const auto number = same_bits<std::int64_t>(with_error + all(kMagic)) - offset;
    store_lanes(reinterpret_cast<std::int64_t*>(to), raise_negative(number, modulus));
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) eight(values + i, column_factors + i, errors + i, f0 + i, f1 + i, out + i);
  if (i < n) {
    const std::size_t rest = n - i;
    float x[2][8] = {};
    std::int8_t e[8] = {};
    double f[2][8] = {};
    std::uint64_t to[8];
    __builtin_memcpy(x[0], values + i, rest * sizeof(float));
    __builtin_memcpy(x[1], column_factors + i, rest * sizeof(float));
    __builtin_memcpy(e, errors + i, rest);
    __builtin_memcpy(f[0], f0 + i, rest * sizeof(double));
    __builtin_memcpy(f[1], f1 + i, rest * sizeof(double));
    eight(x[0], x[1], e, f[0], f[1], to);
    __builtin_memcpy(out + i, to, rest * sizeof(std::uint64_t));
  }
  sums[0] = sum_of(lanes0);
  sums[1] = sum_of(lanes1);
}

static void plain_combine(const std::int64_t* values, const double* f0, const double* f1, std::size_t n,
                          double* sums) {
  Lanes<double> lanes0 = all(0.0);
  Lanes<double> lanes1 = all(0.0);
  const auto eight = [&](const std::int64_t* v, const double* a, const double* b) __attribute__((always_inline)) {
    const Lanes<double> numbers = widen(v);
    lanes0 = lanes0 + load_lanes(a) * numbers;
    lanes1 = lanes1 + load_lanes(b) * numbers;
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) eight(values + i, f0 + i, f1 + i);
  if (i < n) {
    const std::size_t rest = n - i;
    std::int64_t v[8] = {};
    double f[2][8] = {};
    __builtin_memcpy(v, values + i, rest * sizeof(std::int64_t));
    __builtin_memcpy(f[0], f0 + i, rest * sizeof(double));
    __builtin_memcpy(f[1], f1 + i, rest * sizeof(double));
    eight(v, f[0], f[1]);
  }
  sums[0] = sum_of(lanes0);
  sums[1] = sum_of(lanes1);
}

/// Places [first_row, rows) × [0, columns) and the rest of the columns of the rows before.
static inline void plain_transpose_rest(const std::uint64_t* matrix, std::size_t rows, std::size_t columns,
                                        std::uint64_t* out, std::size_t done_rows, std::size_t done_columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = r < done_rows ? done_columns : 0; c < columns; ++c) out[c * rows + r] = matrix[r * columns + c];
  }
}

[[maybe_unused]] static void plain_transpose(const std::uint64_t* matrix, std::size_t rows, std::size_t columns,
                                             std::uint64_t* out) {
  plain_transpose_rest(matrix, rows, columns, out, 0, 0);
}

/// Columns from `first` on.
static inline void plain_deal_rest(const std::uint64_t* product, std::size_t tokens, std::size_t columns,
                                   const std::int8_t* errors, std::uint64_t* out, std::size_t stride,
                                   const Modulus& q, std::size_t first) {
  const std::int64_t modulus = static_cast<std::int64_t>(q.value);
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t j = first; j < columns; ++j) {
      std::int64_t body = errors[t * stride + j] - static_cast<std::int64_t>(product[t + tokens * j]);
      // a negative error of a large product is still negative with q
      body += body < 0 ? modulus : 0;
      out[t * stride + j] = static_cast<std::uint64_t>(body + (body < 0 ? modulus : 0));
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

[[maybe_unused]] static bool plain_unpack_digits(const std::uint8_t* in, std::size_t fours, std::uint64_t bound,
                                                 double* low, double* high) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kDigitBits) - 1;
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < fours; ++i) {
    std::uint64_t v[4];
    unpack_four(in + 25 * i, v);
    for (std::size_t k = 0; k < 4; ++k) {
      above |= bound - 1 - v[k];
      low[4 * i + k] = static_cast<double>(static_cast<std::int64_t>(v[k] & kMask));
      high[4 * i + k] = static_cast<double>(static_cast<std::int64_t>(v[k] >> kDigitBits));
    }
  }
  return (above >> 63) != 0;
}

/// kVectors by kRows inner products, added to `out`; `weights` starts at the first of the rows in a block.
template <int kVectors, int kRows>
static inline void dot_rows(const double* vectors, const std::int32_t* weights, std::size_t n, std::size_t first,
                            std::size_t last, double* out, std::size_t rows) {
  Lanes<double> sums[kVectors][kRows];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) sums[v][r] = all(0.0);
  }
  for (std::size_t j = first; j < last; j += 8) {
    Lanes<double> x[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) x[v] = load_lanes(vectors + static_cast<std::size_t>(v) * n + j);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Lanes<double> w = widen(weights + j * kDotRows + 8 * static_cast<std::size_t>(r));
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) multiply_add_exact(sums[v][r], x[v], w);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      out[static_cast<std::size_t>(v) * rows + static_cast<std::size_t>(r)] += sum_of(sums[v][r]);
    }
  }
}

template <int kVectors, int kRows>
static inline void dot_vectors(const double* vectors, const std::int32_t* weights, std::size_t rows, std::size_t n,
                               double* out) {
  // so many columns that the vectors' stay in the first-level cache
  constexpr std::size_t kColumns = 4096 / kVectors;
  for (std::size_t first = 0; first < n; first += kColumns) {
    const std::size_t last = n - first < kColumns ? n : first + kColumns;
    for (std::size_t r = 0; r < rows; r += kRows) {
      const std::int32_t* block = weights + r / kDotRows * kDotRows * n + r % kDotRows * 8;
      dot_rows<kVectors, kRows>(vectors, block, n, first, last, out + r, rows);
    }
  }
}

/// As many sums as registers hold.
static void plain_dot(const double* vectors, std::size_t count, const std::int32_t* weights, std::size_t rows,
                      std::size_t n, double* out) {
  constexpr int kRows = kVectorBytes == 64 ? 4 : 2;
  for (std::size_t i = 0; i < count * rows; ++i) out[i] = 0;
  std::size_t v = 0;
  if constexpr (kVectorBytes == 64) {
    for (; v + 8 <= count; v += 8) dot_vectors<8, 2>(vectors + v * n, weights, rows, n, out + v * rows);
    for (; v + 4 <= count; v += 4) dot_vectors<4, kRows>(vectors + v * n, weights, rows, n, out + v * rows);
  }
  for (; v + 2 <= count; v += 2) dot_vectors<2, kRows>(vectors + v * n, weights, rows, n, out + v * rows);
  for (; v < count; ++v) dot_vectors<1, kRows>(vectors + v * n, weights, rows, n, out + v * rows);
}

[[maybe_unused]] static void plain_add_digits(std::uint64_t* sum, const double* low, const double* high,
                                              std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t digits[2] = {arithmetic::reduce_signed(static_cast<std::int64_t>(low[i]), q),
                                     arithmetic::reduce_signed(static_cast<std::int64_t>(high[i]), q)};
    sum[i] = arithmetic::reduce128((static_cast<uint128>(digits[1]) << kDigitBits) + digits[0] + sum[i], q);
  }
}

}  // namespace tensafe::ckks
