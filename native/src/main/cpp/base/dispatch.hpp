#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/cpu.hpp"

// The one choice of kernels. A level names the instructions that kernels may use; every part of the
// library takes the best of its sets that uses no others. So one word decides for all of them.

namespace tensafe::base {

/// One step of the ladder. A level contains those before it.
struct Level {
  const char* name;
  /// What a processor must have to run at this level.
  FeatureSet required;
  /// What kernels may use at this level if the processor has it.
  FeatureSet allowed;
};

/// "scalar", "avx2", "avx512", "amx": all levels, the lowest first.
std::span<const Level> levels();

/// The environment variable that forces a level for the whole process.
inline constexpr char kKernelVariable[] = "TENSAFE_NATIVE_KERNELS";

/// A level and what it comes to on one processor.
struct Dispatch {
  const Level* level;
  /// Allowed by the level and there: what kernels may use.
  FeatureSet usable;
  /// For the log: who asked, or what decided.
  std::string reason;
};

/// The level with this name, or the highest that a processor with these features runs when `name` is
/// empty. `who` asks, for messages. Throws kUnsupportedKernels for a level that is unknown or that the
/// processor cannot run. Depends on nothing but its arguments.
Dispatch dispatch_for(const FeatureSet& cpu, std::string_view name, std::string_view who);

/// What this process runs: by the environment variable if it is set, else the best. Chosen once; throws
/// kUnsupportedKernels at every call if the variable asks for what cannot be.
const Dispatch& process_dispatch();

/// The last of a part's sets, listed from slow to fast, whose `needs` are usable. The first needs nothing.
template <typename Set>
const Set& best_of(std::span<const Set> sets, const Dispatch& dispatch) {
  const Set* best = &sets.front();
  for (const Set& set : sets) {
    if (dispatch.usable.contains(set.needs)) best = &set;
  }
  return *best;
}

}  // namespace tensafe::base
