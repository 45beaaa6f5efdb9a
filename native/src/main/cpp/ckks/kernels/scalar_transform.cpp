#include "ckks/kernels/scalar_transform.hpp"

namespace tensafe::ckks {
namespace {

// Lazy butterflies: Harvey, "Faster arithmetic for number-theoretic transforms", 2014. Values stay
// below 4q on the way forward and below 2q on the way back.

std::uint64_t multiply_lazy(std::uint64_t x, std::uint64_t w, std::uint64_t shoup, std::uint64_t q) {
  const std::uint64_t quotient = static_cast<std::uint64_t>((static_cast<uint128>(x) * shoup) >> 64);
  return x * w - quotient * q;
}

std::uint64_t reduce_once(std::uint64_t x, std::uint64_t bound) {
  return x - (bound & (std::uint64_t{0} - static_cast<std::uint64_t>(x >= bound)));
}

/// Levels of the inverse transform with blocks up to `width` coefficients; values below 2q after.
void inverse_levels(std::uint64_t* polynomial, std::size_t width, const NttTables& tables) {
  const std::size_t n = tables.degree();
  const std::uint64_t q = tables.modulus().value;
  const NttTables::Direction& roots = tables.inverse();
  for (std::size_t half = 1; 2 * half <= width; half *= 2) {
    const std::size_t blocks = n / (2 * half);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::uint64_t w = roots.residue[blocks + block];
      const std::uint64_t shoup = roots.shoup64[blocks + block];
      std::uint64_t* low = polynomial + block * 2 * half;
      std::uint64_t* high = low + half;
      for (std::size_t i = 0; i < half; ++i) {
        const std::uint64_t difference = low[i] + 2 * q - high[i];
        low[i] = reduce_once(low[i] + high[i], 2 * q);
        high[i] = multiply_lazy(difference, w, shoup, q);
      }
    }
  }
}

void multiply_by_degree_inverse(std::uint64_t* values, std::size_t count, const NttTables& tables) {
  const std::uint64_t q = tables.modulus().value;
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = reduce_once(
        multiply_lazy(values[i], tables.degree_inverse(), tables.degree_inverse_shoup64(), q), q);
  }
}

}  // namespace

void scalar_ntt_forward(std::uint64_t* polynomial, std::size_t n, const NttTables& tables) {
  const std::uint64_t q = tables.modulus().value;
  const NttTables::Direction& roots = tables.forward();
  for (std::size_t half = n / 2; half >= 1; half /= 2) {
    const std::size_t blocks = n / (2 * half);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::uint64_t w = roots.residue[blocks + block];
      const std::uint64_t shoup = roots.shoup64[blocks + block];
      std::uint64_t* low = polynomial + block * 2 * half;
      std::uint64_t* high = low + half;
      for (std::size_t i = 0; i < half; ++i) {
        const std::uint64_t x = reduce_once(low[i], 2 * q);
        const std::uint64_t product = multiply_lazy(high[i], w, shoup, q);
        low[i] = x + product;
        high[i] = x + 2 * q - product;
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) polynomial[i] = reduce_once(reduce_once(polynomial[i], 2 * q), q);
}

void scalar_ntt_inverse(std::uint64_t* polynomial, const NttTables& tables) {
  inverse_levels(polynomial, tables.degree(), tables);
  multiply_by_degree_inverse(polynomial, tables.degree(), tables);
}

void scalar_ntt_inverse_low(std::uint64_t* polynomial, std::size_t wanted, const NttTables& tables) {
  inverse_levels(polynomial, wanted, tables);
  const std::uint64_t q = tables.modulus().value;
  for (std::size_t i = 0; i < wanted; ++i) polynomial[i] = reduce_once(polynomial[i], q);
  for (std::size_t block = wanted; block < tables.degree(); block += wanted) {
    for (std::size_t i = 0; i < wanted; ++i) {
      polynomial[i] = reduce_once(polynomial[i] + reduce_once(polynomial[block + i], q), q);
    }
  }
  multiply_by_degree_inverse(polynomial, wanted, tables);
}

}  // namespace tensafe::ckks
