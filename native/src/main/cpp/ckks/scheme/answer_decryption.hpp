#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/context/packing.hpp"
#include "ckks/scheme/group_codec.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// Decrypts a message of kind kAnswers, judges it and turns it into u, [tokens][rows]: what
/// GroupCodec::decode makes of every token's integers, which are divided by the second prime if the
/// modulus was switched. Throws kMalformedMessage for anything but an answer of the expected shape, and
/// kInvalidArgument for one whose modulus was switched under a uniform secret. The time does not depend
/// on the key or the values.
void decrypt_answers(const SecretKey& key, const GroupCodec& codec, const AnswerShape& expected,
                     std::span<const std::uint8_t> message, const TokenNote* notes, Verdict* verdicts,
                     double* out);

/// The integers alone, [tokens][rows], as decrypt_answers reads them.
void decrypt_integers(const SecretKey& key, const AnswerShape& expected, std::span<const std::uint8_t> message,
                      std::int64_t* out);

}  // namespace tensafe::ckks
