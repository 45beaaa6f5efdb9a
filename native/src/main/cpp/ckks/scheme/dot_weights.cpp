#include "ckks/scheme/dot_weights.hpp"

#include "ckks/context/packing.hpp"
#include "ckks/errors.hpp"

namespace tensafe::ckks {
namespace {
constexpr std::size_t kLanes = 8;
}

DotWeights::DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns)
    : rows_(rows), columns_(columns), stride_((columns + kLanes - 1) / kLanes * kLanes) {
  require(rows >= 1 && rows <= kMaxRows && columns >= 1 && columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "weights: rows must be 1 to 65536 and columns 1 to 1048576");
  values_ = AlignedArray<double, true>(rows * stride_);
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t norm = 0;
    double* to = values_.data() + row * stride_;
    for (std::size_t j = 0; j < stride_; ++j) {
      const std::int64_t w = j < columns ? matrix[row * columns + j] : 0;
      norm += static_cast<std::uint64_t>(w < 0 ? -w : w);
      to[j] = static_cast<double>(w);
    }
    require(norm < std::uint64_t{1} << 27, ErrorCode::kInvalidArgument,
            "weights: a row is too large for exact sums");
  }
}

}  // namespace tensafe::ckks
