#include <string>

#include "base/dispatch.hpp"
#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/random/aes.hpp"
#include "decoder/kernels/decoder_kernels.hpp"
#include "decoder/select.hpp"
#include "jni/bridge.hpp"
#include "lora/low_rank_kernels.hpp"

// Which kernels this process runs: one choice for every part of the library.

using namespace tensafe;
using namespace tensafe::jni;

#define TENSAFE_LEVELS(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_KernelLevel_##name

TENSAFE_LEVELS(jstring, processLevel)(JNIEnv* env, jclass) {
  return guarded(env, [&] { return env->NewStringUTF(base::process_dispatch().level->name); });
}

TENSAFE_LEVELS(jstring, processDescription)(JNIEnv* env, jclass) {
  return guarded(env, [&] {
    const base::Dispatch& dispatch = base::process_dispatch();
    const std::string line = std::string("native kernels ") + dispatch.level->name + " (" + dispatch.reason +
                             "): decoder " + decoder::kernels_for(dispatch).name + ", logits " +
                             decoder::select_for(dispatch).name +
                             ", ckks " + ckks::kernels_for(dispatch).name + ", low-rank " +
                             lora::kernels_for(dispatch).name + ", AES-256-CTR " +
                             ckks::aes_implementation().name;
    return env->NewStringUTF(line.c_str());
  });
}
