#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tensafe::ckks {

/// Ring degree and the primes of the modulus, one per limb. Ternary secret, errors of deviation 3.2.
struct Parameters {
  std::size_t degree;
  std::vector<std::uint64_t> moduli;
};

constexpr std::size_t kMaxLimbs = 2;

/// The one place where parameters are judged. Throws kInvalidParameters unless
/// - the degree is a power of two from 1024 to 32768,
/// - there are one or two distinct primes below 2^50, each ≡ 1 mod 2·degree (so that ψ exists), and
/// - their product has no more bits than 128-bit classical security allows for a ternary secret
///   (Albrecht et al., "Homomorphic Encryption Security Standard", 2018, table 1).
void validate(const Parameters& parameters);

/// Bits of modulus that 128-bit classical security allows at this degree; 0 for degrees not listed.
int secure_modulus_bits(std::size_t degree);

}  // namespace tensafe::ckks
