#include "ckks/wire/bits.hpp"

#include <bit>
#include <cstring>

namespace tensafe::ckks {
namespace {

static_assert(std::endian::native == std::endian::little, "words are stored as they lie in memory");

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

void store_word(std::uint8_t* at, std::uint64_t word) { std::memcpy(at, &word, sizeof word); }

// 50 bits, the width of both profiles: four numbers are exactly 25 bytes.
constexpr int kUsualBits = 50;
constexpr std::uint64_t kUsualMask = (std::uint64_t{1} << kUsualBits) - 1;

void pack_four(const std::uint64_t* v, std::uint8_t* out) {
  store_word(out, v[0] | v[1] << 50);
  store_word(out + 8, v[1] >> 14 | v[2] << 36);
  store_word(out + 16, v[2] >> 28 | v[3] << 22);
  out[24] = static_cast<std::uint8_t>(v[3] >> 42);
}

void unpack_four(const std::uint8_t* in, std::uint64_t* v) {
  const std::uint64_t a = load_word(in);
  const std::uint64_t b = load_word(in + 8);
  const std::uint64_t c = load_word(in + 16);
  v[0] = a & kUsualMask;
  v[1] = (a >> 50 | b << 14) & kUsualMask;
  v[2] = (b >> 36 | c << 28) & kUsualMask;
  v[3] = (c >> 22 | static_cast<std::uint64_t>(in[24]) << 42) & kUsualMask;
}

}  // namespace

void pack_bits(const std::uint64_t* values, std::size_t count, int bits, std::uint8_t* out) {
  std::size_t i = 0;
  if (bits == kUsualBits) {
    for (; i + 4 <= count; i += 4, out += 25) pack_four(values + i, out);
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

bool unpack_bits(const std::uint8_t* in, std::size_t count, int bits, std::uint64_t bound,
                 std::uint64_t* values) {
  std::size_t i = 0;
  std::uint64_t above = 0;
  if (bits == kUsualBits) {
    for (; i + 4 <= count; i += 4, in += 25) {
      unpack_four(in, values + i);
      for (std::size_t k = 0; k < 4; ++k) above |= bound - 1 - values[i + k];
    }
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
  return (above >> 63) == 0 && !padding;
}

}  // namespace tensafe::ckks
