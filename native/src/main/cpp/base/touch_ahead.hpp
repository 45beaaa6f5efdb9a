#pragma once

#include <cstddef>
#include <thread>

#include "base/huge_memory.hpp"

namespace tensafe::base {

/// Has the system hand out memory before it is used, from its beginning to its end, on a thread of its own with a
/// lower priority. A page that is written for the first time has to be found and cleared meanwhile, and in a virtual
/// machine be fetched from the host: 0.1 to 2 ms a MiB. What is in memory stays as it is, so that others may write
/// to it at the same time. Ends, half done if need be, before the memory may be freed: when it is destroyed or
/// another is assigned to it. Where the system is too old to be asked (Linux before 5.14) or starts no thread, pages
/// come when they are used.
class TouchAhead {
 public:
  TouchAhead() = default;
  explicit TouchAhead(const HugeMemory& memory) noexcept;

  /// Returns when the thread is through.
  void wait() noexcept;

 private:
  std::jthread thread_;
};

}  // namespace tensafe::base
