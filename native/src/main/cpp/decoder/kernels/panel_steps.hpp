#pragma once

#include <cstddef>

#include "decoder/kernels/decoder_kernels.hpp"

// How products go through a panel of weights.

namespace tensafe::decoder {

/// Bytes of one step of all outputs.
inline constexpr std::size_t kStepBytes = 4 * kPanel;

/// Bytes from a step to where the processor should be reading already.
inline constexpr std::size_t kAhead = 2048;

/// Steps that the chains of order "tiles" go over: 32 inputs.
inline constexpr std::size_t kTileSteps = 16;

}  // namespace tensafe::decoder
