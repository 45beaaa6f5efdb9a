#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/modulus.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// Powers of one primitive 2N-th root ψ, in the orders and number formats that the kernels read.
///
/// Convention (SEAL, HEXL): ψ is the smallest primitive 2N-th root; entry i of a transformed
/// polynomial is its value at ψ^(2·bitrev(i)+1). `forward[i] = ψ^bitrev(i)`; the level with blocks of
/// 2t coefficients uses entries N/(2t) … N/t − 1. Immutable after construction.
class NttTables {
 public:
  NttTables(std::size_t degree, const Modulus& modulus);

  /// One direction: N factors as residues, as Shoup quotients and as centred doubles, and the factors
  /// of the last levels rearranged for kernels that transpose blocks of 4 or 8 coefficients.
  struct Direction {
    Words residue;                ///< w
    Words shoup64;                ///< floor(w·2^64/q)
    Words shoup52;                ///< floor(w·2^52/q)
    AlignedArray<double> centred; ///< w or w − q, whichever is smaller in magnitude
    AlignedArray<double> tail4;   ///< 3·N/4: per 16 coefficients [t=2][4], [t=1, j=0][4], [t=1, j=1][4]
    Words tail8;                  ///< 7·N/8 per 64 coefficients: [t=4][8], [t=2, j][8], [t=1, j][8]
    Words tail8_shoup52;
  };

  std::size_t degree() const noexcept { return degree_; }
  int log_degree() const noexcept { return log_degree_; }
  const Modulus& modulus() const noexcept { return modulus_; }
  std::uint64_t root() const noexcept { return root_; }
  const Direction& forward() const noexcept { return forward_; }
  const Direction& inverse() const noexcept { return inverse_; }
  std::uint64_t degree_inverse() const noexcept { return degree_inverse_; }
  std::uint64_t degree_inverse_shoup64() const noexcept { return degree_inverse_shoup64_; }
  std::uint64_t degree_inverse_shoup52() const noexcept { return degree_inverse_shoup52_; }
  double degree_inverse_centred() const noexcept { return degree_inverse_centred_; }

 private:
  void fill(Direction& direction, std::uint64_t root);

  std::size_t degree_;
  int log_degree_;
  Modulus modulus_;
  std::uint64_t root_;
  std::uint64_t degree_inverse_;
  std::uint64_t degree_inverse_shoup64_;
  std::uint64_t degree_inverse_shoup52_;
  double degree_inverse_centred_;
  Direction forward_;
  Direction inverse_;
};

}  // namespace tensafe::ckks
