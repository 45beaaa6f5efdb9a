#pragma once

#include <cstddef>
#include <vector>

#include "decoder/shape.hpp"

namespace tensafe::decoder {

/// One operation of a step. Threads share its pieces; the next one begins when all of them are done.
struct Operation {
  enum class Kind : int {
    kEmbed,       ///< rows of the embedding table → residual stream
    kNorm,        ///< normalised residual stream → input, prepared
    kShrink,      ///< input times adapters' A
    kLinear,      ///< prepared input times the group's weights, adapters' B·(A·x) added
    kHeads,       ///< queries and keys normalised and turned; keys and values → cache
    kAttend,      ///< queries over the cache → input
    kPrepare,     ///< input → prepared
    kAdd,         ///< outputs of an open group → residual stream
    kActivate,    ///< outputs of an open gate and up → input
    kLast,        ///< rows whose logits are wanted, normalised and prepared
    kHead,        ///< logits
  };
  Kind kind;
  std::size_t layer = 0;
  Group group = Group::kQkv;
};

inline constexpr std::size_t kOperationKinds = 11;
const char* name_of(Operation::Kind kind);

/// The operations of a step, in order. Another architecture is another list.
std::vector<Operation> program_of(const Shape& shape);

}  // namespace tensafe::decoder
