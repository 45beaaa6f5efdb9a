#pragma once

namespace tensafe::base {

/// Lets the calling thread run only when no other wants its core (SCHED_IDLE). False if the system
/// refused; the thread then goes on as it was.
bool run_when_idle() noexcept;

/// Raises the calling thread's nice value by ten, at most to the highest. False if the system
/// refused; the thread then goes on as it was.
bool lower_priority() noexcept;

}  // namespace tensafe::base
