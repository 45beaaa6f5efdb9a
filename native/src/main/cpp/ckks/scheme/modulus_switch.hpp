#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"

namespace tensafe::ckks {

/// Coefficients modulo q0·q1 to round(·/q1) modulo q0, in place in `first`; `last` is the limb of q1.
void divide_by_last_modulus(const Context& context, std::uint64_t* first, const std::uint64_t* last,
                            std::size_t count);

/// The same for a polynomial given by its values; overwrites `last`. One inverse and one forward
/// transform.
void divide_values_by_last_modulus(const Context& context, std::uint64_t* first, std::uint64_t* last);

}  // namespace tensafe::ckks
