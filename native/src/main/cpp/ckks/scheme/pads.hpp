#pragma once

#include <cstddef>

#include "ckks/context/context.hpp"
#include "ckks/context/packing.hpp"

namespace tensafe::ckks {

// Pads: everything of an encrypted inner product that does not depend on the input, made ahead in blocks.
// docs/CKKS.md, "Pads". With the packing (T, 1) the wanted coefficient t of a product is an inner
// product of coefficients, Σ_j b[t + T·j]·W[k][j], so a token needs only its own d coefficients of the
// body b = −a·s + e + m; the c1 of its answer does not depend on m, and neither it nor a on the key. One limb.

/// Bytes that the adapter host sends for one group of a block: c1 of every row.
std::size_t pad_message_bytes(const Context& context, std::size_t rows);
/// Bytes of `count` tokens of `width` residues each, every token from a byte of its own on.
std::size_t pad_token_bytes(const Context& context, std::size_t count, std::size_t width);

/// Sizes of one group of a block.
struct PadShape {
  std::size_t tokens;   ///< T, a power of two, from 8 to N/8
  std::size_t columns;  ///< d
  std::size_t rows;     ///< r'

  /// Columns of one mask, N/T.
  std::size_t mask_columns(const Context& context) const noexcept { return context.degree() / tokens; }
  /// Masks that a block takes.
  std::size_t masks(const Context& context) const noexcept {
    return (columns + mask_columns(context) - 1) / mask_columns(context);
  }
};

/// Words that RingKernels::low_products wants beside its factors.
inline std::size_t low_scratch(const Context& context) { return 3 * context.degree() + 32; }

/// Throws kInvalidParameters for a context of two limbs, kInvalidArgument for sizes that no block has.
void validate(const PadShape& shape, const Context& context);

}  // namespace tensafe::ckks
