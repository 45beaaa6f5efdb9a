#pragma once

#include <cstddef>

#include "decoder/kernels/decoder_kernels.hpp"

// What this machine can do at most, for benchmarks to compare a step with. Others' load only ever takes
// from it, so the best of several passes counts.

namespace tensafe::decoder {

/// Bytes a second that threads read together, each a part of `bytes` of memory in huge pages. Throws
/// kInvalidArgument for less than two cache lines a thread, kNoMemory.
double read_rate(std::size_t bytes, std::size_t threads);

/// Multiply-adds a second of threads that each multiply as many rows as `product` takes with a panel that
/// stays in their second cache.
double multiply_add_rate(const DecoderKernels& kernels, Format format, std::size_t threads);

}  // namespace tensafe::decoder
