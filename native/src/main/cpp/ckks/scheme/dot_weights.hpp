#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// Integer weights for exact inner products with digits of kDigitBits bits, laid out as RingKernels::dot reads
/// them. Wiped on destruction.
class DotWeights {
 public:
  /// Throws kInvalidArgument if a row's 1-norm is 2^27 or more: sums would not be exact.
  DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  /// Rows and columns with those of zeros that fill up the last block.
  std::size_t all_rows() const noexcept { return (rows_ + kDotRows - 1) / kDotRows * kDotRows; }
  std::size_t stride() const noexcept { return (columns_ + 7) / 8 * 8; }
  const std::int32_t* data() const noexcept { return values_.data(); }

 private:
  std::size_t rows_;
  std::size_t columns_;
  AlignedArray<std::int32_t, true> values_;
};

}  // namespace tensafe::ckks
