#include "decoder/select.hpp"
#include "jni/bridge.hpp"

// The binding of what is asked of a row of logits. Java has checked sizes and every buffer's room.

using namespace tensafe::jni;
using namespace tensafe::decoder;

#define TENSAFE_LOGITS(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_logits_LogitsNative_##name

namespace {

template <typename T>
std::span<T> elements(JNIEnv* env, jobject buffer, jint count) {
  return {reinterpret_cast<T*>(direct(env, buffer, 0)), static_cast<std::size_t>(count)};
}

}  // namespace

TENSAFE_LOGITS(jstring, kernel)(JNIEnv* env, jclass) {
  return guarded(env, [&] { return env->NewStringUTF(select().name); });
}

TENSAFE_LOGITS(jint, mostLikely)(JNIEnv* env, jclass, jobject row, jint size) {
  return guarded(env, [&] { return static_cast<jint>(most_likely(select(), elements<const float>(env, row, size))); });
}

TENSAFE_LOGITS(jint, best)(JNIEnv* env, jclass, jobject row, jint size, jint count, jobject ids, jint room) {
  return guarded(env, [&] {
    return static_cast<jint>(best(select(), elements<const float>(env, row, size), static_cast<std::size_t>(count),
                                  elements<std::int32_t>(env, ids, room)));
  });
}

TENSAFE_LOGITS(jint, above)(JNIEnv* env, jclass, jobject row, jint size, jfloat threshold, jobject ids,
                            jint room) {
  return guarded(env, [&] {
    return static_cast<jint>(above(select(), elements<const float>(env, row, size), threshold,
                                   elements<std::int32_t>(env, ids, room)));
  });
}

TENSAFE_LOGITS(void, weigh)(JNIEnv* env, jclass, jobject row, jint size, jfloat max, jdouble scale,
                            jobject sums) {
  guarded(env, [&] {
    select().weigh(elements<const float>(env, row, size).data(), static_cast<std::size_t>(size), max, scale,
                   reinterpret_cast<double*>(direct(env, sums, 0)));
  });
}
