#include <cstring>

#include "base/errors.hpp"
#include "check.hpp"
#include "ckks/kernels/ring_kernels.hpp"
#include "decoder/select.hpp"
#include "lora/low_rank_kernels.hpp"

// The probe against the compiler's own and on made-up processors, and the choice on those.

namespace tensafe::test {
namespace {

using base::CpuidWords;
using base::Feature;
using base::FeatureSet;

/// Everything CPUID can say, with the given registers kept by the operating system.
CpuidWords everything(std::uint64_t xcr0) { return {~0U, ~0U, ~0U, ~0U, ~0U, xcr0}; }

constexpr std::uint64_t kSse = 0x3;
constexpr std::uint64_t kAvx = 0x7;
constexpr std::uint64_t kAvx512 = 0xe7;
constexpr std::uint64_t kAmx = 0x600e7;

const FeatureSet kAvx2Features = {Feature::kSsse3, Feature::kAes, Feature::kAvx2, Feature::kFma,
                                  Feature::kVaes};

std::string refusal(const FeatureSet& cpu, const char* name) {
  try {
    base::dispatch_for(cpu, name, "TEST");
  } catch (const base::BaseError& e) {
    TENSAFE_CHECK(e.code() == base::ErrorCode::kUnsupportedKernels);
    return e.what();
  }
  return "was accepted";
}

}  // namespace

TENSAFE_TEST(features_count_only_where_the_system_keeps_their_registers) {
  TENSAFE_CHECK(features_of(CpuidWords{}) == FeatureSet{});
  TENSAFE_CHECK(features_of(everything(0)) == (FeatureSet{Feature::kSsse3, Feature::kAes}));
  TENSAFE_CHECK(features_of(everything(kSse)) == (FeatureSet{Feature::kSsse3, Feature::kAes}));
  TENSAFE_CHECK(features_of(everything(kAvx)) == kAvx2Features);
  // masks and the upper halves of 32 registers: each of the three must be kept
  for (std::uint64_t missing : {0x20, 0x40, 0x80}) {
    TENSAFE_CHECK(features_of(everything(kAvx512 & ~missing)) == kAvx2Features, << missing);
  }
  const FeatureSet with_avx512 = features_of(everything(kAvx512));
  TENSAFE_CHECK(with_avx512.has(Feature::kAvx512Ifma) && with_avx512.has(Feature::kAvx512Bf16));
  TENSAFE_CHECK(!with_avx512.has(Feature::kAmxTile));
  for (std::uint64_t missing : {0x20000, 0x40000}) {
    TENSAFE_CHECK(features_of(everything(kAmx & ~missing)) == with_avx512, << missing);
  }
  const FeatureSet amx = {Feature::kAmxTile, Feature::kAmxInt8, Feature::kAmxBf16};
  TENSAFE_CHECK(features_of(everything(kAmx)).contains(amx));
}

#if defined(__x86_64__)
TENSAFE_TEST(the_probe_agrees_with_the_compilers) {
  const FeatureSet& cpu = base::cpu_features();
  const auto agrees = [&](Feature feature, bool there) { return cpu.has(feature) == there; };
  TENSAFE_CHECK(agrees(Feature::kSsse3, __builtin_cpu_supports("ssse3")));
  TENSAFE_CHECK(agrees(Feature::kAes, __builtin_cpu_supports("aes")));
  TENSAFE_CHECK(agrees(Feature::kAvx2, __builtin_cpu_supports("avx2")));
  TENSAFE_CHECK(agrees(Feature::kFma, __builtin_cpu_supports("fma")));
  TENSAFE_CHECK(agrees(Feature::kAvx512F, __builtin_cpu_supports("avx512f")));
  TENSAFE_CHECK(agrees(Feature::kAvx512Dq, __builtin_cpu_supports("avx512dq")));
  TENSAFE_CHECK(agrees(Feature::kAvx512Bw, __builtin_cpu_supports("avx512bw")));
  TENSAFE_CHECK(agrees(Feature::kAvx512Vl, __builtin_cpu_supports("avx512vl")));
  TENSAFE_CHECK(agrees(Feature::kAvx512Ifma, __builtin_cpu_supports("avx512ifma")));
}
#endif

TENSAFE_TEST(tiles_count_only_where_the_system_gives_them_to_the_process) {
  const FeatureSet amx = {Feature::kAmxTile, Feature::kAmxInt8, Feature::kAmxBf16};
  static int asked;
  asked = 0;
  const base::Probe given = base::probe(everything(kAmx), [] { return ++asked > 0; });
  TENSAFE_CHECK(given.features.contains(amx) && given.refused == FeatureSet{} && asked == 1);
  const base::Probe refused = base::probe(everything(kAmx), [] { return ++asked < 0; });
  TENSAFE_CHECK(refused.refused == amx && refused.features == features_of(everything(kAvx512)) && asked == 2);
  // nothing is asked for that is not there
  const base::Probe none = base::probe(everything(kAvx512), [] { return ++asked > 0; });
  TENSAFE_CHECK(none.features == features_of(everything(kAvx512)) && none.refused == FeatureSet{} && asked == 2);
}

TENSAFE_TEST(the_best_level_is_taken_and_says_why) {
  const auto best = [](const FeatureSet& cpu) { return base::dispatch_for(cpu, "", "TEST"); };
  TENSAFE_CHECK(std::strcmp(best({}).level->name, "scalar") == 0);
  TENSAFE_CHECK(std::strcmp(best(kAvx2Features).level->name, "avx2") == 0);
  TENSAFE_CHECK(best({}).reason == "avx2 would need AVX2, FMA", << best({}).reason);
  const FeatureSet all = features_of(everything(kAmx));
  TENSAFE_CHECK(std::strcmp(best(all).level->name, "amx") == 0);
  // any of AMX's three is missing, or bfloat16's products of vectors: the level below
  for (Feature feature : {Feature::kAmxTile, Feature::kAmxInt8, Feature::kAmxBf16, Feature::kAvx512Bf16}) {
    TENSAFE_CHECK(std::strcmp(best(all.without({feature})).level->name, "avx512") == 0);
  }
  const base::Dispatch without_amx = best(features_of(everything(kAvx512)));
  TENSAFE_CHECK(without_amx.reason.ends_with("; amx would need AMX tiles, AMX INT8, AMX BF16"), << without_amx.reason);
  // AVX-512 without IFMA: kernels of the level below
  const base::Dispatch without_ifma = best(all.without({Feature::kAvx512Ifma}));
  TENSAFE_CHECK(std::strcmp(without_ifma.level->name, "avx2") == 0);
  TENSAFE_CHECK(without_ifma.reason == "the processor has AVX2, FMA; avx512 would need AVX-512 IFMA",
                << without_ifma.reason);
  TENSAFE_CHECK(std::strcmp(best(all.without({Feature::kFma})).level->name, "scalar") == 0);
}

TENSAFE_TEST(a_level_bounds_the_kernels_of_every_part) {
  const FeatureSet all = features_of(everything(kAmx));
  struct Expected {
    const char* level;
    const char* ring;
    const char* low_rank;
    const char* select;
  };
  for (const Expected& e : {Expected{"scalar", "scalar", "scalar", "scalar"},
                            Expected{"avx2", "avx2", "avx2", "avx2"},
                            Expected{"avx512", "avx512ifma", "avx2", "avx512"},
                            Expected{"amx", "avx512ifma", "avx2", "avx512"}}) {
    const base::Dispatch dispatch = base::dispatch_for(all, e.level, "TEST");
    TENSAFE_CHECK(dispatch.reason == "asked for by TEST");
    TENSAFE_CHECK(std::strcmp(ckks::kernels_for(dispatch).name, e.ring) == 0, << e.level);
    TENSAFE_CHECK(std::strcmp(lora::kernels_for(dispatch).name, e.low_rank) == 0, << e.level);
    TENSAFE_CHECK(std::strcmp(decoder::select_for(dispatch).name, e.select) == 0, << e.level);
  }
  TENSAFE_CHECK(base::dispatch_for(all, "scalar", "TEST").usable == FeatureSet{});
  TENSAFE_CHECK(base::dispatch_for(all, "avx2", "TEST").usable == kAvx2Features);
}

TENSAFE_TEST(a_level_that_cannot_be_is_refused_with_what_is_missing) {
  const std::string missing = refusal(kAvx2Features.without({Feature::kFma}), "avx2");
  TENSAFE_CHECK(missing == "TEST is \"avx2\", but the processor or its operating system lacks FMA; "
                           "possible here: scalar", << missing);
  const std::string ifma = refusal(features_of(everything(kAmx)).without({Feature::kAvx512Ifma}), "avx512");
  TENSAFE_CHECK(ifma.find("lacks AVX-512 IFMA; possible here: scalar, avx2") != std::string::npos, << ifma);
  const std::string unknown = refusal(kAvx2Features, "sse9");
  TENSAFE_CHECK(unknown == "TEST is \"sse9\"; possible here: scalar, avx2", << unknown);
  // an environment may hold any bytes, which a message need not
  const std::string bytes = refusal(kAvx2Features, "\xff\x01");
  TENSAFE_CHECK(bytes == "TEST is not a plain word; possible here: scalar, avx2", << bytes);
}

}  // namespace tensafe::test
