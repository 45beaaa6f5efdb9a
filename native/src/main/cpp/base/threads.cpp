#include "base/threads.hpp"

#include <sched.h>

namespace tensafe::base {

bool run_when_idle() noexcept {
  const sched_param parameters{};
  return sched_setscheduler(0, SCHED_IDLE, &parameters) == 0;
}

}  // namespace tensafe::base
