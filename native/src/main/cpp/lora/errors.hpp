#pragma once

#include "base/errors.hpp"

namespace tensafe::lora {

/// What went wrong, in the order of the Java enum LowRankException.Reason (the binding passes the ordinal).
enum class ErrorCode : int {
  kInvalidArgument = 0,  ///< shapes, slots or element types that do not fit together
};

using LoraError = base::CodedError<ErrorCode>;
using base::require;

}  // namespace tensafe::lora
