#include "ckks/ring/modulus.hpp"

#include "ckks/errors.hpp"

namespace tensafe::ckks {
namespace {

std::uint64_t multiply_plain(std::uint64_t a, std::uint64_t b, std::uint64_t n) {
  return static_cast<std::uint64_t>(static_cast<uint128>(a) * b % n);
}

std::uint64_t power_plain(std::uint64_t base, std::uint64_t exponent, std::uint64_t n) {
  std::uint64_t result = 1;
  for (base %= n; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = multiply_plain(result, base, n);
    base = multiply_plain(base, base, n);
  }
  return result;
}

}  // namespace

Modulus make_modulus(std::uint64_t q) {
  const uint128 all = ~uint128{0};
  // q is odd, so floor((2^128 − 1)/q) = floor(2^128/q).
  const uint128 ratio = all / q;
  Modulus m{};
  m.value = q;
  m.ratio_low = static_cast<std::uint64_t>(ratio);
  m.ratio_high = static_cast<std::uint64_t>(ratio >> 64);
  m.two_pow_52 = power_plain(2, 52, q);
  m.two_pow_104 = power_plain(2, 104, q);
  m.one_shoup52 = static_cast<std::uint64_t>((uint128{1} << 52) / q);
  m.two_pow_52_shoup52 = static_cast<std::uint64_t>((static_cast<uint128>(m.two_pow_52) << 52) / q);
  m.two_pow_104_shoup52 = static_cast<std::uint64_t>((static_cast<uint128>(m.two_pow_104) << 52) / q);
  m.as_double = static_cast<double>(q);
  m.inverse = 1.0 / static_cast<double>(q);
  return m;
}

bool is_prime(std::uint64_t n) {
  // Miller–Rabin; the first twelve primes as bases decide all n < 3.3e24 (Sorenson, Webster 2015).
  constexpr std::uint64_t kBases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  if (n < 2) return false;
  for (std::uint64_t p : kBases) {
    if (n % p == 0) return n == p;
  }
  std::uint64_t odd = n - 1;
  int twos = 0;
  while ((odd & 1) == 0) {
    odd >>= 1;
    ++twos;
  }
  for (std::uint64_t base : kBases) {
    std::uint64_t x = power_plain(base, odd, n);
    if (x == 1 || x == n - 1) continue;
    bool composite = true;
    for (int i = 1; i < twos && composite; ++i) {
      x = multiply_plain(x, x, n);
      composite = x != n - 1;
    }
    if (composite) return false;
  }
  return true;
}

std::uint64_t minimal_primitive_root(std::uint64_t order, const Modulus& q) {
  const std::uint64_t cofactor = (q.value - 1) / order;
  std::uint64_t root = 0;
  for (std::uint64_t candidate = 2; candidate < q.value; ++candidate) {
    root = arithmetic::power(candidate, cofactor, q);
    // order is a power of two: primitive exactly when root^(order/2) = −1.
    if (arithmetic::power(root, order / 2, q) == q.value - 1) break;
  }
  // The primitive roots are the odd powers of any one of them.
  const std::uint64_t square = arithmetic::multiply(root, root, q);
  std::uint64_t smallest = root;
  for (std::uint64_t i = 1; i < order / 2; ++i) {
    root = arithmetic::multiply(root, square, q);
    if (root < smallest) smallest = root;
  }
  return smallest;
}

namespace arithmetic {

std::uint64_t power(std::uint64_t base, std::uint64_t exponent, const Modulus& q) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = multiply(result, base, q);
    base = multiply(base, base, q);
  }
  return result;
}

std::uint64_t inverse(std::uint64_t a, const Modulus& q) { return power(a, q.value - 2, q); }

}  // namespace arithmetic
}  // namespace tensafe::ckks
