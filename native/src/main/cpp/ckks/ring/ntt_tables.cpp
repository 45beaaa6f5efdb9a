#include "ckks/ring/ntt_tables.hpp"

#include <bit>

namespace tensafe::ckks {
namespace {

std::size_t reverse_bits(std::size_t value, int bits) {
  std::size_t result = 0;
  for (int i = 0; i < bits; ++i) result |= ((value >> i) & 1) << (bits - 1 - i);
  return result;
}

std::uint64_t shoup(std::uint64_t w, int bits, const Modulus& q) {
  return static_cast<std::uint64_t>((static_cast<uint128>(w) << bits) / q.value);
}

double centred(std::uint64_t w, const Modulus& q) {
  return static_cast<double>(arithmetic::centre(w, q));
}

/// Calls put(position, index into the table) for the levels below `lanes` coefficients, so that lane g
/// of a transposed block of lanes² coefficients finds its factor at lane g.
template <typename Put>
void arrange_tail(std::size_t degree, std::size_t lanes, Put put) {
  std::size_t position = 0;
  for (std::size_t block = 0; block < degree / lanes; block += lanes) {
    for (std::size_t pieces = 1; pieces < lanes; pieces *= 2) {
      const std::size_t level = degree / lanes * pieces;
      for (std::size_t j = 0; j < pieces; ++j) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          put(position++, level + (block + lane) * pieces + j);
        }
      }
    }
  }
}

}  // namespace

NttTables::NttTables(std::size_t degree, const Modulus& modulus)
    : degree_(degree),
      log_degree_(std::countr_zero(degree)),
      modulus_(modulus),
      root_(minimal_primitive_root(2 * degree, modulus)),
      degree_inverse_(arithmetic::inverse(degree, modulus)),
      degree_inverse_shoup64_(shoup(degree_inverse_, 64, modulus)),
      degree_inverse_shoup52_(shoup(degree_inverse_, 52, modulus)),
      degree_inverse_centred_(centred(degree_inverse_, modulus)) {
  fill(forward_, root_);
  fill(inverse_, arithmetic::inverse(root_, modulus));
}

void NttTables::fill(Direction& direction, std::uint64_t root) {
  const std::size_t n = degree_;
  direction.residue = Words(n);
  direction.shoup64 = Words(n);
  direction.shoup52 = Words(n);
  direction.centred = AlignedArray<double>(n);
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = reverse_bits(i, log_degree_);
    direction.residue[at] = power;
    direction.shoup64[at] = shoup(power, 64, modulus_);
    direction.shoup52[at] = shoup(power, 52, modulus_);
    direction.centred[at] = centred(power, modulus_);
    power = arithmetic::multiply(power, root, modulus_);
  }
  if (n >= 16) {
    direction.tail4 = AlignedArray<double>(3 * n / 4);
    arrange_tail(n, 4, [&](std::size_t to, std::size_t from) {
      direction.tail4[to] = direction.centred[from];
    });
  }
  if (n >= 64) {
    direction.tail8 = Words(7 * n / 8);
    direction.tail8_shoup52 = Words(7 * n / 8);
    arrange_tail(n, 8, [&](std::size_t to, std::size_t from) {
      direction.tail8[to] = direction.residue[from];
      direction.tail8_shoup52[to] = direction.shoup52[from];
    });
  }
}

}  // namespace tensafe::ckks
