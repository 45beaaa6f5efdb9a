#include "ckks/scheme/dot_weights.hpp"

#include <cstring>

#include "ckks/context/packing.hpp"
#include "ckks/errors.hpp"

namespace tensafe::ckks {

DotWeights::DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns)
    : rows_(rows), columns_(columns) {
  require(rows >= 1 && rows <= kMaxRows && columns >= 1 && columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "weights: rows must be 1 to 65536 and columns 1 to 1048576");
  values_ = AlignedArray<std::int32_t, true>(all_rows() * stride());
  std::memset(values_.data(), 0, values_.size() * sizeof(std::int32_t));
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t norm = 0;
    std::int32_t* to = values_.data() + row / kDotRows * kDotRows * stride() + row % kDotRows * 8;
    for (std::size_t j = 0; j < columns; ++j) {
      const std::int64_t w = matrix[row * columns + j];
      norm += static_cast<std::uint64_t>(w < 0 ? -w : w);
      to[j / 8 * 8 * kDotRows + j % 8] = matrix[row * columns + j];
    }
    require(norm < std::uint64_t{1} << 27, ErrorCode::kInvalidArgument,
            "weights: a row is too large for exact sums");
  }
}

}  // namespace tensafe::ckks
