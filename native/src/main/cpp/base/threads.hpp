#pragma once

namespace tensafe::base {

/// Lets the calling thread run only when no other wants its core (SCHED_IDLE). False if the system
/// refused; the thread then goes on as it was.
bool run_when_idle() noexcept;

}  // namespace tensafe::base
