#include "ckks/ring/low_tables.hpp"

#include <bit>

namespace tensafe::ckks {
namespace {

std::size_t reverse_bits(std::size_t value, int bits) {
  std::size_t result = 0;
  for (int i = 0; i < bits; ++i) result |= ((value >> i) & 1) << (bits - 1 - i);
  return result;
}

}  // namespace

LowTables::LowTables(const NttTables& tables, std::size_t wanted)
    : wanted_(wanted), factor_(wanted), factor_shoup52_(wanted), twist_(tables.degree()) {
  const std::size_t n = tables.degree();
  const Modulus& q = tables.modulus();
  const std::uint64_t back = arithmetic::inverse(tables.root(), q);
  factor_[0] = 1;
  for (std::size_t half = 1; half < wanted; half *= 2) {
    const std::uint64_t step = arithmetic::power(back, n / half, q);
    std::uint64_t power = 1;
    for (std::size_t k = 0; k < half; ++k) {
      factor_[half + k] = power;
      power = arithmetic::multiply(power, step, q);
    }
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    factor_shoup52_[i] = static_cast<std::uint64_t>((static_cast<uint128>(factor_[i]) << 52) / q.value);
  }
  const int block_bits = std::countr_zero(n / wanted);
  for (std::size_t block = 0; block < n / wanted; ++block) {
    const std::uint64_t theta = arithmetic::power(back, 2 * reverse_bits(block, block_bits) + 1, q);
    std::uint64_t power = tables.degree_inverse();
    for (std::size_t k = 0; k < wanted; ++k) {
      twist_[(block / kBlocks * wanted + k) * kBlocks + block % kBlocks] = power;
      power = arithmetic::multiply(power, theta, q);
    }
  }
}

}  // namespace tensafe::ckks
