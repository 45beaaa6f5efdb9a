#include <cstring>

#include "ckks/random/aes.hpp"

// AES by arithmetic on eight bytes in a word: the S-box is the inverse in GF(2^8) and an affine map
// (FIPS 197, section 5.1.1), computed, not looked up, so that no index depends on the key.

namespace tensafe::ckks {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;

/// Eight products with x modulo x^8 + x^4 + x^3 + x + 1.
std::uint64_t times_x(std::uint64_t a) {
  const std::uint64_t top = (a >> 7) & kOnes;
  return ((a & (0x7f * kOnes)) << 1) ^ (top * 0x1b);
}

std::uint64_t field_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  for (int bit = 0; bit < 8; ++bit) {
    result ^= a & (((b >> bit) & kOnes) * 0xff);
    a = times_x(a);
  }
  return result;
}

std::uint64_t rotate_bits_left(std::uint64_t a, int by) {
  const std::uint64_t low_mask = kOnes * static_cast<std::uint64_t>((1 << by) - 1);
  return ((a << by) & ~low_mask) | ((a >> (8 - by)) & low_mask);
}

std::uint64_t substitute(std::uint64_t a) {
  // a^254 = a^−1: 254 = 2 + 4 + 8 + … + 128
  std::uint64_t square = field_multiply(a, a);
  std::uint64_t inverse = square;
  for (int i = 0; i < 6; ++i) {
    square = field_multiply(square, square);
    inverse = field_multiply(inverse, square);
  }
  return inverse ^ rotate_bits_left(inverse, 1) ^ rotate_bits_left(inverse, 2) ^
         rotate_bits_left(inverse, 3) ^ rotate_bits_left(inverse, 4) ^ (kOnes * 0x63);
}

void substitute_bytes(std::uint8_t* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t word = 0;
    const std::size_t size = count - i < 8 ? count - i : 8;
    std::memcpy(&word, bytes + i, size);
    word = substitute(word);
    std::memcpy(bytes + i, &word, size);
  }
}

void shift_rows(std::uint8_t* state) {
  std::uint8_t shifted[16];
  for (int column = 0; column < 4; ++column) {
    for (int row = 0; row < 4; ++row) shifted[4 * column + row] = state[4 * ((column + row) % 4) + row];
  }
  std::memcpy(state, shifted, 16);
}

void mix_columns(std::uint8_t* state) {
  for (int half = 0; half < 16; half += 8) {
    std::uint64_t a;
    std::memcpy(&a, state + half, 8);
    const auto rotate_column = [](std::uint64_t x, int bytes) {
      const std::uint32_t low = static_cast<std::uint32_t>(x);
      const std::uint32_t high = static_cast<std::uint32_t>(x >> 32);
      const int bits = 8 * bytes;
      const std::uint32_t low_rotated = low >> bits | low << (32 - bits);
      const std::uint32_t high_rotated = high >> bits | high << (32 - bits);
      return static_cast<std::uint64_t>(high_rotated) << 32 | low_rotated;
    };
    const std::uint64_t next = rotate_column(a, 1);
    const std::uint64_t mixed =
        times_x(a) ^ times_x(next) ^ next ^ rotate_column(a, 2) ^ rotate_column(a, 3);
    std::memcpy(state + half, &mixed, 8);
  }
}

void add_round_key(std::uint8_t* state, const std::uint8_t* key) {
  for (int i = 0; i < 16; ++i) state[i] ^= key[i];
}

void put_big_endian(std::uint8_t* out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

}  // namespace

AesKey::AesKey(const std::uint8_t* key) {
  std::memcpy(rounds_, key, 32);
  std::uint8_t constant = 1;
  for (int word = 8; word < 60; ++word) {
    std::uint8_t t[4];
    std::memcpy(t, rounds_ + 4 * (word - 1), 4);
    if (word % 8 == 0) {
      const std::uint8_t first = t[0];
      t[0] = t[1];
      t[1] = t[2];
      t[2] = t[3];
      t[3] = first;
      substitute_bytes(t, 4);
      t[0] = static_cast<std::uint8_t>(t[0] ^ constant);
      constant = static_cast<std::uint8_t>(constant << 1);
    } else if (word % 8 == 4) {
      substitute_bytes(t, 4);
    }
    for (int i = 0; i < 4; ++i) {
      rounds_[4 * word + i] = static_cast<std::uint8_t>(rounds_[4 * (word - 8) + i] ^ t[i]);
    }
    base::secure_wipe(t, sizeof t);
  }
}

void aes_counter_portable(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                          std::size_t blocks) {
  for (std::size_t i = 0; i < blocks; ++i) {
    std::uint8_t* state = out + 16 * i;
    put_big_endian(state, nonce);
    put_big_endian(state + 8, counter + i);
    add_round_key(state, key.rounds());
    for (int round = 1; round <= 14; ++round) {
      substitute_bytes(state, 16);
      shift_rows(state);
      if (round < 14) mix_columns(state);
      add_round_key(state, key.rounds() + 16 * round);
    }
  }
}

}  // namespace tensafe::ckks
