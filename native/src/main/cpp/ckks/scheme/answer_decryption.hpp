#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/context/packing.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// Decrypts a message of kind kAnswers. `out` is [tokens][rows], row-major: the integer inner product
/// (divided by the second prime if the modulus was switched) times `token_scales[t]` and, if not null,
/// `row_scales[k]`. Throws kMalformedMessage for anything but an answer of the expected shape. The time
/// does not depend on the key or the values.
void decrypt_answers(const SecretKey& key, const AnswerShape& expected,
                     std::span<const std::uint8_t> message, const double* token_scales,
                     const double* row_scales, double* out);

}  // namespace tensafe::ckks
