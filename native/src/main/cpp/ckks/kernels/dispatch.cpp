#include "base/dispatch.hpp"

#include "ckks/kernels/ring_kernels.hpp"

namespace tensafe::ckks {
namespace {

struct Set {
  base::FeatureSet needs;
  const RingKernels* kernels;
};

}  // namespace

const RingKernels& kernels_for(const base::Dispatch& dispatch) {
  using base::Feature;
  static const Set sets[] = {
      {{}, &scalar_kernels()},
#if defined(__x86_64__)
      {{Feature::kAvx2, Feature::kFma}, &avx2_kernels()},
      {{Feature::kAvx512F, Feature::kAvx512Dq, Feature::kAvx512Vl, Feature::kAvx512Ifma},
       &avx512ifma_kernels()},
#endif
  };
  return *base::best_of(std::span<const Set>(sets), dispatch).kernels;
}

}  // namespace tensafe::ckks
