#if defined(__x86_64__)

#include "ckks/kernels/avx2_arithmetic.hpp"
#include "ckks/kernels/avx2_bits.hpp"
#include "ckks/kernels/avx2_transform.hpp"
#include "ckks/kernels/plain_loops.hpp"
#include "ckks/kernels/ring_kernels.hpp"

namespace tensafe::ckks {
namespace {

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

void multiply_pairs(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* c,
                    const std::uint64_t* d, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d sum = _mm256_add_pd(multiply_mod(load_words(a + i), load_words(b + i), m),
                                      multiply_mod(load_words(c + i), load_words(d + i), m));
    store_words(out + i, to_residues(bring_back(sum, m), m));
  }
}

void multiply_pairs_add(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* c,
                        const std::uint64_t* d, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d products = _mm256_add_pd(multiply_mod(load_words(a + i), load_words(b + i), m),
                                           multiply_mod(load_words(c + i), load_words(d + i), m));
    store_words(sum + i, to_residues(bring_back(_mm256_add_pd(load_words(sum + i), bring_back(products, m)), m), m));
  }
}

/// A product of two variable residues is as fast as one with a prepared factor.
void prepare(const std::uint64_t* values, std::uint64_t* out, std::size_t n, const Modulus&) {
  for (std::size_t i = 0; i < n; ++i) out[i] = values[i];
}

void multiply_prepared(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t*,
                       std::size_t n, const Modulus& q) {
  multiply(out, a, b, n, q);
}

void multiply_subtract_prepared(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                                const std::uint64_t*, std::size_t n, const Modulus& q) {
  multiply_subtract(sum, a, b, n, q);
}

void low_products(const LowFactors* factors, std::size_t count, const NttTables& tables, const LowTables& low,
                  std::uint64_t* scratch, std::uint64_t* out) {
  const std::size_t n = tables.degree();
  if (count == 1) {
    multiply(scratch, factors[0].a, factors[0].b, n, tables.modulus());
  } else {
    multiply_pairs(scratch, factors[0].a, factors[0].b, factors[1].a, factors[1].b, n, tables.modulus());
  }
  avx2_ntt_inverse_low(scratch, low.wanted(), tables);
  for (std::size_t k = 0; k < low.wanted(); ++k) out[k] = scratch[k];
}

void prepare_deal(const std::uint64_t* b, const NttTables& tables, std::uint64_t* factor, std::uint64_t* prepared) {
  for (std::size_t i = 0; i < tables.degree(); ++i) factor[i] = prepared[i] = b[i];
}

void ntt_forward_subtract(std::uint64_t* polynomial, const std::uint64_t* a, const std::uint64_t* b,
                          const std::uint64_t* prepared, const NttTables& tables) {
  avx2_ntt_forward(polynomial, tables);
  multiply_subtract_prepared(polynomial, a, b, prepared, tables.degree(), tables.modulus());
}

void deal(std::uint64_t* a, const std::uint64_t* factor, const std::uint64_t*, const NttTables& tables,
          std::size_t tokens, std::size_t columns, const std::int8_t* errors, std::uint64_t* out,
          std::size_t stride) {
  multiply(a, a, factor, tables.degree(), tables.modulus());
  avx2_ntt_inverse(a, tables);
  plain_deal_rest(a, tokens, columns, errors, out, stride, tables.modulus(), 0);
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

/// Sums of products below 2^52 in magnitude are brought back before the upper one is shifted.
void add_digits(std::uint64_t* sum, const double* low, const double* high, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Factor shift = factor(static_cast<double>((std::uint64_t{1} << kDigitBits) % q.value), m);
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const __m256d upper = multiply_mod(bring_back(_mm256_loadu_pd(high + i), m), shift, m);
    const __m256d lower = bring_back(_mm256_loadu_pd(low + i), m);
    const __m256d old = to_double(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(sum + i)));
    const __m256i all = to_residues(bring_back(_mm256_add_pd(_mm256_add_pd(upper, lower), old), m), m);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sum + i), all);
  }
  plain_add_digits(sum + i, low + i, high + i, n - i, q);
}

}  // namespace

const RingKernels& avx2_kernels() {
  static const RingKernels kernels = {
      .name = "avx2",
      .ntt_forward = avx2_ntt_forward,
      .ntt_forward_subtract = ntt_forward_subtract,
      .ntt_inverse = avx2_ntt_inverse,
      .ntt_inverse_low = avx2_ntt_inverse_low,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_subtract = multiply_subtract,
      .multiply_pairs = multiply_pairs,
      .multiply_pairs_add = multiply_pairs_add,
      .prepare = prepare,
      .multiply_prepared = multiply_prepared,
      .multiply_subtract_prepared = multiply_subtract_prepared,
      .arrange = plain_arrange,
      .low_products = low_products,
      .add = plain_add,
      .subtract = plain_subtract,
      .scale = scale,
      .accumulate_tile = accumulate_tile,
      .mask_words = plain_mask_words,
      .gaussian = plain_gaussian,
      .normal = plain_normal,
      .widen = plain_widen,
      .small_residues = plain_small_residues,
      .measure = plain_measure,
      .quantize = plain_quantize,
      .quantize_wide = plain_quantize_wide,
      .encode = plain_encode,
      .encode_body = plain_encode_body,
      .combine = plain_combine,
      .transpose = plain_transpose,
      .prepare_deal = prepare_deal,
      .deal = deal,
      .near_residues = plain_near_residues,
      .reduce_signed = reduce_signed,
      .pack = avx2_pack,
      .unpack = avx2_unpack,
      .unpack_digits = avx2_unpack_digits,
      .dot = plain_dot,
      .add_digits = add_digits,
  };
  return kernels;
}

}  // namespace tensafe::ckks

#endif
