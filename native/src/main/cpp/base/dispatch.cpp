#include "base/dispatch.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/errors.hpp"

namespace tensafe::base {
namespace {

constexpr FeatureSet kAvx2 = {Feature::kAvx2, Feature::kFma};
constexpr FeatureSet kAvx2Allowed = kAvx2 | FeatureSet{Feature::kSsse3, Feature::kAes, Feature::kVaes};
constexpr FeatureSet kAvx512 = {Feature::kAvx512F, Feature::kAvx512Dq, Feature::kAvx512Vl,
                                Feature::kAvx512Ifma};

constexpr FeatureSet kAvx512Allowed = {Feature::kAvx512Bw, Feature::kAvx512Bf16, Feature::kAvx512Vnni};

constexpr FeatureSet kAmx = kAvx512Allowed | FeatureSet{Feature::kAmxTile, Feature::kAmxInt8, Feature::kAmxBf16};

constexpr Level kLevels[] = {
    {"scalar", {}, {}},
    {"avx2", kAvx2, kAvx2Allowed},
    {"avx512", kAvx2 | kAvx512, kAvx2Allowed | kAvx512 | kAvx512Allowed},
    {"amx", kAvx2 | kAvx512 | kAmx, kAvx2Allowed | kAvx512 | kAmx},
};

[[noreturn]] void refuse(std::string_view who, const std::string& what) {
  throw BaseError(ErrorCode::kUnsupportedKernels, std::string(who) + " " + what);
}

std::string level_names(const FeatureSet& cpu) {
  std::string names;
  for (const Level& level : kLevels) {
    if (!cpu.contains(level.required)) continue;
    if (!names.empty()) names += ", ";
    names += level.name;
  }
  return names;
}

std::string quoted(std::string_view value) {
  std::string text(1, '"');
  text.append(value);
  text.push_back('"');
  return text;
}

/// The value in quotes where it can be shown, as what an environment holds may be any bytes.
std::string shown(std::string_view value) {
  constexpr std::size_t kLongest = 40;
  const bool plain = value.size() <= kLongest &&
                     std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain) return "not a plain word";
  return quoted(value);
}

/// What the processor has, and what it would need for the next level.
std::string why_best(const Level& best, const FeatureSet& cpu) {
  std::string why;
  if (best.required != FeatureSet{}) why = "the processor has " + best.required.names();
  if (&best == &kLevels[std::size(kLevels) - 1]) return why;
  const Level& next = *(&best + 1);
  if (!why.empty()) why += "; ";
  return why + next.name + " would need " + next.required.without(cpu).names();
}

Dispatch at(const Level& level, const FeatureSet& cpu, std::string reason) {
  return {&level, cpu & level.allowed, std::move(reason)};
}

}  // namespace

std::span<const Level> levels() { return kLevels; }

Dispatch dispatch_for(const FeatureSet& cpu, std::string_view name, std::string_view who) {
  if (name.empty()) {
    const Level* best = &kLevels[0];
    while (best != &kLevels[std::size(kLevels) - 1] && cpu.contains(best[1].required)) ++best;
    return at(*best, cpu, why_best(*best, cpu));
  }
  for (const Level& level : kLevels) {
    if (name != level.name) continue;
    const FeatureSet missing = level.required.without(cpu);
    if (missing == FeatureSet{}) return at(level, cpu, "asked for by " + std::string(who));
    refuse(who, "is " + quoted(name) + ", but the processor or its operating system lacks " + missing.names() +
                    "; possible here: " + level_names(cpu));
  }
  refuse(who, "is " + shown(name) + "; possible here: " + level_names(cpu));
}

const Dispatch& process_dispatch() {
  static const Dispatch chosen = [] {
    const char* forced = std::getenv(kKernelVariable);
    const Probe& probe = process_probe();
    Dispatch dispatch = dispatch_for(probe.features, forced == nullptr ? "" : forced, kKernelVariable);
    if (probe.refused != FeatureSet{}) {
      dispatch.reason += amx_is_asked_for()
                             ? "; the operating system refuses this process " + probe.refused.names()
                             : "; AMX is taken only when " + std::string(kKernelVariable) + " asks for it";
    }
    return dispatch;
  }();
  return chosen;
}

}  // namespace tensafe::base
