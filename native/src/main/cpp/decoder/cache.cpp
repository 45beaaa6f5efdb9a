#include "decoder/cache.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/numbers.hpp"
#include "decoder/errors.hpp"
#include "decoder/room.hpp"

namespace tensafe::decoder {
namespace {

std::size_t bytes_of(Format format) {
  return format == Format::kFloat32 ? 4 : format == Format::kBfloat16 ? 2 : 1;
}

std::size_t key_bytes(const Shape& shape) { return shape.head_dim * bytes_of(shape.cache) * kBlock; }

std::size_t value_bytes(const Shape& shape) {
  return padded(shape.head_dim, 16) * bytes_of(shape.cache) * kBlock;
}

std::size_t head_bytes(const Shape& shape) {
  const std::size_t scales = shape.cache == Format::kInt8 ? 2 * kBlock * sizeof(float) : 0;
  return key_bytes(shape) + value_bytes(shape) + scales;
}

/// Stores a row as bytes, `stride` from one to the next, and returns its scale. A row that is not finite gets
/// NaN for a scale, and so what is computed with it.
float put_bytes(const float* row, std::size_t count, std::byte* to, std::size_t stride) {
  float largest = 0;
  float nothing = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::fabs(row[i]));
    nothing += row[i] - row[i];
  }
  const bool zeros = nothing != 0 || largest < 0x1p-120f;
  const float inverse = zeros ? 0.0f : 127.0f / largest;
  for (std::size_t i = 0; i < count; ++i) {
    const float scaled = zeros ? 0.0f : std::nearbyint(row[i] * inverse);
    to[i * stride] = static_cast<std::byte>(static_cast<std::int8_t>(scaled));
  }
  return nothing == 0 ? largest / 127.0f : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

std::size_t Cache::block_bytes(const Shape& shape) { return shape.layers * shape.kv_heads * head_bytes(shape); }

Cache::Cache(const Shape& shape, std::size_t blocks)
    : format_(shape.cache),
      blocks_(blocks),
      kv_heads_(shape.kv_heads),
      head_dim_(shape.head_dim),
      key_bytes_(key_bytes(shape)),
      head_bytes_(head_bytes(shape)),
      block_stride_(block_bytes(shape)) {
  require(blocks <= (std::size_t{1} << 46) / block_stride_, ErrorCode::kNoMemory,
          "decoder: no machine has room for so many blocks");
  memory_ = room_for("a cache", blocks * block_stride_);
}

void Cache::put(std::size_t layer, std::size_t kv_head, std::size_t block, std::size_t offset, const float* key,
                const float* value) noexcept {
  std::byte* keys = memory_.data() + block * block_stride_ + (layer * kv_heads_ + kv_head) * head_bytes_;
  std::byte* values = keys + key_bytes_;
  const std::size_t width = padded(head_dim_, 16);
  if (format_ == Format::kInt8) {
    float* scales = reinterpret_cast<float*>(values + width * kBlock);
    scales[offset] = put_bytes(key, head_dim_, keys + offset, kBlock);
    scales[kBlock + offset] = put_bytes(value, head_dim_, values + offset * width, 1);
    return;
  }
  if (format_ == Format::kFloat32) {
    for (std::size_t d = 0; d < head_dim_; ++d) std::memcpy(keys + (d * kBlock + offset) * 4, key + d, 4);
    std::memcpy(values + offset * width * 4, value, head_dim_ * 4);
    return;
  }
  for (std::size_t d = 0; d < head_dim_; d += 2) {
    const std::uint16_t pair[2] = {base::to_bfloat16(key[d]), base::to_bfloat16(key[d + 1])};
    std::memcpy(keys + (d / 2 * kBlock + offset) * 4, pair, 4);
  }
  std::byte* at = values + offset / 2 * width * 4 + offset % 2 * 2;
  for (std::size_t d = 0; d < head_dim_; ++d) {
    const std::uint16_t bits = base::to_bfloat16(value[d]);
    std::memcpy(at + d * 4, &bits, 2);
  }
}

}  // namespace tensafe::decoder
