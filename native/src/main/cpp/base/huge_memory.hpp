#pragma once

#include <cstddef>
#include <utility>

namespace tensafe::base {

/// Zeroed memory in pages of 2 MiB where the system has them. Moves, is freed at the end.
class HugeMemory {
 public:
  HugeMemory() = default;
  /// Throws std::bad_alloc when the system has no room. What is not written costs none.
  explicit HugeMemory(std::size_t bytes);
  HugeMemory(HugeMemory&& other) noexcept
      : mapping_(std::exchange(other.mapping_, nullptr)),
        mapped_(std::exchange(other.mapped_, 0)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        huge_(other.huge_) {}
  HugeMemory& operator=(HugeMemory&& other) noexcept {
    if (this != &other) {
      release();
      mapping_ = std::exchange(other.mapping_, nullptr);
      mapped_ = std::exchange(other.mapped_, 0);
      data_ = std::exchange(other.data_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
      huge_ = other.huge_;
    }
    return *this;
  }
  HugeMemory(const HugeMemory&) = delete;
  HugeMemory& operator=(const HugeMemory&) = delete;
  ~HugeMemory() { release(); }

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return bytes_; }
  /// Whether the system took the wish for huge pages.
  bool huge() const noexcept { return huge_; }

 private:
  void release() noexcept;

  void* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  bool huge_ = false;
};

}  // namespace tensafe::base
