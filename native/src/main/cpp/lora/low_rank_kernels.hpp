#pragma once

#include <cstddef>
#include <cstdint>

#include "lora/adapter.hpp"

// Segmented gather products (after Chen et al., "Punica", MLSys 2024, section 4, there for GPUs): the rows
// of one adapter are read through a list of indices, and its weights once for every few rows. A row's
// result is the same whatever rows are computed beside it, and whatever set computes it. A·x is four chains of
// fused multiply-adds, of the inputs 0, 4, 8, …, of 1, 5, 9, … and so on up to the last multiple of four; what is
// left goes to the first chain; then (s0 + s1) + (s2 + s3). B·u is one chain over the ranks.

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::lora {

struct LowRankKernels {
  const char* name;
  /// u[i][k] = scaling · A·x[rows[i]], i < count, for the ranks of panels [first, last); u has `rank_stride`
  /// floats a row.
  void (*shrink)(const Module& module, std::size_t first, std::size_t last, const float* x,
                 const std::int32_t* rows, std::size_t count, float* u, std::size_t rank_stride);
  /// y[rows[i]] += B·u[i]
  void (*expand)(const Module& module, const float* u, std::size_t rank_stride, const std::int32_t* rows,
                 std::size_t count, float* y);
};

const LowRankKernels& scalar_kernels();
#if defined(__x86_64__)
const LowRankKernels& avx2_kernels();
#endif

/// The fastest set that may run there.
const LowRankKernels& kernels_for(const base::Dispatch& dispatch);
/// The set of this process.
const LowRankKernels& kernels();

}  // namespace tensafe::lora
