#include "base/dispatch.hpp"
#include "ckks/errors.hpp"
#include "ckks/measure/primitives.hpp"
#include "ckks/measure/product.hpp"
#include "jni/ckks_handles.hpp"

namespace tensafe::jni {

Seed seed_from(JNIEnv* env, jbyteArray bytes) {
  Seed seed;
  require(env->GetArrayLength(bytes) == static_cast<jsize>(seed.size()), ErrorCode::kInvalidArgument,
          "seed: not of 32 bytes");
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(seed.size()), reinterpret_cast<jbyte*>(seed.data()));
  return seed;
}

std::vector<double> doubles_from(JNIEnv* env, jdoubleArray array) {
  std::vector<double> values(static_cast<std::size_t>(env->GetArrayLength(array)));
  env->GetDoubleArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
  return values;
}

std::vector<std::int32_t> ints_from(JNIEnv* env, jintArray array) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(env->GetArrayLength(array)));
  env->GetIntArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
  return values;
}

std::vector<std::int64_t> longs_from(JNIEnv* env, jlongArray array) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(env->GetArrayLength(array)));
  env->GetLongArrayRegion(array, 0, static_cast<jsize>(values.size()), reinterpret_cast<jlong*>(values.data()));
  return values;
}

std::vector<TokenNote> notes_from(JNIEnv* env, jdoubleArray array, std::size_t tokens) {
  std::vector<TokenNote> notes(tokens);
  env->GetDoubleArrayRegion(array, 0, static_cast<jsize>(tokens * kNoteNumbers),
                            reinterpret_cast<jdouble*>(notes.data()));
  return notes;
}

void notes_to(JNIEnv* env, const std::vector<TokenNote>& notes, jdoubleArray array) {
  env->SetDoubleArrayRegion(array, 0, static_cast<jsize>(notes.size() * kNoteNumbers),
                            reinterpret_cast<const jdouble*>(notes.data()));
}

void verdicts_to(JNIEnv* env, const std::vector<Verdict>& verdicts, jdoubleArray array) {
  env->SetDoubleArrayRegion(array, 0, static_cast<jsize>(verdicts.size() * kVerdictNumbers),
                            reinterpret_cast<const jdouble*>(verdicts.data()));
}

}  // namespace tensafe::jni

using namespace tensafe;
using namespace tensafe::jni;

TENSAFE_CKKS(jlong, contextOpen)(JNIEnv* env, jclass, jint degree, jlongArray moduli, jstring level) {
  return guarded(env, [&] {
    const std::string name = string_from(env, level);
    const base::Dispatch dispatch =
        name.empty() ? base::process_dispatch()
                     : base::dispatch_for(base::cpu_features(), name, "the level of the context's kernels");
    Parameters parameters{static_cast<std::size_t>(degree), {}};
    const jsize count = env->GetArrayLength(moduli);
    require(count >= 1 && count <= static_cast<jsize>(kMaxLimbs), ErrorCode::kInvalidParameters,
            "1 or 2 moduli are possible");
    jlong values[kMaxLimbs];
    env->GetLongArrayRegion(moduli, 0, count, values);
    for (jsize i = 0; i < count; ++i) parameters.moduli.push_back(static_cast<std::uint64_t>(values[i]));
    return address_of(new ContextHandle(
        std::make_shared<const Context>(std::move(parameters), dispatch)));
  });
}

TENSAFE_CKKS(void, contextFree)(JNIEnv*, jclass, jlong context) { delete &as<ContextHandle>(context); }

TENSAFE_CKKS(jstring, contextKernel)(JNIEnv* env, jclass, jlong context) {
  return env->NewStringUTF(as<ContextHandle>(context)->kernels().name);
}

TENSAFE_CKKS(jdouble, contextMeasure)(JNIEnv* env, jclass, jlong context, jint primitive,
                                      jint repetitions) {
  return guarded(env, [&] {
    return measure(*as<ContextHandle>(context), static_cast<Primitive>(primitive), repetitions);
  });
}

TENSAFE_CKKS(jdoubleArray, contextMeasureProduct)(JNIEnv* env, jclass, jlong context, jint tokens,
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
