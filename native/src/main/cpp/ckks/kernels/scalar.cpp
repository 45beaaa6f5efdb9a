#include "ckks/kernels/plain_loops.hpp"
#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/kernels/scalar_transform.hpp"

namespace tensafe::ckks {
namespace {

void ntt_forward(std::uint64_t* polynomial, const NttTables& tables) {
  scalar_ntt_forward(polynomial, tables.degree(), tables);
}

void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
              const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arithmetic::multiply(a[i], b[i], q);
}

void multiply_add(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                  const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    sum[i] = arithmetic::reduce128(static_cast<uint128>(a[i]) * b[i] + sum[i], q);
  }
}

void multiply_subtract(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                       const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    sum[i] = arithmetic::subtract(sum[i], arithmetic::multiply(a[i], b[i], q), q);
  }
}

void multiply_pairs(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* c,
                    const std::uint64_t* d, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = arithmetic::reduce128(static_cast<uint128>(a[i]) * b[i] + static_cast<uint128>(c[i]) * d[i], q);
  }
}

/// floor(b·2^64/q): from 2^128/q, then once more where that was too small.
void prepare(const std::uint64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t quotient =
        values[i] * q.ratio_high + static_cast<std::uint64_t>((static_cast<uint128>(values[i]) * q.ratio_low) >> 64);
    const std::uint64_t rest = std::uint64_t{0} - quotient * q.value;
    out[i] = quotient + static_cast<std::uint64_t>(rest >= q.value);
  }
}

std::uint64_t multiply_once(std::uint64_t a, std::uint64_t b, std::uint64_t prepared, const Modulus& q) {
  const std::uint64_t quotient = static_cast<std::uint64_t>((static_cast<uint128>(a) * prepared) >> 64);
  const std::uint64_t product = a * b - quotient * q.value;
  return product - (q.value & (std::uint64_t{0} - static_cast<std::uint64_t>(product >= q.value)));
}

void multiply_prepared(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b,
                       const std::uint64_t* prepared, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = multiply_once(a[i], b[i], prepared[i], q);
}

void multiply_subtract_prepared(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                                const std::uint64_t* prepared, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    sum[i] = arithmetic::subtract(sum[i], multiply_once(a[i], b[i], prepared[i], q), q);
  }
}

void low_products(const LowFactors* factors, std::size_t count, const NttTables& tables, const LowTables& low,
                  std::uint64_t* scratch, std::uint64_t* out) {
  const std::size_t n = tables.degree();
  multiply_prepared(scratch, factors[0].a, factors[0].b, factors[0].b_prepared, n, tables.modulus());
  for (std::size_t i = 1; i < count; ++i) {
    multiply_prepared(scratch + n, factors[i].a, factors[i].b, factors[i].b_prepared, n, tables.modulus());
    plain_add(scratch, scratch + n, n, tables.modulus());
  }
  scalar_ntt_inverse_low(scratch, low.wanted(), tables);
  for (std::size_t k = 0; k < low.wanted(); ++k) out[k] = scratch[k];
}

void prepare_deal(const std::uint64_t* b, const NttTables& tables, std::uint64_t* factor, std::uint64_t* prepared) {
  for (std::size_t i = 0; i < tables.degree(); ++i) factor[i] = b[i];
  prepare(b, prepared, tables.degree(), tables.modulus());
}

void ntt_forward_subtract(std::uint64_t* polynomial, const std::uint64_t* a, const std::uint64_t* b,
                          const std::uint64_t* prepared, const NttTables& tables) {
  ntt_forward(polynomial, tables);
  multiply_subtract_prepared(polynomial, a, b, prepared, tables.degree(), tables.modulus());
}

void multiply_pairs_add(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* c,
                        const std::uint64_t* d, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const uint128 products = static_cast<uint128>(a[i]) * b[i] + static_cast<uint128>(c[i]) * d[i];
    sum[i] = arithmetic::reduce128(products + sum[i], q);
  }
}

void deal(std::uint64_t* a, const std::uint64_t* factor, const std::uint64_t* prepared, const NttTables& tables,
          std::size_t tokens, std::size_t columns, const std::int8_t* errors, std::uint64_t* out,
          std::size_t stride) {
  multiply_prepared(a, a, factor, prepared, tables.degree(), tables.modulus());
  scalar_ntt_inverse(a, tables);
  plain_deal_rest(a, tokens, columns, errors, out, stride, tables.modulus(), 0);
}

void scale(std::uint64_t* product, std::uint64_t factor, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) product[i] = arithmetic::multiply(product[i], factor, q);
}

// Products are below 2^100, so 2^28 of them fit the 128-bit accumulators: no folding on the way.
void accumulate_tile(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                     std::size_t rows, std::size_t distinct, std::uint64_t* out, const Modulus& q) {
  const std::size_t repeat = kTile / distinct;
  for (std::size_t r = 0; r < rows; ++r) {
    uint128 sums[2][kTile] = {};
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::uint64_t* w = weights + (b * rows + r) * distinct;
      const std::uint64_t* c = tile + b * 2 * kTile;
      for (std::size_t i = 0; i < kTile; ++i) {
        const std::uint64_t factor = w[i / repeat];
        sums[0][i] += static_cast<uint128>(c[i]) * factor;
        sums[1][i] += static_cast<uint128>(c[kTile + i]) * factor;
      }
    }
    for (std::size_t i = 0; i < kTile; ++i) {
      out[(r * 2 + 0) * kTile + i] = arithmetic::reduce128(sums[0][i], q);
      out[(r * 2 + 1) * kTile + i] = arithmetic::reduce128(sums[1][i], q);
    }
  }
}

}  // namespace

const RingKernels& scalar_kernels() {
  static const RingKernels kernels = {
      .name = "scalar",
      .ntt_forward = ntt_forward,
      .ntt_forward_subtract = ntt_forward_subtract,
      .ntt_inverse = scalar_ntt_inverse,
      .ntt_inverse_low = scalar_ntt_inverse_low,
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
      .reduce_signed = plain_reduce_signed,
      .pack = plain_pack,
      .unpack = plain_unpack,
      .unpack_digits = plain_unpack_digits,
      .dot = plain_dot,
      .add_digits = plain_add_digits,
  };
  return kernels;
}

}  // namespace tensafe::ckks
