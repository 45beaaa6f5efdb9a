#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tensafe::ckks {

/// The canonical embedding of CKKS (Cheon, Kim, Kim, Song, 2017): slot j of a real polynomial is its
/// value at ζ^(3^j), ζ = e^(πi/N), j < N/2, the order that SEAL uses. The product of polynomials is the
/// product of slots. Double precision. Immutable: shared by threads.
class SlotEncoder {
 public:
  explicit SlotEncoder(std::size_t degree);

  std::size_t slots() const noexcept { return degree_ / 2; }
  /// [degree] integer coefficients of slots·scale, rounded. `slots` is [degree/2]. Throws
  /// kNotFinite, or kInvalidArgument if a coefficient would not be below 2^62.
  void encode(const std::complex<double>* slots, double scale, std::int64_t* coefficients) const;
  /// [degree/2] slots of coefficients/scale.
  void decode(const double* coefficients, double scale, std::complex<double>* slots) const;

 private:
  void transform(std::vector<std::complex<double>>& values, bool inverse) const;

  std::size_t degree_;
  std::vector<std::complex<double>> powers_;   ///< ζ^i, i < 2N
  std::vector<std::size_t> odd_index_;         ///< (3^j mod 2N − 1)/2
};

}  // namespace tensafe::ckks
