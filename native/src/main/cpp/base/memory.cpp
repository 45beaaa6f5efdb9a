#include "base/memory.hpp"

#include <cstring>

namespace tensafe::base {

void secure_wipe(void* memory, std::size_t bytes) noexcept {
  if (memory == nullptr || bytes == 0) return;
  std::memset(memory, 0, bytes);
  asm volatile("" : : "r"(memory) : "memory");
}

}  // namespace tensafe::base
