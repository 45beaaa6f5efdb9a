#include "decoder/shape.hpp"

#include "decoder/errors.hpp"

namespace tensafe::decoder {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 24;
// 127 · 255 · inputs must stay below 2^31
constexpr std::size_t kMostInt8Inputs = 65536;

bool fits(std::size_t size) { return size >= 1 && size <= kLargest; }

/// Numbers of all projections and both ends.
double numbers(const Shape& s) {
  const auto wide = [](std::size_t size) { return static_cast<double>(size); };
  const double attention = wide(s.hidden) * wide(s.head_dim) * (2 * wide(s.heads) + 2 * wide(s.kv_heads));
  const double layer = attention + 3 * wide(s.hidden) * wide(s.intermediate);
  return wide(s.layers) * layer + 2 * wide(s.vocabulary) * wide(s.hidden);
}

}  // namespace

void check(const Shape& s) {
  require(fits(s.hidden) && fits(s.intermediate) && fits(s.layers) && fits(s.heads) && fits(s.kv_heads) &&
              fits(s.head_dim) && fits(s.vocabulary),
          ErrorCode::kInvalidArgument, "decoder: a size is 0 or too large");
  require(s.windows.size() == s.layers, ErrorCode::kInvalidArgument, "decoder: one window a layer is needed");
  require(s.heads % s.kv_heads == 0, ErrorCode::kInvalidArgument,
          "decoder: heads are no multiple of key/value heads");
  require(s.head_dim % 2 == 0 && s.head_dim <= kMaxHead, ErrorCode::kInvalidArgument,
          "decoder: the size of a head is odd or above 256");
  require((s.weights != Format::kInt8 && s.ends != Format::kInt8) || s.hidden <= kMostInt8Inputs,
          ErrorCode::kInvalidArgument, "decoder: 8 bits are possible up to 65536 inputs");
  require(s.weights != Format::kInt8 || (s.intermediate <= kMostInt8Inputs && s.query_size() <= kMostInt8Inputs),
          ErrorCode::kInvalidArgument, "decoder: 8 bits are possible up to 65536 inputs");
  // what follows counts bytes in 64 bits
  require(numbers(s) <= 0x1p44, ErrorCode::kNoMemory, "decoder: no machine has room for such weights");
}

std::size_t inputs(const Shape& s, Projection projection) {
  switch (projection) {
    case Projection::kO:
      return s.query_size();
    case Projection::kDown:
      return s.intermediate;
    default:
      return s.hidden;
  }
}

std::size_t outputs(const Shape& s, Projection projection) {
  switch (projection) {
    case Projection::kQ:
      return s.query_size();
    case Projection::kK:
    case Projection::kV:
      return s.key_value_size();
    case Projection::kGate:
    case Projection::kUp:
      return s.intermediate;
    default:
      return s.hidden;
  }
}

Group group_of(Projection projection) {
  switch (projection) {
    case Projection::kQ:
    case Projection::kK:
    case Projection::kV:
      return Group::kQkv;
    case Projection::kO:
      return Group::kO;
    case Projection::kGate:
    case Projection::kUp:
      return Group::kGateUp;
    default:
      return Group::kDown;
  }
}

Projection first_of(Group group) {
  constexpr Projection kFirst[] = {Projection::kQ, Projection::kO, Projection::kGate, Projection::kDown};
  return kFirst[static_cast<int>(group)];
}

std::size_t members(Group group) {
  constexpr std::size_t kCount[] = {3, 1, 2, 1};
  return kCount[static_cast<int>(group)];
}

}  // namespace tensafe::decoder
