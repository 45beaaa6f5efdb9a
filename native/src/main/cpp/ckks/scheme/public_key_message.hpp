#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// Bytes of a message of kind kPublicKey, head included.
std::size_t public_key_bytes(const Context& context);

/// Writes p0 as a message of public_key_bytes(); p1 comes from a seed and does not travel.
void write_public_key(const PublicKey& key, std::uint8_t* out);

/// Reads p0 and expands p1 from `seed`. Throws kMalformedMessage.
PublicKey read_public_key(const Context& context, std::span<const std::uint8_t> message, const Seed& seed);

}  // namespace tensafe::ckks
