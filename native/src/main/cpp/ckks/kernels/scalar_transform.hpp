#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::ckks {

/// Forward transform of the first `n` words, n ≤ N a power of two: with n < N it is the transform of a
/// polynomial of degree below n under the 2n-th root ψ^(N/n), for which the tables' first n entries are
/// the right ones. Residues in, residues out.
void scalar_ntt_forward(std::uint64_t* polynomial, std::size_t n, const NttTables& tables);
void scalar_ntt_inverse(std::uint64_t* polynomial, const NttTables& tables);
void scalar_ntt_inverse_low(std::uint64_t* polynomial, std::size_t wanted, const NttTables& tables);

}  // namespace tensafe::ckks
