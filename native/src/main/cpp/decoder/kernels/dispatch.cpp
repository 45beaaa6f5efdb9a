#include "base/dispatch.hpp"

#include "decoder/kernels/decoder_kernels.hpp"

namespace tensafe::decoder {
namespace {

struct Set {
  base::FeatureSet needs;
  const DecoderKernels& (*kernels)() noexcept;
};

}  // namespace

const DecoderKernels& kernels_for(const base::Dispatch& dispatch) {
  static const Set sets[] = {
      {{}, scalar_kernels},
#if defined(__x86_64__)
      {kAvx2Needs, avx2_kernels},
      {kAvx512Needs, avx512_kernels},
      {kAvx512Bf16Needs, avx512_bf16_kernels},
      {kAmxNeeds, amx_kernels},
#endif
  };
  return base::best_of(std::span<const Set>(sets), dispatch).kernels();
}

}  // namespace tensafe::decoder
