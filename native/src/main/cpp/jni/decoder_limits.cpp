#include "base/dispatch.hpp"
#include "decoder/errors.hpp"
#include "decoder/measure/limits.hpp"
#include "jni/bridge.hpp"

// The binding of what a machine can do at most.

using namespace tensafe;
using namespace tensafe::jni;
using namespace tensafe::decoder;

#define TENSAFE_LIMITS(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_decoder_MachineLimits_##name

namespace {

std::size_t threads_of(jint threads) {
  require(threads >= 1 && threads <= 1024, ErrorCode::kInvalidArgument, "measure: 1 to 1024 threads are possible");
  return static_cast<std::size_t>(threads);
}

}  // namespace

TENSAFE_LIMITS(jdouble, readRate)(JNIEnv* env, jclass, jlong bytes, jint threads) {
  return guarded(env, [&] {
    require(bytes >= 1, ErrorCode::kInvalidArgument, "measure: no memory to read");
    return read_rate(static_cast<std::size_t>(bytes), threads_of(threads));
  });
}

TENSAFE_LIMITS(jdouble, multiplyAddRate)(JNIEnv* env, jclass, jint format, jint threads) {
  return guarded(env, [&] {
    require(format >= 0 && format <= 2, ErrorCode::kInvalidArgument, "measure: no such format");
    return multiply_add_rate(kernels_for(base::process_dispatch()), static_cast<Format>(format), threads_of(threads));
  });
}
