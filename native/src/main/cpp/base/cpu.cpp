#include "base/cpu.hpp"

#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tensafe::base {
namespace {

// State components of XCR0: SSE and AVX registers; AVX-512's masks and upper halves; AMX tiles.
constexpr std::uint64_t kAvxState = 0x6;
constexpr std::uint64_t kAvx512State = 0xe0 | kAvxState;
constexpr std::uint64_t kAmxState = std::uint64_t{3} << 17;

/// Where a feature's bit is, and which registers the operating system must keep for it.
struct Source {
  const char* name;
  std::uint32_t CpuidWords::*word;
  int bit;
  std::uint64_t state;
};

// In the order of Feature.
constexpr Source kSources[] = {
    {"SSSE3", &CpuidWords::leaf1_ecx, 9, 0},
    {"AES-NI", &CpuidWords::leaf1_ecx, 25, 0},
    {"AVX2", &CpuidWords::leaf7_ebx, 5, kAvxState},
    {"FMA", &CpuidWords::leaf1_ecx, 12, kAvxState},
    {"VAES", &CpuidWords::leaf7_ecx, 9, kAvxState},
    {"AVX-512 F", &CpuidWords::leaf7_ebx, 16, kAvx512State},
    {"AVX-512 DQ", &CpuidWords::leaf7_ebx, 17, kAvx512State},
    {"AVX-512 BW", &CpuidWords::leaf7_ebx, 30, kAvx512State},
    {"AVX-512 VL", &CpuidWords::leaf7_ebx, 31, kAvx512State},
    {"AVX-512 IFMA", &CpuidWords::leaf7_ebx, 21, kAvx512State},
    {"AVX-512 BF16", &CpuidWords::leaf7_1_eax, 5, kAvx512State},
    {"AVX-512 VNNI", &CpuidWords::leaf7_ecx, 11, kAvx512State},
    {"AMX tiles", &CpuidWords::leaf7_edx, 24, kAmxState},
    {"AMX INT8", &CpuidWords::leaf7_edx, 25, kAmxState},
    {"AMX BF16", &CpuidWords::leaf7_edx, 22, kAmxState},
};
static_assert(std::size(kSources) == kFeatures);

}  // namespace

std::string FeatureSet::names() const {
  std::string names;
  for (int i = 0; i < kFeatures; ++i) {
    if (!has(static_cast<Feature>(i))) continue;
    if (!names.empty()) names += ", ";
    names += kSources[i].name;
  }
  return names;
}

FeatureSet features_of(const CpuidWords& words) {
  FeatureSet features;
  for (int i = 0; i < kFeatures; ++i) {
    const Source& source = kSources[i];
    const bool has = (words.*source.word >> source.bit & 1) != 0;
    const bool kept = (words.xcr0 & source.state) == source.state;
    if (has && kept) features = features | FeatureSet{static_cast<Feature>(i)};
  }
  return features;
}

CpuidWords read_cpuid() {
  CpuidWords words;
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
    words.leaf1_ecx = c;
    constexpr unsigned kXgetbvOn = 1U << 27;  // OSXSAVE
    if ((c & kXgetbvOn) != 0) {
      std::uint32_t low = 0;
      std::uint32_t high = 0;
      asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
      words.xcr0 = static_cast<std::uint64_t>(high) << 32 | low;
    }
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
    words.leaf7_ebx = b;
    words.leaf7_ecx = c;
    words.leaf7_edx = d;
    // EAX of leaf 7 is the number of its last subleaf
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) words.leaf7_1_eax = a;
  }
#endif
  return words;
}

bool amx_is_asked_for() {
  const char* level = std::getenv("TENSAFE_NATIVE_KERNELS");
  return level != nullptr && std::string_view(level) == "amx";
}

namespace {

/// Asks Linux for the tiles' 8 KiB of state, which a process has only on request. Good for all of its threads.
/// Linux, Documentation/arch/x86/xstate.rst. Only where AMX is asked for by name: its kernels have not been seen
/// to run on a processor yet.
bool allow_tiles() {
  if (!amx_is_asked_for()) return false;
#if defined(__x86_64__) && defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

Probe probe(const CpuidWords& words, bool (*allow)()) {
  const FeatureSet there = features_of(words);
  const FeatureSet tiles = there & FeatureSet{Feature::kAmxTile, Feature::kAmxInt8, Feature::kAmxBf16};
  if (tiles == FeatureSet{} || allow()) return {there, {}};
  return {there.without(tiles), tiles};
}

const Probe& process_probe() {
  static const Probe found = probe(read_cpuid(), allow_tiles);
  return found;
}

const FeatureSet& cpu_features() { return process_probe().features; }

}  // namespace tensafe::base
