#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/huge_memory.hpp"
#include "base/touch_ahead.hpp"
#include "check.hpp"

// Memory that the system hands out before it is used: all of it, and as it was.

using namespace tensafe::base;
using namespace tensafe::test;

namespace {

/// Pages that the system has handed out, of how many.
std::pair<std::size_t, std::size_t> resident(const HugeMemory& memory) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((memory.size() + page - 1) / page);
  TENSAFE_CHECK(mincore(memory.data(), memory.size(), pages.data()) == 0);
  const auto there = std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return (p & 1) != 0; });
  return {static_cast<std::size_t>(there), pages.size()};
}

/// Whether the system can be asked at all.
bool possible() {
  const HugeMemory page(1);
  constexpr int populate_write = 23;
  return madvise(page.data(), 1, populate_write) == 0;
}

constexpr std::size_t kBytes = (std::size_t{9} << 20) + 5000;

}  // namespace

TENSAFE_TEST(all_of_the_memory_is_handed_out_and_holds_what_was_written_before_and_meanwhile) {
  const HugeMemory memory(kBytes);
  const std::size_t own = test_random()() % kBytes;
  memory.data()[own] = std::byte{7};
  TENSAFE_CHECK(resident(memory).first < resident(memory).second);
  TouchAhead ahead(memory);
  for (std::size_t at = 1; at < kBytes; at += 4096) {
    if (at != own) memory.data()[at] = std::byte{3};
  }
  ahead.wait();
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < kBytes; ++at) {
    const int want = at == own ? 7 : at % 4096 == 1 ? 3 : 0;
    wrong += memory.data()[at] == static_cast<std::byte>(want) ? 0 : 1;
  }
  TENSAFE_CHECK(wrong == 0, << wrong << " bytes");
}

TENSAFE_TEST(memory_that_nobody_writes_to_is_handed_out_too) {
  if (!possible()) return;
  const HugeMemory memory(kBytes);
  TouchAhead(memory).wait();
  const auto [there, all] = resident(memory);
  TENSAFE_CHECK(there == all, << there << " of " << all << " pages");
}

TENSAFE_TEST(touching_ends_before_the_memory_is_freed) {
  for (int run = 0; run < 30; ++run) {
    const HugeMemory first(std::size_t{64} << 20);
    const HugeMemory second(kBytes);
    TouchAhead ahead(first);
    ahead = TouchAhead(second);
    ahead = TouchAhead();
  }
  const HugeMemory nothing;
  TouchAhead(nothing).wait();
}
