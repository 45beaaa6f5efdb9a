#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/memory.hpp"
#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/random/stream.hpp"

namespace tensafe::ckks {

/// Standard deviation of errors, of the mask of an encryption of zero, in coefficients.
constexpr double kErrorDeviation = 3.2;

/// Uniform residues: the low ⌈log2 q⌉ bits (50 in both profiles) of each little-endian 64-bit word, a
/// word ≥ q skipped, the next in the stream taken instead. Works for any source with `fill(void*, bytes)`
/// for multiples of 16 bytes. The values are public (they are the `a` half of a ciphertext), so skipping
/// may show in time.
template <typename Source>
void sample_uniform(Source& source, const RingKernels& kernels, const Modulus& q, std::uint64_t* out,
                    std::size_t n) {
  const std::uint64_t mask = (std::uint64_t{1} << std::bit_width(q.value - 1)) - 1;
  source.fill(out, n * sizeof(std::uint64_t));
  if (!kernels.mask_words(out, n, mask, q.value)) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (out[i] < q.value) out[kept++] = out[i];
  }
  // whole blocks of two words; a second word that is not needed is dropped with its block
  while (kept < n) {
    std::uint64_t pair[2];
    source.fill(pair, sizeof pair);
    for (std::uint64_t word : pair) {
      if (kept < n && (word & mask) < q.value) out[kept++] = word & mask;
    }
  }
}

/// Uniform over −1, 0, 1: pairs of bits, 3 skipped. Which pairs are skipped may show in time, and says nothing
/// about the rest. Takes 64 bytes of the source at a time.
template <typename Source>
void sample_ternary(Source& source, std::int64_t* out, std::size_t n) {
  std::uint8_t bytes[64];
  std::size_t filled = 0;
  while (filled < n) {
    source.fill(bytes, sizeof bytes);
    for (std::size_t i = 0; i < 4 * sizeof bytes && filled < n; ++i) {
      const int pair = bytes[i / 4] >> (2 * (i % 4)) & 3;
      // always written; kept only if the place moves on, which a skipped pair does not make it do
      out[filled] = static_cast<std::int64_t>(pair) - 1;
      filled += pair == 3 ? 0 : 1;
    }
  }
  base::secure_wipe(bytes, sizeof bytes);
}

/// Round(N(0, 3.2²)) by inversion of 31-bit uniforms against 20 thresholds: no branch and no address by
/// secrets. Probabilities are multiples of 2^−31, the largest value is 20;
/// docs/CKKS.md bounds the Rényi divergence from the exact distribution. n is a multiple of 4.
void sample_gaussian(RandomStream& stream, const RingKernels& kernels, std::int8_t* out, std::size_t n);

/// Thresholds 2^31·P(|z| ≤ k) to the nearest integer, k = 0 … 19.
const std::int32_t* gaussian_thresholds();

/// N(0, 1) by the Box–Muller transform in double precision without branches, from uniforms of 52 bits. At
/// most 8.5 deviations from 0. n is even.
void sample_normal(RandomStream& stream, const RingKernels& kernels, double* out, std::size_t n);

/// Round(N(0, deviation²)) for large deviations, from those. n is even.
void sample_wide_gaussian(RandomStream& stream, const RingKernels& kernels, double deviation, std::int64_t* out,
                          std::size_t n);

/// Uniform in [−2^bits, 2^bits), bits ≤ 62. n is even.
void sample_flood(RandomStream& stream, int bits, std::int64_t* out, std::size_t n);

}  // namespace tensafe::ckks
