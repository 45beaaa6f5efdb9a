#include <jni.h>
#include <sched.h>

// Scheduling of the calling thread.

extern "C" JNIEXPORT jboolean JNICALL Java_dev_tensafe_nativelib_IdlePriority_schedIdle(JNIEnv*, jclass) {
  const sched_param parameters{};
  return sched_setscheduler(0, SCHED_IDLE, &parameters) == 0 ? JNI_TRUE : JNI_FALSE;
}
