#pragma once

#include <stdexcept>
#include <string>

namespace tensafe::ckks {

/// What went wrong, in the order of the Java enum CkksException.Code (the binding passes the ordinal).
enum class ErrorCode : int {
  kInvalidParameters = 0,   ///< ring, modulus or packing outside what is allowed
  kInvalidArgument = 1,     ///< shapes or values that do not fit together
  kMalformedMessage = 2,    ///< bytes that are not a message of this library
  kUnsupportedPlatform = 3, ///< a kernel or an operating system service is missing
  kNotFinite = 4,           ///< an input number is NaN or infinite
};

/// The one exception of this library; `what()` never holds key material or plaintext.
class CkksError : public std::runtime_error {
 public:
  CkksError(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

inline void require(bool condition, ErrorCode code, const char* message) {
  if (!condition) throw CkksError(code, message);
}

}  // namespace tensafe::ckks
