#pragma once

#include <utility>

#include "session.hpp"

// A group of an adapter as the model host knows it, with a tag; for tests.

namespace tensafe::ckks::test {

inline constexpr double kError = 10.32;  ///< variance of a rounded Gaussian of deviation 3.2

/// A group with a tag over exact f = A'ᵀ·r.
struct Tagged {
  Tagged(const Context& context, std::size_t columns, std::size_t rows)
      : Tagged(context, columns, rows, random_weights(rows * columns)) {}

  /// With f of these weights.
  Tagged(const Context& context, std::size_t columns, std::size_t rows, std::vector<std::int32_t> weights)
      : w(std::move(weights)), row_scales(rows), row_norms(rows) {
    double largest = 0;
    for (std::size_t k = 0; k < rows; ++k) {
      double sum = 0;
      double squares = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        sum += std::fabs(static_cast<double>(w[k * columns + j]));
        squares += static_cast<double>(w[k * columns + j]) * w[k * columns + j];
      }
      largest = std::max(largest, sum);
      row_scales[k] = 0.5 + 0.01 * static_cast<double>(k);
      row_norms[k] = row_scales[k] * std::sqrt(squares);
    }
    const bool switched = context.limbs() == 2;
    divisor = switched ? static_cast<double>(context.modulus(1).value) : 1;
    scale_bits = std::min(62, static_cast<int>(std::floor((switched ? 98 : 48) - std::log2(largest) - 1e-9)));
    const double n = static_cast<double>(context.degree());
    // what the evaluating side adds: the encryption of zero, the flood, and the switch's rounding
    own = (2 * n * kError * kError + kError + (switched ? 0x1p106 / 12 : 0x1p32)) / divisor / divisor +
          (switched ? (1 + n * 2 / 3) / 12 : 0);
    for (std::size_t check = 0; check < kChecks; ++check) {
      r[check].resize(rows);
      f[check].assign(columns, 0);
      double squares = 0;
      for (std::size_t k = 0; k < rows; ++k) {
        const std::int64_t size = static_cast<std::int64_t>((1 << 14) + test_random()() % (1 << 14));
        r[check][k] = test_random()() % 2 == 0 ? size : -size;
        squares += static_cast<double>(size) * static_cast<double>(size);
        for (std::size_t j = 0; j < columns; ++j) f[check][j] += r[check][k] * w[k * columns + j];
      }
      deviations[check] = std::sqrt(squares * own);
    }
    dithers = row_norms;
    for (double& dither : dithers) dither *= 1.5e-5 / std::sqrt(static_cast<double>(columns));
    const double error = 8 * std::sqrt(own + kError * row_norms[0] * row_norms[0] / divisor / divisor) +
                         0.5 * largest / divisor + 0.5;
    codec = std::make_unique<GroupCodec>(
        context, CodecValues{columns, rows, nullptr, scale_bits, divisor, row_scales.data(), row_norms.data(),
                             dithers.data(), 1, &error, deviations, {r[0].data(), r[1].data()},
                             {f[0].data(), f[1].data()}});
  }

  std::vector<std::int32_t> w;
  std::vector<double> row_scales;
  std::vector<double> row_norms;
  std::vector<double> dithers;
  double divisor;
  int scale_bits;
  double own;
  std::vector<std::int64_t> r[kChecks];
  std::vector<std::int64_t> f[kChecks];
  double deviations[kChecks];
  std::unique_ptr<GroupCodec> codec;
};

/// Activations of which a few are a thousand times larger.
inline std::vector<float> outliers(std::size_t tokens, std::size_t columns) {
  std::vector<float> x = random_floats(tokens * columns);
  for (std::size_t t = 0; t < tokens; ++t) {
    for (int i = 0; i < 3; ++i) x[t * columns + test_random()() % columns] *= 1000;
  }
  return x;
}

}  // namespace tensafe::ckks::test
