#include "base/touch_ahead.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <stop_token>
#include <system_error>

#include "base/threads.hpp"

namespace tensafe::base {
namespace {

/// What is asked for at once: as much as one write to a huge page would bring. Who maps memory waits as long.
constexpr std::size_t kPart = std::size_t{1} << 21;

/// MADV_POPULATE_WRITE, which older headers do not know.
constexpr int kPopulateWrite = 23;

/// Regions begin on a page, see HugeMemory.
void touch(std::byte* data, std::size_t bytes, const std::stop_token& stop) noexcept {
  lower_priority();
  for (std::size_t at = 0; at < bytes && !stop.stop_requested(); at += kPart) {
    if (madvise(data + at, std::min(kPart, bytes - at), kPopulateWrite) != 0) return;
  }
}

}  // namespace

TouchAhead::TouchAhead(const HugeMemory& memory) noexcept {
  std::byte* const data = memory.data();
  const std::size_t bytes = memory.size();
  if (bytes == 0) return;
  try {
    thread_ = std::jthread([data, bytes](const std::stop_token& stop) { touch(data, bytes, stop); });
  } catch (const std::system_error&) {
    // the memory is as good without
  }
}

void TouchAhead::wait() noexcept {
  if (thread_.joinable()) thread_.join();
}

}  // namespace tensafe::base
