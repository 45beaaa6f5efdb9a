#include "ckks/context/parameters.hpp"

#include <bit>
#include <string>

#include "ckks/errors.hpp"
#include "ckks/ring/modulus.hpp"

namespace tensafe::ckks {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw CkksError(ErrorCode::kInvalidParameters, message);
}

int bits_of_product(const std::vector<std::uint64_t>& moduli) {
  uint128 product = 1;
  for (std::uint64_t q : moduli) product *= q;
  const std::uint64_t high = static_cast<std::uint64_t>(product >> 64);
  return high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(product));
}

}  // namespace

int secure_modulus_bits(std::size_t degree) {
  switch (degree) {
    case 1024: return 27;
    case 2048: return 54;
    case 4096: return 109;
    case 8192: return 218;
    case 16384: return 438;
    case 32768: return 881;
    default: return 0;
  }
}

void validate(const Parameters& parameters) {
  const int allowed = secure_modulus_bits(parameters.degree);
  if (allowed == 0) {
    refuse("degree " + std::to_string(parameters.degree) +
           " is not one of 1024, 2048, 4096, 8192, 16384, 32768");
  }
  if (parameters.moduli.empty() || parameters.moduli.size() > kMaxLimbs) {
    refuse(std::to_string(parameters.moduli.size()) + " moduli given, 1 or 2 are possible");
  }
  for (std::uint64_t q : parameters.moduli) {
    const std::string name = "modulus " + std::to_string(q);
    if (q >> kMaxModulusBits != 0) refuse(name + " is not below 2^50");
    if (q % (2 * parameters.degree) != 1) {
      refuse(name + " is not 1 modulo " + std::to_string(2 * parameters.degree) +
             ", so the ring has no number-theoretic transform");
    }
    if (!is_prime(q)) refuse(name + " is not prime");
  }
  if (parameters.moduli.size() == 2 && parameters.moduli[0] == parameters.moduli[1]) {
    refuse("the two moduli are equal");
  }
  const int bits = bits_of_product(parameters.moduli);
  if (bits > allowed) {
    refuse("a modulus of " + std::to_string(bits) + " bits at degree " +
           std::to_string(parameters.degree) + " is not 128-bit secure, at most " +
           std::to_string(allowed) + " bits are");
  }
}

}  // namespace tensafe::ckks
