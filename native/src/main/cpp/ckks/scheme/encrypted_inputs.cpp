#include "ckks/scheme/encrypted_inputs.hpp"

#include <cstring>

#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// Spreads a polynomial over the tiles of its block: 64 bytes to each.
void scatter(const std::uint64_t* polynomial, std::size_t degree, std::size_t blocks, std::uint64_t* to) {
  for (std::size_t tile = 0; tile < degree / kTile; ++tile) {
    std::memcpy(to + tile * blocks * 2 * kTile, polynomial + tile * kTile, kTile * sizeof(std::uint64_t));
  }
}

}  // namespace

EncryptedInputs::EncryptedInputs(const Context& context, const MaskExpander& masks,
                                 std::span<const std::uint8_t> message)
    : context_(context) {
  const MessageHead head = read_head(context, MessageKind::kInputs, message);
  shape_ = input_shape(context, head, message.size());
  const std::size_t n = context.degree();
  const std::size_t limbs = context.limbs();
  blocks_ = shape_.blocks(n);
  tiles_ = Words(shape_.groups() * limbs * blocks_ * 2 * n);
  Words polynomial(n);
  Words mask(limbs * n);
  const std::uint8_t* in = message.data() + kHeadBytes;
  std::uint64_t id = head.first_id;
  for (std::size_t group = 0; group < shape_.groups(); ++group) {
    for (std::size_t block = 0; block < blocks_; ++block, ++id) {
      masks.expand(context, limbs, id, mask.data());
      for (std::size_t limb = 0; limb < limbs; ++limb) {
        std::uint64_t* to = tiles_.data() + (group * limbs + limb) * blocks_ * 2 * n + block * 2 * kTile;
        read_polynomial(context, limb, in, polynomial.data());
        in += polynomial_bytes(context, limb);
        scatter(polynomial.data(), n, blocks_, to);
        scatter(mask.data() + limb * n, n, blocks_, to + kTile);
      }
    }
  }
}

const std::uint64_t* EncryptedInputs::tile(std::size_t group, std::size_t limb,
                                           std::size_t tile) const noexcept {
  const std::size_t polynomial_words = blocks_ * 2 * context_.degree();
  return tiles_.data() + (group * context_.limbs() + limb) * polynomial_words + tile * blocks_ * 2 * kTile;
}

}  // namespace tensafe::ckks
