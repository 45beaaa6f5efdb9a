#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/packing.hpp"
#include "ckks/scheme/group_codec.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// Encrypts tokens of one lane into a message of kind kInputs; token t is row rows[t] of x, [·][columns].
/// Takes the mask ids from `first_id` on, one for each ciphertext, which were never used under this key.
/// `message` has room for the head and input_payload_bytes(); `notes` gets [tokens], which stay at home.
/// Only the masked halves b = −a·s + e + m travel, as values. Throws kNotFinite for a NaN or infinity in
/// x, before anything is written.
void encrypt_inputs(const SecretKey& key, const GroupCodec& codec, const InputShape& shape, const float* x,
                    const std::int32_t* rows, const MaskExpander& masks, std::uint64_t first_id,
                    TokenNote* notes, std::uint8_t* message);

}  // namespace tensafe::ckks
