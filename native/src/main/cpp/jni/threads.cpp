#include "base/threads.hpp"

#include <jni.h>

extern "C" JNIEXPORT jboolean JNICALL Java_dev_tensafe_nativelib_IdlePriority_schedIdle(JNIEnv*, jclass) {
  return tensafe::base::run_when_idle() ? JNI_TRUE : JNI_FALSE;
}

extern "C" JNIEXPORT jboolean JNICALL Java_dev_tensafe_nativelib_LowPriority_lower(JNIEnv*, jclass) {
  return tensafe::base::lower_priority() ? JNI_TRUE : JNI_FALSE;
}
