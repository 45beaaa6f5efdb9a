#pragma once

#include <cstddef>
#include <cstdint>

#include "lora/adapter.hpp"

// Segmented gather products (after Chen et al., "Punica", MLSys 2024, section 4, there for GPUs): the rows
// of one adapter are read through a list of indices, and its weights once for every few rows. A row's
// result is the same whatever rows are computed beside it: sums are always split the same way.

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::lora {

struct LowRankKernels {
  const char* name;
  /// u[i][0 … padded_rank) = scaling · A·x[rows[i]], i < count; u has `rank_stride` floats a row.
  void (*shrink)(const Module& module, const float* x, const std::int32_t* rows, std::size_t count, float* u,
                 std::size_t rank_stride);
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
