#pragma once

#include "base/errors.hpp"

namespace tensafe::ckks {

/// What went wrong, in the order of the Java enum CkksException.Reason (the binding passes the ordinal).
enum class ErrorCode : int {
  kInvalidParameters = 0,    ///< ring, modulus or packing outside what is allowed
  kInvalidArgument = 1,      ///< shapes or values that do not fit together
  kMalformedMessage = 2,     ///< bytes that are not a message of this library
  kUnsupportedPlatform = 3,  ///< an operating system service is missing
  kNotFinite = 4,            ///< an input number is NaN or infinite
};

using CkksError = base::CodedError<ErrorCode>;
using base::require;

}  // namespace tensafe::ckks
