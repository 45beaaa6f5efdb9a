#include "base/dispatch.hpp"

#include "decoder/kernels/decoder_kernels.hpp"

namespace tensafe::decoder {
namespace {

struct Set {
  base::FeatureSet needs;
  const DecoderKernels* kernels;
};

}  // namespace

const DecoderKernels& kernels_for(const base::Dispatch& dispatch) {
  static const Set sets[] = {
      {scalar_kernels().needs, &scalar_kernels()},
#if defined(__x86_64__)
      {avx2_kernels().needs, &avx2_kernels()},
      {avx512_kernels().needs, &avx512_kernels()},
      {avx512_bf16_kernels().needs, &avx512_bf16_kernels()},
      {amx_kernels().needs, &amx_kernels()},
#endif
  };
  return *base::best_of(std::span<const Set>(sets), dispatch).kernels;
}

}  // namespace tensafe::decoder
