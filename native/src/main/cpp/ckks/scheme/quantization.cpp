#include "ckks/scheme/quantization.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tensafe::ckks {

AlignedArray<float> column_factors(std::size_t columns, const InputValues& values) {
  AlignedArray<float> factors(columns);
  if (values.column_exponents == nullptr) {
    std::fill(factors.data(), factors.data() + columns, 1.0f);
    return factors;
  }
  for (std::size_t j = 0; j < columns; ++j) {
    const int exponent = values.column_exponents[j];
    require(exponent >= -60 && exponent <= 60, ErrorCode::kInvalidArgument,
            "inputs: a column exponent is not from -60 to 60");
    // the exponent field of a float, biased by 127
    factors[j] = std::bit_cast<float>(static_cast<std::uint32_t>(127 - exponent) << 23);
  }
  return factors;
}

double magnitude(const RingKernels& kernels, const float* x, const float* factors, std::size_t columns) {
  constexpr std::uint32_t kInfinity = 0x7f800000;
  const std::uint32_t bits = kernels.largest_magnitude(x, factors, columns);
  require(bits < kInfinity, ErrorCode::kNotFinite, "inputs: a number is not finite");
  return static_cast<double>(std::bit_cast<float>(bits));
}

void quantize(const RingKernels& kernels, const float* x, const float* factors, double largest, int scale_bits,
              std::int64_t* out, std::size_t columns) {
  const double factor = std::ldexp(1.0, scale_bits) / (largest == 0.0 ? 1.0 : largest);
  if (scale_bits <= 50) {
    kernels.quantize(x, factors, factor, out, columns);
    return;
  }
  for (std::size_t j = 0; j < columns; ++j) {
    out[j] = std::llrint(static_cast<double>(x[j] * factors[j]) * factor);
  }
}

}  // namespace tensafe::ckks
