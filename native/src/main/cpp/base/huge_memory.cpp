#include "base/huge_memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace tensafe::base {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;

}  // namespace

HugeMemory::HugeMemory(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  // a small region needs no alignment that costs more than it has
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : 0;
  mapped_ = bytes + alignment;
  if (mapped_ > bytes || alignment == 0) {
    mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (mapping_ == MAP_FAILED || mapping_ == nullptr) {
    mapping_ = nullptr;
    throw std::bad_alloc();
  }
  auto address = reinterpret_cast<std::uintptr_t>(mapping_);
  if (alignment != 0) address = (address + alignment - 1) / alignment * alignment;
  data_ = reinterpret_cast<std::byte*>(address);
  huge_ = alignment != 0 && madvise(data_, bytes, MADV_HUGEPAGE) == 0;
}

void HugeMemory::release() noexcept {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
  mapping_ = nullptr;
}

}  // namespace tensafe::base
