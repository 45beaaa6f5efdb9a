#include "jni/bridge.hpp"

#include "measure/primitives.hpp"
#include "measure/product.hpp"

namespace tensafe::ckks::binding {

void throw_java(JNIEnv* env, const CkksError& error) {
  jclass type = env->FindClass("dev/tensafe/nativelib/ckks/CkksException");
  if (type == nullptr) return;
  jmethodID constructor = env->GetMethodID(type, "<init>", "(ILjava/lang/String;)V");
  if (constructor == nullptr) return;
  jstring text = env->NewStringUTF(error.what());
  if (text == nullptr) return;
  jobject exception = env->NewObject(type, constructor, static_cast<jint>(error.code()), text);
  if (exception != nullptr) env->Throw(static_cast<jthrowable>(exception));
}

void throw_out_of_memory(JNIEnv* env) {
  jclass type = env->FindClass("java/lang/OutOfMemoryError");
  if (type != nullptr) env->ThrowNew(type, "native memory for CKKS");
}

std::uint8_t* direct(JNIEnv* env, jobject buffer, jlong offset) {
  auto* start = static_cast<std::uint8_t*>(env->GetDirectBufferAddress(buffer));
  require(start != nullptr, ErrorCode::kInvalidArgument, "buffer: not a direct one");
  return start + offset;
}

Seed seed_from(JNIEnv* env, jbyteArray bytes) {
  Seed seed;
  require(env->GetArrayLength(bytes) == static_cast<jsize>(seed.size()), ErrorCode::kInvalidArgument,
          "seed: not of 32 bytes");
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(seed.size()), reinterpret_cast<jbyte*>(seed.data()));
  return seed;
}

std::string string_from(JNIEnv* env, jstring text) {
  const char* chars = env->GetStringUTFChars(text, nullptr);
  if (chars == nullptr) throw JavaException{};
  std::string result(chars);
  env->ReleaseStringUTFChars(text, chars);
  return result;
}

}  // namespace tensafe::ckks::binding

using namespace tensafe::ckks;
using namespace tensafe::ckks::binding;

TENSAFE_NATIVE(jlong, contextOpen)(JNIEnv* env, jclass, jint degree, jlongArray moduli, jstring kernel) {
  return guarded(env, [&] {
    Parameters parameters{static_cast<std::size_t>(degree), {}};
    const jsize count = env->GetArrayLength(moduli);
    require(count >= 1 && count <= static_cast<jsize>(kMaxLimbs), ErrorCode::kInvalidParameters,
            "1 or 2 moduli are possible");
    jlong values[kMaxLimbs];
    env->GetLongArrayRegion(moduli, 0, count, values);
    for (jsize i = 0; i < count; ++i) parameters.moduli.push_back(static_cast<std::uint64_t>(values[i]));
    return address_of(new ContextHandle(
        std::make_shared<const Context>(std::move(parameters), string_from(env, kernel))));
  });
}

TENSAFE_NATIVE(void, contextFree)(JNIEnv*, jclass, jlong context) { delete &as<ContextHandle>(context); }

TENSAFE_NATIVE(jstring, contextKernel)(JNIEnv* env, jclass, jlong context) {
  return env->NewStringUTF(as<ContextHandle>(context)->kernels().name);
}

TENSAFE_NATIVE(jstring, contextKernelReason)(JNIEnv* env, jclass, jlong context) {
  return env->NewStringUTF(as<ContextHandle>(context)->kernel_reason().c_str());
}

TENSAFE_NATIVE(jstring, contextGenerator)(JNIEnv* env, jclass) {
  return env->NewStringUTF(aes_implementation().name);
}

TENSAFE_NATIVE(jdouble, contextMeasure)(JNIEnv* env, jclass, jlong context, jint primitive,
                                        jint repetitions) {
  return guarded(env, [&] {
    return measure(*as<ContextHandle>(context), static_cast<Primitive>(primitive), repetitions);
  });
}

TENSAFE_NATIVE(jdoubleArray, contextMeasureProduct)(JNIEnv* env, jclass, jlong context, jint tokens,
                                                    jint columns, jint rows, jint packed_tokens,
                                                    jint packed_outputs, jint repetitions) {
  return guarded(env, [&] {
    require(tokens > 0 && columns > 0 && rows > 0, ErrorCode::kInvalidArgument,
            "measure: sizes must be positive");
    const ProductTimes times = measure_product(
        *as<ContextHandle>(context), static_cast<std::size_t>(tokens), static_cast<std::size_t>(columns),
        static_cast<std::size_t>(rows),
        {static_cast<std::size_t>(packed_tokens), static_cast<std::size_t>(packed_outputs)}, repetitions);
    const jdouble values[5] = {times.refill, times.encrypt, times.receive, times.evaluate, times.decrypt};
    jdoubleArray result = env->NewDoubleArray(5);
    if (result != nullptr) env->SetDoubleArrayRegion(result, 0, 5, values);
    return result;
  });
}
