#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu.hpp"

// What a set of kernels has. All sets give the same bits: each computes the canonical order of
// docs/ENGINE.md, lane by lane.

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::decoder {

/// Outputs beside each other in a panel of weights.
inline constexpr std::size_t kPanel = 32;
/// Positions in a block of the cache, and lanes of a vector.
inline constexpr std::size_t kBlock = 16;
/// Positions whose scores are normalised together; the pieces are then added in order.
inline constexpr std::size_t kSegment = 256;
/// Most rows that one call of `product` takes.
inline constexpr std::size_t kMaxRowBlock = 32;
/// Widest attention head.
inline constexpr std::size_t kMaxHead = 256;

/// How numbers are kept.
enum class Format : int { kFloat32 = 0, kBfloat16 = 1, kInt8 = 2 };

/// In which order a product of bfloat16 is added up; every set knows both. Pairs: one chain over all inputs, of
/// each two the odd one first, as VDPBF16PS. Tiles: of each 32 inputs a chain over the even ones and one over
/// the odd ones, both from zero; their sum is added to the output, as TDPBF16PS.
enum class Order : int { kPairs = 0, kTiles = 1 };

constexpr std::size_t padded(std::size_t size, std::size_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}
constexpr std::size_t per_step(Format format) {
  return format == Format::kFloat32 ? 1 : format == Format::kBfloat16 ? 2 : 4;
}

/// One panel times some rows.
struct PanelProduct {
  Format format;
  const std::byte* x;  ///< rows as `prepare` writes them
  std::size_t x_stride;
  const float* x_scales;  ///< one a row, of kInt8
  std::size_t rows;       ///< 1 … row_block
  const std::byte* panel;
  std::size_t steps;  ///< 4-byte steps of an output: inputs / per_step(format)
  Order order = Order::kPairs;  ///< of kBfloat16
};

/// Attention of some queries of one sequence that share a key/value head. Query m is row m / share, head
/// m % share, at position first_position + m / share.
struct AttentionTask {
  Format format;
  const float* queries;     ///< of row 0, head 0
  std::size_t query_stride; ///< floats from row to row
  float* out;               ///< as queries
  std::size_t out_stride;
  std::size_t rows;
  std::size_t share;
  std::size_t head_dim;
  std::size_t first_position;
  std::size_t window;  ///< 0: all positions before
  float scale;
  const std::byte* cache;    ///< of this layer and head, block 0
  std::size_t block_stride;  ///< bytes from block to block
  const std::int32_t* blocks;
};

struct DecoderKernels {
  const char* name;
  /// Most rows that `product` takes at once.
  std::size_t row_block;
  /// Most queries that `attend` takes at once.
  std::size_t queries;
  /// Bytes of a step of one prepared row.
  std::size_t (*step_bytes)(Format format);

  /// out[i] = x[i] · weight[i] / sqrt(mean(x²) + eps)
  void (*norm)(const float* x, const float* weight, std::size_t n, float eps, float* out);
  /// A row as `product` reads it, zeros up to `steps`. Returns its scale (1 unless kInt8).
  float (*prepare)(Format format, const float* x, std::size_t n, std::size_t steps, std::byte* out);
  /// out[r · kPanel + o] for the outputs of a panel
  void (*product)(const PanelProduct& product, float* out);
  /// y[o] += Σ u[k] · panel[k][o] for the kPanel outputs of a panel [ranks][kPanel] of float32 or bfloat16
  void (*expand)(const float* u, std::size_t ranks, Format format, const std::byte* panel, float* y);
  /// x[i], x[i + half] turned by the angle i
  void (*rotate)(float* x, const float* cosines, const float* sines, std::size_t half);
  /// out = gate / (1 + e^−gate) · up
  void (*swiglu)(const float* gate, const float* up, std::size_t n, float* out);
  /// rows · share ≤ queries
  void (*attend)(const AttentionTask& task);
  /// What a thread calls after its part of a step: gives back registers that the set holds on it.
  void (*rest)();
};

/// The sets of this processor that may run there, slow to fast.
const DecoderKernels& kernels_for(const base::Dispatch& dispatch);

const DecoderKernels& scalar_kernels() noexcept;
#if defined(__x86_64__)
/// What each set asks for. Known beside the sets: a function that gives one may use its instructions, too, so it is
/// called only where there are all of these.
inline constexpr base::FeatureSet kAvx2Needs{base::Feature::kAvx2, base::Feature::kFma};
inline constexpr base::FeatureSet kAvx512Needs{base::Feature::kAvx512F, base::Feature::kAvx512Dq,
                                               base::Feature::kAvx512Vl, base::Feature::kAvx512Bw};
inline constexpr base::FeatureSet kAvx512Bf16Needs =
    kAvx512Needs | base::FeatureSet{base::Feature::kAvx512Bf16, base::Feature::kAvx512Vnni};
inline constexpr base::FeatureSet kAmxNeeds =
    kAvx512Bf16Needs | base::FeatureSet{base::Feature::kAmxTile, base::Feature::kAmxInt8, base::Feature::kAmxBf16};

const DecoderKernels& avx2_kernels() noexcept;
const DecoderKernels& avx512_kernels() noexcept;
const DecoderKernels& avx512_bf16_kernels() noexcept;
const DecoderKernels& amx_kernels() noexcept;
#endif

}  // namespace tensafe::decoder
