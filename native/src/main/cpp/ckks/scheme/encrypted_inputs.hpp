#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/context/packing.hpp"
#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// A batch of ciphertexts as the evaluating side holds it: received halves b and expanded halves a,
/// laid out for multiply-accumulate as [group][limb][tile][block][2][8] values. Immutable.
class EncryptedInputs {
 public:
  /// Reads a message of kind kInputs; throws kMalformedMessage.
  EncryptedInputs(const Context& context, const MaskExpander& masks, std::span<const std::uint8_t> message);

  const Context& context() const noexcept { return context_; }
  const InputShape& shape() const noexcept { return shape_; }
  std::size_t blocks() const noexcept { return blocks_; }
  /// [block][2][8] of one tile.
  const std::uint64_t* tile(std::size_t group, std::size_t limb, std::size_t tile) const noexcept;

 private:
  const Context& context_;
  InputShape shape_;
  std::size_t blocks_;
  Words tiles_;
};

}  // namespace tensafe::ckks
