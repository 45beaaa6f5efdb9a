#pragma once

#include <cstddef>

#include "ckks/ring/ntt_tables.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// What the lowest T coefficients of an inverse transform need where its N/T blocks of T values are handled
/// alike: value T·b + j belongs to ψ^(2·(bitrev(j)·N/T + bitrev(b)) + 1), so coefficient k is
///   1/N·Σ_b θ_b^k·Σ_j v[T·b + j]·ω^(−k·bitrev(j)),  θ_b = ψ^−(2·bitrev(b) + 1),  ω = ψ^(2N/T):
/// a cyclic transform with the same factors in every block, a twist, and a sum. Immutable.
class LowTables {
 public:
  /// Blocks that kernels work on side by side.
  static constexpr std::size_t kBlocks = 8;

  /// Blocks whose lazy products are summed.
  static constexpr std::size_t kMaxBlocks = std::size_t{1} << 11;

  /// Whether a degree has tables for so many coefficients.
  static bool supports(std::size_t degree, std::size_t wanted) noexcept {
    return wanted >= 8 && wanted <= degree / kBlocks && degree / wanted <= kMaxBlocks;
  }

  LowTables(const NttTables& tables, std::size_t wanted);

  std::size_t wanted() const noexcept { return wanted_; }
  /// ω_(2·half)^−k at half + k, for the levels half = 1, 2, 4, … with k < half.
  const Words& factor() const noexcept { return factor_; }
  const Words& factor_shoup52() const noexcept { return factor_shoup52_; }
  /// θ_b^k/N as [b/8][k][b mod 8].
  const Words& twist() const noexcept { return twist_; }

 private:
  std::size_t wanted_;
  Words factor_;
  Words factor_shoup52_;
  Words twist_;
};

}  // namespace tensafe::ckks
