#include <cstdlib>

#include "error.hpp"
#include "kernels/kernels.hpp"

namespace tensafe::ckks {
namespace {

#if defined(__x86_64__)
// GCC's and Clang's probe reads CPUID and asks the operating system (XGETBV) for the register state.
bool runs_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool runs_ifma() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma");
}
#endif

[[noreturn]] void refuse(const std::string& message) {
  throw CkksError(ErrorCode::kUnsupportedPlatform, message);
}

KernelChoice by_name(const std::string& name, const std::string& who) {
  if (name == "scalar") return {&scalar_kernels(), "asked for by " + who};
#if defined(__x86_64__)
  if (name == "avx2") {
    if (!runs_avx2()) refuse("kernel avx2, asked for by " + who + ": this processor has no AVX2 and FMA");
    return {&avx2_kernels(), "asked for by " + who};
  }
  if (name == "avx512ifma") {
    if (!runs_ifma()) {
      refuse("kernel avx512ifma, asked for by " + who + ": this processor has no AVX-512 IFMA");
    }
    return {&avx512ifma_kernels(), "asked for by " + who};
  }
#endif
  refuse("kernel asked for by " + who + " is not one of scalar, avx2, avx512ifma");
}

}  // namespace

KernelChoice choose_kernels(const std::string& name) {
  if (!name.empty()) return by_name(name, "the caller");
  const char* forced = std::getenv(kKernelVariable);
  if (forced != nullptr && *forced != '\0') return by_name(forced, kKernelVariable);
#if defined(__x86_64__)
  if (runs_ifma()) return {&avx512ifma_kernels(), "the processor has AVX-512 F, DQ, VL and IFMA"};
  if (runs_avx2()) return {&avx2_kernels(), "the processor has AVX2 and FMA but no AVX-512 IFMA"};
  return {&scalar_kernels(), "the processor has neither AVX2 with FMA nor AVX-512 IFMA"};
#else
  return {&scalar_kernels(), "vector kernels exist for x86-64 only"};
#endif
}

}  // namespace tensafe::ckks
