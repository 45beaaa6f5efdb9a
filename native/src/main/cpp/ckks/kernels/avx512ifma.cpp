#if defined(__x86_64__)

#ifndef TENSAFE_EMULATED_AVX512
#include "ckks/kernels/avx512_loops.hpp"
#endif
#include "ckks/kernels/avx512_arithmetic.hpp"
#include "ckks/kernels/avx512_low.hpp"
#include "ckks/kernels/avx512_transform.hpp"
#include "ckks/kernels/plain_loops.hpp"
#include "ckks/kernels/ring_kernels.hpp"

namespace tensafe::ckks {
namespace {

// --- value by value --------------------------------------------------------------------------------

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

/// x·y + z·w mod q.
Vector pair_of_products(const std::uint64_t* x, const std::uint64_t* y, const std::uint64_t* z, const std::uint64_t* w,
                        const Barrett& b, const Constants& m) {
  const Vector low = product_low(product_low(m.zero, load(x), load(y)), load(z), load(w));
  const Vector high = product_high(product_high(m.zero, load(x), load(y)), load(z), load(w));
  return reduce_few_sums(low, high, b, m);
}

void multiply_pairs(std::uint64_t* out, const std::uint64_t* x, const std::uint64_t* y, const std::uint64_t* z,
                    const std::uint64_t* w, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Barrett b = barrett(q);
  for (std::size_t i = 0; i < n; i += 8) {
    store(out + i, pair_of_products(x + i, y + i, z + i, w + i, b, m));
  }
}

void multiply_pairs_add(std::uint64_t* sum, const std::uint64_t* x, const std::uint64_t* y, const std::uint64_t* z,
                        const std::uint64_t* w, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Barrett b = barrett(q);
  for (std::size_t i = 0; i < n; i += 8) {
    const Vector products = pair_of_products(x + i, y + i, z + i, w + i, b, m);
    store(sum + i, reduce_once(add(load(sum + i), products), m.q));
  }
}

/// floor(b·2^52/q). In doubles it is at most 1.5 off, so 2 less is from 0 to 3 too small, and 4q fits 52 bits.
void prepare(const std::uint64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Vector one = broadcast(1);
  const Vector two = broadcast(2);
  const auto ratio = _mm512_set1_pd(4503599627370496.0 / q.as_double);
  for (std::size_t i = 0; i < n; i += 8) {
    const Vector estimate = _mm512_cvtpd_epi64(_mm512_mul_pd(_mm512_cvtepi64_pd(load(values + i)), ratio));
    Vector quotient = reduce_once(estimate, two);
    // minus quotient·q modulo 2^52, which is what is left of b·2^52
    Vector rest = product_low(m.zero, quotient, m.minus_q);
    for (int k = 0; k < 3; ++k) {
      const Vector less = subtract(rest, m.q);
      quotient = add(quotient, add(one, _mm512_srai_epi64(less, 63)));
      rest = _mm512_min_epu64(rest, less);
    }
    store(out + i, quotient);
  }
}

Vector multiply_once(const std::uint64_t* x, const std::uint64_t* y, const std::uint64_t* prepared,
                     const Constants& m) {
  return reduce_once(multiply_lazy(load(x), Factor{load(y), load(prepared)}, m), m.q);
}

void multiply_prepared(std::uint64_t* out, const std::uint64_t* x, const std::uint64_t* y,
                       const std::uint64_t* prepared, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 8) store(out + i, multiply_once(x + i, y + i, prepared + i, m));
}

void multiply_subtract_prepared(std::uint64_t* sum, const std::uint64_t* x, const std::uint64_t* y,
                                const std::uint64_t* prepared, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  for (std::size_t i = 0; i < n; i += 8) {
    const Vector difference = subtract(load(sum + i), multiply_once(x + i, y + i, prepared + i, m));
    // as unsigned numbers, negative ones are the larger
    store(sum + i, _mm512_min_epu64(difference, add(difference, m.q)));
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
  const bool few = blocks <= kFewBlocks;
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
        low[r][k] = few ? reduce_few_sums(low[r][k], high[r][k], barrett_constants, m)
                        : reduce_sums(low[r][k], high[r][k], barrett_constants, m);
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

// --- layout ----------------------------------------------------------------------------------------

/// Eight rows of eight words, `stride` apart.
void load_block(const std::uint64_t* from, std::size_t stride, Vector (&block)[8]) {
  for (int i = 0; i < 8; ++i) block[i] = _mm512_loadu_si512(from + static_cast<std::size_t>(i) * stride);
}

void transpose(const std::uint64_t* matrix, std::size_t rows, std::size_t columns, std::uint64_t* out) {
  const std::size_t whole_rows = rows / 8 * 8;
  const std::size_t whole_columns = columns / 8 * 8;
  for (std::size_t r = 0; r < whole_rows; r += 8) {
    for (std::size_t c = 0; c < whole_columns; c += 8) {
      Vector block[8];
      load_block(matrix + r * columns + c, columns, block);
      transpose(block);
      for (int i = 0; i < 8; ++i) _mm512_storeu_si512(out + (c + static_cast<std::size_t>(i)) * rows + r, block[i]);
    }
  }
  plain_transpose_rest(matrix, rows, columns, out, whole_rows, whole_columns);
}

/// With 1/N, which the transform then leaves out.
void prepare_deal(const std::uint64_t* b, const NttTables& tables, std::uint64_t* factor, std::uint64_t* prepared) {
  const std::size_t n = tables.degree();
  const Constants m = constants(tables.modulus());
  const Factor inverse = {broadcast(tables.degree_inverse()), broadcast(tables.degree_inverse_shoup52())};
  for (std::size_t i = 0; i < n; i += 8) {
    store(factor + i, reduce_once(multiply_lazy(load(b + i), inverse, m), m.q));
  }
  prepare(factor, prepared, n, tables.modulus());
}

void deal(std::uint64_t* a, const std::uint64_t* factor, const std::uint64_t* prepared, const NttTables& tables,
          std::size_t tokens, std::size_t columns, const std::int8_t* errors, std::uint64_t* out,
          std::size_t stride) {
  const Constants m = constants(tables.modulus());
  inverse_levels(a, tables.degree(), tables, m, [&](std::size_t i) __attribute__((always_inline)) {
    return multiply_lazy(load(a + i), Factor{load(factor + i), load(prepared + i)}, m);
  });
  const std::size_t whole = columns / 8 * 8;
  for (std::size_t t = 0; t < tokens; t += 8) {
    for (std::size_t j = 0; j < whole; j += 8) {
      Vector block[8];
      load_block(a + t + tokens * j, tokens, block);
      transpose(block);
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) {
        const std::size_t at = (t + static_cast<std::size_t>(i)) * stride + j;
        const Vector error = _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(errors + at)));
        // from (−q − 20, 20] up by q, and up again where that was not enough
        const Vector body = add(subtract(error, reduce_once(block[i], m.q)), m.q);
        _mm512_storeu_si512(out + at, reduce_once(_mm512_min_epu64(body, add(body, m.q)), m.q));
      }
    }
  }
  if (whole == columns) return;
  for (std::size_t i = 0; i < tables.degree(); i += 8) store(a + i, reduce_once(load(a + i), m.q));
  plain_deal_rest(a, tokens, columns, errors, out, stride, tables.modulus(), whole);
}

