#define TENSAFE_DECODER_BF16
#define TENSAFE_DECODER_VNNI
#include "decoder/kernels/vector_avx512.hpp"

#include <type_traits>

#include "decoder/kernels/decoder_kernels.hpp"

#include "decoder/kernels/functions.hpp"
#include "decoder/kernels/products.hpp"
#include "decoder/kernels/attention.hpp"

namespace tensafe::decoder {

const DecoderKernels& avx512_bf16_kernels() {
  static const DecoderKernels table{
      "avx512-bf16", {base::Feature::kAvx512F,    base::Feature::kAvx512Dq,   base::Feature::kAvx512Vl,
       base::Feature::kAvx512Bw, base::Feature::kAvx512Bf16, base::Feature::kAvx512Vnni}, kRowBlock, kQueries, step_bytes, norm, prepare, product, expand, rotate, swiglu, attend, rest};
  return table;
}

}  // namespace tensafe::decoder
