#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"
#include "ckks/random/stream.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// Deviation of the Gaussian that floods wanted coefficients with one limb.
constexpr double kFloodDeviation = 65536.0;
/// With two limbs they are flooded with uniform numbers in ±2^52, then the modulus is switched.
constexpr int kFloodBits = 52;

/// Where the wanted coefficients of one answer lie: token t of row k at t + stride·k.
struct WantedCoefficients {
  std::size_t tokens;
  std::size_t rows;
  std::size_t stride;
  std::size_t width;  ///< a power of two that covers them

  std::size_t count() const { return tokens * rows; }
  std::size_t position(std::size_t token, std::size_t row) const { return token + stride * row; }
};

/// The noise on coefficients that travel: e1 of the encryption of zero, and the flood. One thread.
class AnswerNoise {
 public:
  explicit AnswerNoise(const Context& context);

  /// Adds to the wanted coefficients of c0, [limbs][degree] coefficients; no others are touched.
  void add(RandomStream& stream, const WantedCoefficients& wanted, std::uint64_t* c0);

 private:
  const Context& context_;
  AlignedArray<std::int8_t, true> errors_;
  AlignedArray<std::int64_t, true> flood_;
};

}  // namespace tensafe::ckks
