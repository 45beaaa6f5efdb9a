#pragma once

#include <stdexcept>
#include <string>

namespace tensafe::base {

/// Base of every exception that this library throws on purpose. `what()` never holds key material,
/// plaintext or weights.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An error of one part of the library, with that part's codes.
template <typename Code>
class CodedError final : public Error {
 public:
  CodedError(Code code, const std::string& message) : Error(message), code_(code) {}
  Code code() const noexcept { return code_; }

 private:
  Code code_;
};

/// Throws unless `condition` holds.
template <typename Code>
inline void require(bool condition, Code code, const char* message) {
  if (!condition) throw CodedError<Code>(code, message);
}

/// What any part may meet, in the order of the Java enum NativeException.Reason (the binding passes the
/// ordinal).
enum class ErrorCode : int {
  kInvalidArgument = 0,     ///< an argument that the binding cannot pass on
  kUnsupportedKernels = 1,  ///< kernels were asked for that do not exist or cannot run here
  kInternal = 2,            ///< an exception that nobody foresaw
};

using BaseError = CodedError<ErrorCode>;

}  // namespace tensafe::base
