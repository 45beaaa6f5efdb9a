#pragma once

#include "ckks/context/context.hpp"
#include "ckks/scheme/pads.hpp"

namespace tensafe::ckks {

/// Median CPU seconds of each stage of pads for one group, on the calling thread.
struct PadTimes {
  double block;    ///< the adapter host's half of a block and its message
  double pads;     ///< the model host's half of one lane
  double noise;    ///< the adapter host's half of one lane
  double encrypt;  ///< per token of a message of `tokens` tokens
  double answer;   ///< per token
  double decrypt;  ///< per token, judged and dithered
};

/// Times `repetitions` lanes of random inputs whose messages have `tokens` tokens each, a divisor of T.
PadTimes measure_pads(const Context& context, const PadShape& shape, std::size_t tokens, int repetitions);

}  // namespace tensafe::ckks
