#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

// The one probe of the processor. A feature counts only if the operating system keeps its registers too.

namespace tensafe::base {

/// Instruction sets that some kernel here asks for, or may soon.
enum class Feature : int {
  kSsse3,
  kAes,
  kAvx2,
  kFma,
  kVaes,
  kAvx512F,
  kAvx512Dq,
  kAvx512Bw,
  kAvx512Vl,
  kAvx512Ifma,
  kAvx512Bf16,
  kAvx512Vnni,
  kAmxTile,
  kAmxInt8,
  kAmxBf16,
};

inline constexpr int kFeatures = static_cast<int>(Feature::kAmxBf16) + 1;

/// A set of features. A value.
class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<Feature> features) {
    for (Feature feature : features) bits_ |= bit(feature);
  }

  constexpr bool has(Feature feature) const noexcept { return (bits_ & bit(feature)) != 0; }
  constexpr bool contains(FeatureSet other) const noexcept { return (other.bits_ & ~bits_) == 0; }
  constexpr FeatureSet without(FeatureSet other) const noexcept { return FeatureSet(bits_ & ~other.bits_); }
  constexpr FeatureSet operator|(FeatureSet other) const noexcept { return FeatureSet(bits_ | other.bits_); }
  constexpr FeatureSet operator&(FeatureSet other) const noexcept { return FeatureSet(bits_ & other.bits_); }
  constexpr bool operator==(const FeatureSet&) const noexcept = default;

  /// As people write them: "AVX2, FMA".
  std::string names() const;

 private:
  explicit constexpr FeatureSet(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Feature feature) { return std::uint32_t{1} << static_cast<int>(feature); }

  std::uint32_t bits_ = 0;
};

/// The words of CPUID and XGETBV that features are read from; 0 where the processor has no such leaf.
/// Intel SDM volume 2, CPUID; volume 1, section 13.3 for XCR0.
struct CpuidWords {
  std::uint32_t leaf1_ecx = 0;
  std::uint32_t leaf7_ebx = 0;
  std::uint32_t leaf7_ecx = 0;
  std::uint32_t leaf7_edx = 0;
  std::uint32_t leaf7_1_eax = 0;
  std::uint64_t xcr0 = 0;  ///< 0 if the operating system has not switched XGETBV on
};

/// What those words mean.
FeatureSet features_of(const CpuidWords& words);

/// The words of this processor; all 0 on another architecture than x86-64.
CpuidWords read_cpuid();

/// What a process may use, and what the processor has but the operating system refuses it.
struct Probe {
  FeatureSet features;
  FeatureSet refused;
};

/// What those words mean for a process. `allow` asks the operating system for AMX; called where there is any.
Probe probe(const CpuidWords& words, bool (*allow)());

/// Whether the environment forces the level `amx`.
bool amx_is_asked_for();

/// Of this process, asked for once: CPUID traps to a hypervisor.
const Probe& process_probe();

/// The features of `process_probe`.
const FeatureSet& cpu_features();

}  // namespace tensafe::base
