#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::ckks {

// The transforms of the `avx2` set; see RingKernels. N is at least 64.
void avx2_ntt_forward(std::uint64_t* polynomial, const NttTables& tables);
void avx2_ntt_inverse(std::uint64_t* polynomial, const NttTables& tables);
void avx2_ntt_inverse_low(std::uint64_t* polynomial, std::size_t wanted, const NttTables& tables);

}  // namespace tensafe::ckks