/// |x| as residues below 2q times f, negated where x is negative.
Vector signed_residue(const double* x, const Factor& f, const Constants& m) {
  const Vector number = _mm512_cvtpd_epi64(_mm512_loadu_pd(x));
  const Vector sign = _mm512_srai_epi64(number, 63);
  const Vector magnitude = subtract(_mm512_xor_si512(number, sign), sign);
  const Vector residue = multiply_lazy(magnitude, f, m);
  return add(subtract(_mm512_xor_si512(residue, sign), sign), _mm512_and_si512(sign, m.two_q));
}

void add_digits(std::uint64_t* sum, const double* low, const double* high, std::size_t n, const Modulus& q) {
  const Constants m = constants(q);
  const Factor one = factor(1, q);
  const Factor shift = factor((std::uint64_t{1} << kDigitBits) % q.value, q);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const Vector digits = add(signed_residue(low + i, one, m), signed_residue(high + i, shift, m));
    const Vector all = add(reduce_once(digits, m.two_q), _mm512_loadu_si512(sum + i));
    _mm512_storeu_si512(sum + i, reduce_once(reduce_once(all, m.two_q), m.q));
  }
  plain_add_digits(sum + i, low + i, high + i, n - i, q);
}

}  // namespace

#ifdef TENSAFE_EMULATED_AVX512
const RingKernels& emulated_avx512ifma_kernels() {
#else
const RingKernels& avx512ifma_kernels() {
#endif
#ifdef TENSAFE_EMULATED_AVX512
  constexpr auto pack = plain_pack;
  constexpr auto unpack = plain_unpack;
  constexpr auto unpack_digits = plain_unpack_digits;
  constexpr auto gaussian = plain_gaussian;
#else
  constexpr auto pack = avx512_pack;
  constexpr auto unpack = avx512_unpack;
  constexpr auto unpack_digits = avx512_unpack_digits;
  constexpr auto gaussian = avx512_gaussian;
#endif
  static const RingKernels kernels = {
      .name = "avx512ifma",
      .ntt_forward = ntt_forward,
      .ntt_forward_subtract = ntt_forward_subtract,
      .ntt_inverse = ntt_inverse,
      .ntt_inverse_low = ntt_inverse_low,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_subtract = multiply_subtract,
      .multiply_pairs = multiply_pairs,
      .multiply_pairs_add = multiply_pairs_add,
      .prepare = prepare,
      .multiply_prepared = multiply_prepared,
      .multiply_subtract_prepared = multiply_subtract_prepared,
      .arrange = arrange,
      .low_products = low_products,
      .add = plain_add,
      .subtract = plain_subtract,
      .scale = scale,
      .accumulate_tile = accumulate_tile,
      .mask_words = plain_mask_words,
      .gaussian = gaussian,
      .normal = plain_normal,
      .widen = plain_widen,
      .small_residues = plain_small_residues,
      .measure = plain_measure,
      .quantize = plain_quantize,
      .quantize_wide = plain_quantize_wide,
      .encode = plain_encode,
      .encode_body = plain_encode_body,
      .combine = plain_combine,
      .transpose = transpose,
      .prepare_deal = prepare_deal,
      .deal = deal,
      .near_residues = plain_near_residues,
      .reduce_signed = plain_reduce_signed,
      .pack = pack,
      .unpack = unpack,
      .unpack_digits = unpack_digits,
      .dot = plain_dot,
      .add_digits = add_digits,
  };
  return kernels;
}

}  // namespace tensafe::ckks

#endif
