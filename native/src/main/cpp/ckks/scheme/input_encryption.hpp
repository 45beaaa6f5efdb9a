#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/packing.hpp"
#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// Real inputs and how they become integers: token t, column j is
/// round(x[t][j]·2^(scale_bits − column_exponents[j]) / magnitude_t), where magnitude_t is the largest
/// |x[t][j]·2^−column_exponents[j]| of the token. So integers are at most 2^scale_bits.
struct InputValues {
  const float* x;                    ///< [tokens][columns], row-major
  const std::int8_t* column_exponents;  ///< [columns], or null for zeros; each from −60 to 60
  int scale_bits;                    ///< 0 … 62
};

/// Encrypts a batch into a message of kind kInputs. `message` has room for the head and
/// input_payload_bytes(); `magnitudes` gets [tokens] doubles, which stay at home. Only the masked
/// halves b = −a·s + e + m travel, as values. Throws kNotFinite for a NaN or infinity in x, before
/// anything is written.
void encrypt_inputs(const SecretKey& key, const InputShape& shape, const InputValues& values,
                    double* magnitudes, std::uint8_t* message);

}  // namespace tensafe::ckks
