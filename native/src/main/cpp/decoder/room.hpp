#pragma once

#include <cstddef>

#include "base/huge_memory.hpp"

namespace tensafe::decoder {

/// Memory for `what`. Throws kNoMemory, which says how much was wanted.
base::HugeMemory room_for(const char* what, std::size_t bytes);

}  // namespace tensafe::decoder
