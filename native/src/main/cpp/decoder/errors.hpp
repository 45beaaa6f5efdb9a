#pragma once

#include "base/errors.hpp"

namespace tensafe::decoder {

/// What went wrong, in the order of the Java enum DecoderException.Reason (the binding passes the ordinal).
enum class ErrorCode : int {
  kInvalidArgument = 0,  ///< a shape, tensor or size that does not fit
  kInvalidStep = 1,      ///< a step's description that points outside of what it may use
  kIncomplete = 2,       ///< weights or cache are missing
  kNoMemory = 3,         ///< the system has no room for weights, cache or a step
};

using DecoderError = base::CodedError<ErrorCode>;
using base::require;

}  // namespace tensafe::decoder
