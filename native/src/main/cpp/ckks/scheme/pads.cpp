#include "ckks/scheme/pads.hpp"

#include "ckks/errors.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

std::size_t pad_message_bytes(const Context& context, std::size_t rows) {
  return rows * polynomial_bytes(context, 0);
}

std::size_t pad_token_bytes(const Context& context, std::size_t count, std::size_t width) {
  return count * residue_bytes(context, 0, width);
}

void validate(const PadShape& shape, const Context& context) {
  require(context.limbs() == 1, ErrorCode::kInvalidParameters, "pads: one limb is needed");
  validate(Packing{shape.tokens, 1}, context.degree());
  require(LowTables::supports(context.degree(), shape.tokens), ErrorCode::kInvalidArgument,
          "pads: a block has from 8 to N/8 positions");
  require(shape.rows >= 1 && shape.rows <= kMaxRows && shape.columns >= 1 && shape.columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "pads: rows must be 1 to 65536 and columns 1 to 1048576");
}

}  // namespace tensafe::ckks
