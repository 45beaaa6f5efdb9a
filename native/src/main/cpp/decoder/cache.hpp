#pragma once

#include <cstddef>

#include "base/huge_memory.hpp"
#include "decoder/shape.hpp"

namespace tensafe::decoder {

/// Keys and values in blocks of 16 positions. A block has, for every layer and key/value head, the keys
/// [head / per][16][per] and the values [16 / per][head, to a multiple of 16][per] of its positions, with
/// per = 2 bfloat16, 1 float32 or 1 int8. Behind those of int8 stand a float32 scale for each key, then for
/// each value: 1/127 of its largest number. Only the step that owns a block writes to it.
class Cache {
 public:
  Cache() = default;
  Cache(const Shape& shape, std::size_t blocks);

  static std::size_t block_bytes(const Shape& shape);

  const base::HugeMemory& memory() const noexcept { return memory_; }
  std::size_t blocks() const noexcept { return blocks_; }
  std::size_t block_stride() const noexcept { return block_stride_; }
  /// Of one layer and head, in block 0.
  const std::byte* head(std::size_t layer, std::size_t kv_head) const noexcept {
    return memory_.data() + (layer * kv_heads_ + kv_head) * head_bytes_;
  }
  /// Stores key and value of one position.
  void put(std::size_t layer, std::size_t kv_head, std::size_t block, std::size_t offset, const float* key,
           const float* value) noexcept;

 private:
  base::HugeMemory memory_;
  Format format_ = Format::kFloat32;
  std::size_t blocks_ = 0;
  std::size_t kv_heads_ = 0;
  std::size_t head_dim_ = 0;
  std::size_t key_bytes_ = 0;
  std::size_t head_bytes_ = 0;
  std::size_t block_stride_ = 0;
};

}  // namespace tensafe::decoder
