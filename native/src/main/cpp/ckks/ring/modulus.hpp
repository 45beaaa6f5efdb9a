#pragma once

#include <cstdint>

namespace tensafe::ckks {

__extension__ typedef unsigned __int128 uint128;

/// A prime below 2^50 with what its reductions need. Plain data: kernels read it.
struct Modulus {
  std::uint64_t value;        ///< q
  std::uint64_t ratio_low;    ///< floor(2^128 / q), low word
  std::uint64_t ratio_high;   ///< floor(2^128 / q), high word
  std::uint64_t two_pow_52;   ///< 2^52 mod q
  std::uint64_t two_pow_104;  ///< 2^104 mod q
  std::uint64_t one_shoup52;  ///< floor(2^52 / q)
  std::uint64_t two_pow_52_shoup52;   ///< floor(2^52·two_pow_52 / q)
  std::uint64_t two_pow_104_shoup52;  ///< floor(2^52·two_pow_104 / q)
  double as_double;           ///< q, exactly
  double inverse;             ///< 1/q, rounded to nearest
};

/// Largest bit length of a modulus: 4q must fit the 52 bits that doubles and IFMA products are exact in.
constexpr int kMaxModulusBits = 50;

/// Fills the constants of q. The caller has checked that q is a prime below 2^50.
Modulus make_modulus(std::uint64_t q);

bool is_prime(std::uint64_t n);

/// A primitive `order`-th root of unity modulo the prime q, the smallest as an integer.
/// `order` is a power of two that divides q − 1.
std::uint64_t minimal_primitive_root(std::uint64_t order, const Modulus& q);

namespace arithmetic {
// `static`, so that no translation unit compiled for a wider instruction set lends its copy to others.

/// Low word of x mod q for any 128-bit x (Barrett; Handbook of Applied Cryptography 14.42). No branch.
static inline std::uint64_t reduce128(uint128 x, const Modulus& q) {
  const std::uint64_t low = static_cast<std::uint64_t>(x);
  const std::uint64_t high = static_cast<std::uint64_t>(x >> 64);
  const uint128 low_high = static_cast<uint128>(low) * q.ratio_high;
  const uint128 high_low = static_cast<uint128>(high) * q.ratio_low;
  const std::uint64_t carry = static_cast<std::uint64_t>((static_cast<uint128>(low) * q.ratio_low) >> 64);
  const uint128 middle = low_high + carry;
  const uint128 middle2 = high_low + static_cast<std::uint64_t>(middle);
  const std::uint64_t quotient = high * q.ratio_high + static_cast<std::uint64_t>(middle >> 64) +
                                 static_cast<std::uint64_t>(middle2 >> 64);
  const std::uint64_t r = low - quotient * q.value;
  return r - (q.value & (std::uint64_t{0} - static_cast<std::uint64_t>(r >= q.value)));
}

static inline std::uint64_t multiply(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  return reduce128(static_cast<uint128>(a) * b, q);
}

static inline std::uint64_t add(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  const std::uint64_t sum = a + b;
  return sum - (q.value & (std::uint64_t{0} - static_cast<std::uint64_t>(sum >= q.value)));
}

static inline std::uint64_t subtract(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  const std::uint64_t difference = a - b;
  return difference + (q.value & (std::uint64_t{0} - (difference >> 63)));
}

/// Residue of any signed number. No branch on v.
static inline std::uint64_t reduce_signed(std::int64_t v, const Modulus& q) {
  const std::uint64_t sign = static_cast<std::uint64_t>(v >> 63);
  const std::uint64_t magnitude = (static_cast<std::uint64_t>(v) ^ sign) - sign;
  const std::uint64_t quotient =
      static_cast<std::uint64_t>((static_cast<uint128>(magnitude) * q.ratio_high) >> 64);
  std::uint64_t r = magnitude - quotient * q.value;
  r -= q.value & (std::uint64_t{0} - static_cast<std::uint64_t>(r >= q.value));
  const std::uint64_t negated = (q.value - r) & (std::uint64_t{0} - static_cast<std::uint64_t>(r != 0));
  return (r & ~sign) | (negated & sign);
}

/// The representative of r in (−q/2, q/2].
static inline std::int64_t centre(std::uint64_t r, const Modulus& q) {
  const std::uint64_t above = std::uint64_t{0} - static_cast<std::uint64_t>(r > q.value / 2);
  return static_cast<std::int64_t>(r - (q.value & above));
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent, const Modulus& q);
/// Inverse of a non-zero residue (Fermat).
std::uint64_t inverse(std::uint64_t a, const Modulus& q);

}  // namespace arithmetic
}  // namespace tensafe::ckks
