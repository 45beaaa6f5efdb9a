#pragma once

#include <cstdint>

#include "base/memory.hpp"

namespace tensafe::ckks {

using base::AlignedArray;

/// Residues, 64-byte aligned, as kernels want them.
using Words = AlignedArray<std::uint64_t>;
/// The same, wiped on release.
using SecretWords = AlignedArray<std::uint64_t, true>;

}  // namespace tensafe::ckks
