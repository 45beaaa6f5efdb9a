#include "ckks/random/samplers.hpp"

#include <array>
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

/// ln(x) for a positive normal x: x = 2^e·m, ln m = 2·atanh((m − 1)/(m + 1)) as a series, m in
/// [√½, √2). No branch. Error below 1e-14.
double log_without_branches(double x) {
  std::uint64_t bits;
  static_assert(sizeof bits == sizeof x);
  __builtin_memcpy(&bits, &x, sizeof bits);
  // subtracting √½ as an integer makes the exponent field count from there
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdULL;
  const std::uint64_t shifted = bits - kSqrtHalf;
  const std::int64_t exponent = static_cast<std::int64_t>(shifted) >> 52;
  const std::uint64_t fraction = bits - (static_cast<std::uint64_t>(exponent) << 52);
  double m;
  __builtin_memcpy(&m, &fraction, sizeof m);
  const double z = (m - 1.0) / (m + 1.0);
  const double square = z * z;
  double sum = 0.0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return static_cast<double>(exponent) * std::numbers::ln2 + 2.0 * z * sum;
}

/// cos(2πt) and sin(2πt) for 0 ≤ t < 1 by Taylor series about the nearest quarter turn. No branch.
void cosine_sine(double t, double& cosine, double& sine) {
  const std::int64_t quarter = static_cast<std::int64_t>(4.0 * t + 0.5);
  const double angle = (t - 0.25 * static_cast<double>(quarter)) * 2.0 * std::numbers::pi;
  const double square = angle * angle;
  double c = 0.0;
  double s = 0.0;
  for (int k = 18; k >= 2; k -= 2) c = (c + 1.0) * (-square / (k * (k - 1)));
  for (int k = 19; k >= 3; k -= 2) s = (s + 1.0) * (-square / (k * (k - 1)));
  c += 1.0;
  s = (s + 1.0) * angle;
  // turn by 0 … 4 quarters: swap for odd ones, then signs
  const double odd = static_cast<double>(quarter & 1);
  const double c_turned = c * (1.0 - odd) - s * odd;
  const double s_turned = s * (1.0 - odd) + c * odd;
  const double sign = 1.0 - static_cast<double>(quarter & 2);
  cosine = sign * c_turned;
  sine = sign * s_turned;
}

}  // namespace

const std::int32_t* gaussian_thresholds() {
  static const std::array<std::int32_t, kGaussianThresholds> thresholds = make_thresholds();
  return thresholds.data();
}

void sample_ternary(RandomStream& stream, std::int64_t* out, std::size_t n) {
  std::uint8_t bytes[64];
  std::size_t filled = 0;
  while (filled < n) {
    stream.fill(bytes, sizeof bytes);
    for (std::size_t i = 0; i < 4 * sizeof bytes && filled < n; ++i) {
      const int pair = bytes[i / 4] >> (2 * (i % 4)) & 3;
      // always written; kept only if the place moves on, which a skipped pair does not make it do
      out[filled] = static_cast<std::int64_t>(pair) - 1;
      filled += pair == 3 ? 0 : 1;
    }
  }
  base::secure_wipe(bytes, sizeof bytes);
}

void sample_gaussian(RandomStream& stream, const RingKernels& kernels, std::int32_t* out, std::size_t n) {
  constexpr std::size_t kPiece = 512;
  alignas(64) std::uint32_t random[kPiece];
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = n - i < kPiece ? n - i : kPiece;
    stream.fill(random, count * sizeof(std::uint32_t));
    kernels.gaussian(random, out + i, count, gaussian_thresholds());
  }
  base::secure_wipe(random, sizeof random);
}

void sample_wide_gaussian(RandomStream& stream, double deviation, std::int64_t* out, std::size_t n) {
  constexpr std::size_t kPiece = 128;
  std::uint64_t random[kPiece];
  for (std::size_t start = 0; start < n; start += kPiece) {
    const std::size_t count = n - start < kPiece ? n - start : kPiece;
    stream.fill(random, count * sizeof(std::uint64_t));
    for (std::size_t i = 0; i < count; i += 2) {
      // (0, 1] and [0, 1) with 53 bits
      const double u = static_cast<double>((random[i] >> 11) + 1) * 0x1p-53;
      const double t = static_cast<double>(random[i + 1] >> 11) * 0x1p-53;
      const double radius = deviation * std::sqrt(-2.0 * log_without_branches(u));
      double cosine;
      double sine;
      cosine_sine(t, cosine, sine);
      out[start + i] = std::llrint(radius * cosine);
      out[start + i + 1] = std::llrint(radius * sine);
    }
  }
  base::secure_wipe(random, sizeof random);
}

void sample_flood(RandomStream& stream, int bits, std::int64_t* out, std::size_t n) {
  stream.fill(out, n * sizeof(std::int64_t));
  // the top bits of a word as a signed number
  for (std::size_t i = 0; i < n; ++i) out[i] >>= 63 - bits;
}

}  // namespace tensafe::ckks
