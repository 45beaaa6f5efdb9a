#include "decoder/kernels/vector_avx512.hpp"

#include <type_traits>

#include "decoder/kernels/decoder_kernels.hpp"

#include "decoder/kernels/functions.hpp"
#include "decoder/kernels/products.hpp"
#include "decoder/kernels/attention.hpp"

namespace tensafe::decoder {

const DecoderKernels& avx512_kernels() noexcept {
  static const DecoderKernels table{
      "avx512", kRowBlock, kQueries, step_bytes, norm, prepare, product, expand, rotate, swiglu, attend, rest};
  return table;
}

}  // namespace tensafe::decoder
