#include "base/dispatch.hpp"

#include "lora/low_rank_kernels.hpp"

namespace tensafe::lora {
namespace {

struct Set {
  base::FeatureSet needs;
  const LowRankKernels* kernels;
};

}  // namespace

const LowRankKernels& kernels_for(const base::Dispatch& dispatch) {
  static const Set sets[] = {
      {{}, &scalar_kernels()},
#if defined(__x86_64__)
      {{base::Feature::kAvx2, base::Feature::kFma}, &avx2_kernels()},
#endif
  };
  return *base::best_of(std::span<const Set>(sets), dispatch).kernels;
}

const LowRankKernels& kernels() {
  static const LowRankKernels& chosen = kernels_for(base::process_dispatch());
  return chosen;
}

}  // namespace tensafe::lora
