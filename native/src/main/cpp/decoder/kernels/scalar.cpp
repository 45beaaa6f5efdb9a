#include "decoder/kernels/vector_scalar.hpp"

#include <type_traits>

#include "decoder/kernels/decoder_kernels.hpp"

#include "decoder/kernels/functions.hpp"
#include "decoder/kernels/products.hpp"
#include "decoder/kernels/attention.hpp"

namespace tensafe::decoder {

const DecoderKernels& scalar_kernels() noexcept {
  static const DecoderKernels table{
      "scalar", kRowBlock, kQueries, step_bytes, norm, prepare, product, expand, rotate, swiglu, attend, rest};
  return table;
}

}  // namespace tensafe::decoder
