#include "ckks/wire/bits.hpp"

#include <bit>

namespace tensafe::ckks {

static_assert(std::endian::native == std::endian::little, "words are stored as they lie in memory");

void pack_bits(const RingKernels& kernels, const std::uint64_t* values, std::size_t count, int bits,
               std::uint8_t* out) {
  std::size_t i = 0;
  if (bits == kKernelBits) {
    kernels.pack(values, count / 4, out);
    i = count / 4 * 4;
    out += count / 4 * 25;
  }
  // the rest bit by bit through a small reservoir
  std::uint64_t pending = 0;
  int filled = 0;
  for (; i < count; ++i) {
    std::uint64_t value = values[i];
    int left = bits;
    while (left > 0) {
      const int take = 8 - filled < left ? 8 - filled : left;
      pending |= (value & ((std::uint64_t{1} << take) - 1)) << filled;
      value >>= take;
      left -= take;
      filled += take;
      if (filled == 8) {
        *out++ = static_cast<std::uint8_t>(pending);
        pending = 0;
        filled = 0;
      }
    }
  }
  if (filled > 0) *out = static_cast<std::uint8_t>(pending);
}

bool unpack_bits(const RingKernels& kernels, const std::uint8_t* in, std::size_t count, int bits,
                 std::uint64_t bound, std::uint64_t* values) {
  std::size_t i = 0;
  std::uint64_t above = 0;
  bool beyond = false;
  if (bits == kKernelBits) {
    beyond = kernels.unpack(in, count / 4, bound, values);
    i = count / 4 * 4;
    in += count / 4 * 25;
  }
  int used = 0;
  for (; i < count; ++i) {
    std::uint64_t value = 0;
    int have = 0;
    while (have < bits) {
      const int take = 8 - used < bits - have ? 8 - used : bits - have;
      value |= (static_cast<std::uint64_t>(*in >> used) & ((std::uint64_t{1} << take) - 1)) << have;
      have += take;
      used += take;
      if (used == 8) {
        ++in;
        used = 0;
      }
    }
    above |= bound - 1 - value;
    values[i] = value;
  }
  const bool padding = used > 0 && (*in >> used) != 0;
  return (above >> 63) == 0 && !padding && !beyond;
}

}  // namespace tensafe::ckks
