#define TENSAFE_DECODER_BF16
#define TENSAFE_DECODER_VNNI
#include "decoder/kernels/vector_avx512.hpp"

#include <type_traits>

#include "decoder/kernels/decoder_kernels.hpp"

#include "decoder/kernels/functions.hpp"
#include "decoder/kernels/products.hpp"
#include "decoder/kernels/attention.hpp"

// What reads pairs or bytes has instructions of its own here. All else is as avx512.cpp has it, and is not compiled
// twice.

namespace tensafe::decoder {
namespace {

void own_product(const PanelProduct& p, float* out) {
  if (p.format == Format::kFloat32) return avx512_kernels().product(p, out);
  if (p.format == Format::kInt8) return byte_product(p, out);
  return p.order == Order::kTiles ? tile_product(p, out) : float_product<PairSteps>(p, out);
}

void own_attend(const AttentionTask& task) {
  if (task.format != Format::kBfloat16) return avx512_kernels().attend(task);
  Attention<PairCache> attention(task);
  attention.run();
}

}  // namespace

const DecoderKernels& avx512_bf16_kernels() noexcept {
  static const DecoderKernels table = [] {
    DecoderKernels own = avx512_kernels();
    own.name = "avx512-bf16";
    own.step_bytes = step_bytes;
    own.prepare = prepare;
    own.product = own_product;
    own.attend = own_attend;
    return own;
  }();
  return table;
}

}  // namespace tensafe::decoder
