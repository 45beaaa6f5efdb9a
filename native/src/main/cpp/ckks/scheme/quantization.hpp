#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/input_encryption.hpp"

namespace tensafe::ckks {

/// 2^−exponent for every column.
AlignedArray<float> column_factors(std::size_t columns, const InputValues& values);

/// The largest magnitude of a token; throws kNotFinite.
double magnitude(const RingKernels& kernels, const float* x, const float* factors, std::size_t columns);

/// One token's numbers as integers of at most 2^scale_bits.
void quantize(const RingKernels& kernels, const float* x, const float* factors, double largest, int scale_bits,
              std::int64_t* out, std::size_t columns);

}  // namespace tensafe::ckks
