#pragma once

#include <vector>

#include "check.hpp"
#include "ckks/kernels/ring_kernels.hpp"

namespace tensafe::ckks {

const RingKernels& emulated_avx512ifma_kernels();

}  // namespace tensafe::ckks

namespace tensafe::ckks::test {

using namespace ::tensafe::test;

/// The kernel sets that this machine runs, and the emulated one.
inline std::vector<const RingKernels*> runnable_kernels() {
  std::vector<const RingKernels*> kernels{&emulated_avx512ifma_kernels()};
  for (const base::Dispatch& level : runnable_levels()) kernels.push_back(&kernels_for(level));
  return kernels;
}

}  // namespace tensafe::ckks::test
