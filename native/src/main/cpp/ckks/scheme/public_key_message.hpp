#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

// Messages of kind kPublicKey: p0 of every limb, then p0'.

std::size_t public_key_bytes(const Context& context);
void write_public_key(const PublicKey& key, std::uint8_t* out);
/// Throws kMalformedMessage.
PublicKey read_public_key(const PublicHalves& halves, std::span<const std::uint8_t> message);

}  // namespace tensafe::ckks
