#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/kernels/ring_kernels.hpp"

namespace tensafe::ckks {

/// The width that kernels pack.
constexpr int kKernelBits = 50;

/// Bytes of `count` numbers of `bits` bits, packed without gaps.
constexpr std::size_t packed_bytes(std::size_t count, int bits) {
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

/// Packs numbers below 2^bits, the first in the lowest bits of the first byte; unused bits of the last
/// byte are zero. 1 ≤ bits ≤ 63.
void pack_bits(const RingKernels& kernels, const std::uint64_t* values, std::size_t count, int bits,
               std::uint8_t* out);

/// Reads packed_bytes(count, bits) bytes. False if a number is ≥ bound or an unused bit is set.
bool unpack_bits(const RingKernels& kernels, const std::uint8_t* in, std::size_t count, int bits,
                 std::uint64_t bound, std::uint64_t* values);

}  // namespace tensafe::ckks
