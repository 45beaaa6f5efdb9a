#include "ckks/random/samplers.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/memory.hpp"

namespace tensafe::ckks {
namespace {

std::array<std::int32_t, kGaussianThresholds> make_thresholds() {
  std::array<std::int32_t, kGaussianThresholds> thresholds{};
  for (std::size_t k = 0; k < kGaussianThresholds; ++k) {
    // P(|z| > k + 1/2) in the units of a 31-bit uniform
    const double bound = (static_cast<double>(k) + 0.5) / kErrorDeviation;
    const double above = std::ldexp(std::erfc(bound / std::numbers::sqrt2), 31);
    // to the nearest, which keeps the relative error of the tail small: docs/CKKS.md, "Randomness"
    thresholds[k] = static_cast<std::int32_t>(std::ldexp(1.0, 31) - std::nearbyint(above));
  }
  return thresholds;
}

}  // namespace

const std::int32_t* gaussian_thresholds() {
  static const std::array<std::int32_t, kGaussianThresholds> thresholds = make_thresholds();
  return thresholds.data();
}

void sample_gaussian(RandomStream& stream, const RingKernels& kernels, std::int8_t* out, std::size_t n) {
  constexpr std::size_t kPiece = 1024;
  alignas(64) std::uint32_t random[kPiece];
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = n - i < kPiece ? n - i : kPiece;
    stream.fill(random, count * sizeof(std::uint32_t));
    kernels.gaussian(random, out + i, count, gaussian_thresholds());
  }
  base::secure_wipe(random, sizeof random);
}

void sample_normal(RandomStream& stream, const RingKernels& kernels, double* out, std::size_t n) {
  constexpr std::size_t kPiece = 256;
  alignas(64) std::uint64_t random[kPiece];
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = n - i < kPiece ? n - i : kPiece;
    stream.fill(random, count * sizeof(std::uint64_t));
    kernels.normal(random, out + i, count);
  }
  base::secure_wipe(random, sizeof random);
}

void sample_wide_gaussian(RandomStream& stream, const RingKernels& kernels, double deviation, std::int64_t* out,
                          std::size_t n) {
  // 1.5·2^52 moves the unit to the last bit of the fraction: the addition rounds
  constexpr double kMagic = 6755399441055744.0;
  constexpr std::size_t kPiece = 256;
  alignas(64) double normal[kPiece];
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = n - i < kPiece ? n - i : kPiece;
    sample_normal(stream, kernels, normal, count);
    for (std::size_t k = 0; k < count; ++k) {
      out[i + k] = std::bit_cast<std::int64_t>(deviation * normal[k] + kMagic) - std::bit_cast<std::int64_t>(kMagic);
    }
  }
  base::secure_wipe(normal, sizeof normal);
}

void sample_flood(RandomStream& stream, int bits, std::int64_t* out, std::size_t n) {
  stream.fill(out, n * sizeof(std::int64_t));
  // the top bits of a word as a signed number
  for (std::size_t i = 0; i < n; ++i) out[i] >>= 63 - bits;
}

}  // namespace tensafe::ckks
