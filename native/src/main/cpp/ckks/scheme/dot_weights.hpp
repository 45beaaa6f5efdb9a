#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// Bits of the lower digit of a residue in an exact inner product.
constexpr int kDigitBits = 25;

/// Integer weights as doubles, for exact inner products with 25-bit digits. Wiped on destruction.
class DotWeights {
 public:
  /// Throws kInvalidArgument if a row's 1-norm is 2^27 or more: sums would not be exact.
  DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  /// Columns with what fills up the last vector, zeros.
  std::size_t stride() const noexcept { return stride_; }
  const double* data() const noexcept { return values_.data(); }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t stride_;
  AlignedArray<double, true> values_;
};

}  // namespace tensafe::ckks
