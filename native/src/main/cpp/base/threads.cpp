#include "base/threads.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace tensafe::base {

bool run_when_idle() noexcept {
  const sched_param parameters{};
  return sched_setscheduler(0, SCHED_IDLE, &parameters) == 0;
}

bool lower_priority() noexcept {
  constexpr int steps = 10;
  constexpr int highest = 19;
  // 0 is the calling thread, not its process: setpriority(2), "C library/kernel differences"
  errno = 0;
  const int now = getpriority(PRIO_PROCESS, 0);
  return errno == 0 && setpriority(PRIO_PROCESS, 0, std::min(now + steps, highest)) == 0;
}

}  // namespace tensafe::base
