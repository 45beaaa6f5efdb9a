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
      .ntt_inverse = scalar_ntt_inverse,
      .ntt_inverse_low = scalar_ntt_inverse_low,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_subtract = multiply_subtract,
      .multiply_pairs = multiply_pairs,
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
      .deal = plain_deal,
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
