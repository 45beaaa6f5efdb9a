#pragma once

#include <cstddef>
#include <vector>

#include "decoder/kernels/decoder_kernels.hpp"

namespace tensafe::decoder {

/// The shape of a decoder and how its numbers are kept.
struct Shape {
  std::size_t hidden = 0;
  std::size_t intermediate = 0;
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;
  std::size_t head_dim = 0;  ///< even, at most kMaxHead
  std::size_t vocabulary = 0;
  float eps = 0;
  std::vector<std::size_t> windows;  ///< one a layer; 0: full attention
  bool head_norms = false;           ///< queries and keys are normalised per head
  bool tied = false;                 ///< the output head is the embedding table
  Format weights = Format::kFloat32;
  Format ends = Format::kFloat32;  ///< of embedding table and output head
  Format cache = Format::kFloat32;
  Order order = Order::kPairs;

  std::size_t query_size() const { return heads * head_dim; }
  std::size_t key_value_size() const { return kv_heads * head_dim; }
  std::size_t share() const { return heads / kv_heads; }
};

/// Throws kInvalidArgument unless a decoder of this shape can be computed, kNoMemory if nothing could hold it.
void check(const Shape& shape);

/// The seven projections, by their numbers in Java's ProjectionKind.
enum class Projection : int { kQ = 0, kK, kV, kO, kGate, kUp, kDown };
inline constexpr std::size_t kProjections = 7;

/// The four groups of projections that read one input, by their numbers in Java's GroupKind.
enum class Group : int { kQkv = 0, kO, kGateUp, kDown };
inline constexpr std::size_t kGroups = 4;

std::size_t inputs(const Shape& shape, Projection projection);
std::size_t outputs(const Shape& shape, Projection projection);
Group group_of(Projection projection);
/// First projection of a group, and how many follow.
Projection first_of(Group group);
std::size_t members(Group group);

}  // namespace tensafe::decoder
