#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "check.hpp"
#include "decoder/kernels/decoder_kernels.hpp"

// Numbers for the decoder's tests, and when two are the same.

#if defined(__x86_64__)
namespace tensafe::decoder {

/// decoder/kernels/amx.cpp with plain C++ in place of AMX instructions.
const DecoderKernels& emulated_amx_kernels() noexcept;

}  // namespace tensafe::decoder
#endif

namespace tensafe::test {

inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The same bits; one NaN is like another.
inline bool same(float a, float b) { return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b)); }

/// The first place where two rows differ, or their length.
inline std::size_t difference(const float* a, const float* b, std::size_t n) {
  std::size_t i = 0;
  while (i < n && same(a[i], b[i])) ++i;
  return i;
}

/// From 0 to limit − 1.
inline std::size_t below(std::size_t limit) { return test_random()() % limit; }
inline std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
inline bool one_in(std::size_t n) { return below(n) == 0; }

inline float uniform() { return static_cast<float>(test_random()() >> 40) / 8388608.0f - 1.0f; }

/// How numbers of a test are spread.
enum class Spread {
  kTame,    ///< of some thousandth to some units
  kWide,    ///< the whole range of float32, subnormal numbers and zeros too
  kExtreme, ///< tame ones, and one in twenty is infinite, no number, huge, subnormal or a zero
};
inline Spread any_spread() { return static_cast<Spread>(below(3)); }

inline float number(Spread spread) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kSpecial[] = {kInfinity, -kInfinity, NAN, 3e38f, -3.4e38f, 1e-40f, -1e-42f, 0.0f, -0.0f};
  if (spread == Spread::kWide) return std::ldexp(uniform(), static_cast<int>(below(268)) - 140);
  if (spread == Spread::kExtreme && one_in(20)) return kSpecial[below(std::size(kSpecial))];
  return uniform() * std::ldexp(1.0f, static_cast<int>(below(8)) - 5);
}

inline std::vector<float> numbers(std::size_t count, Spread spread) {
  std::vector<float> out(count);
  for (float& value : out) value = number(spread);
  return out;
}

/// The kernel sets that run here.
inline std::vector<const decoder::DecoderKernels*> decoder_sets() {
  struct Known {
    const char* name;
    base::FeatureSet needs;
    const decoder::DecoderKernels& (*kernels)() noexcept;
  };
  static constexpr Known known[] = {
      {"scalar", {}, decoder::scalar_kernels},
#if defined(__x86_64__)
      {"avx2", decoder::kAvx2Needs, decoder::avx2_kernels},
#if !defined(__SANITIZE_THREAD__)  // of the sets that a check of threads is built with
      {"avx512", decoder::kAvx512Needs, decoder::avx512_kernels},
      {"avx512-bf16", decoder::kAvx512Bf16Needs, decoder::avx512_bf16_kernels},
      {"emulated-amx", decoder::kAvx512Bf16Needs, decoder::emulated_amx_kernels},
      {"amx", decoder::kAmxNeeds, decoder::amx_kernels},
#endif
#endif
  };
  static bool say = true;
  std::vector<const decoder::DecoderKernels*> sets;
  for (const Known& set : known) {
    const base::FeatureSet missing = set.needs.without(base::cpu_features());
    if (missing == base::FeatureSet{}) {
      sets.push_back(&set.kernels());
    } else if (say) {
      std::printf("SKIPPED: kernel set %s: no %s\n", set.name, missing.names().c_str());
    }
  }
  say = false;
  return sets;
}

}  // namespace tensafe::test
