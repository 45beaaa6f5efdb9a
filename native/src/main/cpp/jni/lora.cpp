#include <algorithm>

#include "jni/bridge.hpp"
#include "lora/adapter.hpp"
#include "lora/low_rank_kernels.hpp"

// The binding of low-rank adapters. Java has checked every index and every buffer's room.

using namespace tensafe::jni;
using namespace tensafe::lora;

#define TENSAFE_LORA(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_lora_LoraNative_##name

namespace {

template <typename T>
T* direct_as(JNIEnv* env, jobject buffer) {
  return reinterpret_cast<T*>(direct(env, buffer, 0));
}

/// The rows of a step by adapter: segment s is rows[starts[s] … starts[s + 1]).
template <typename Body>
void each_segment(JNIEnv* env, jlongArray adapters, jobject starts, jobject rows, Body body) {
  const jsize count = env->GetArrayLength(adapters);
  const auto* start = direct_as<const std::int32_t>(env, starts);
  const auto* row = direct_as<const std::int32_t>(env, rows);
  jlong address[64];
  for (jsize from = 0; from < count; from += 64) {
    const jsize some = std::min<jsize>(64, count - from);
    env->GetLongArrayRegion(adapters, from, some, address);
    for (jsize i = 0; i < some; ++i) {
      const std::int32_t first = start[from + i];
      body(as<const Adapter>(address[i]), static_cast<std::size_t>(first), row + first,
           static_cast<std::size_t>(start[from + i + 1] - first));
    }
  }
}

}  // namespace

TENSAFE_LORA(jstring, kernel)(JNIEnv* env, jclass) {
  return guarded(env, [&] { return env->NewStringUTF(kernels().name); });
}

TENSAFE_LORA(jlong, adapterOpen)(JNIEnv* env, jclass, jint slots) {
  return guarded(env, [&] { return address_of(new Adapter(static_cast<std::size_t>(slots))); });
}

TENSAFE_LORA(void, adapterFree)(JNIEnv*, jclass, jlong adapter) { delete &as<Adapter>(adapter); }

TENSAFE_LORA(void, adapterAdd)(JNIEnv* env, jclass, jlong adapter, jint slot, jint in, jint out, jint rank,
                               jfloat scaling, jint storage) {
  guarded(env, [&] {
    as<Adapter>(adapter).add(static_cast<std::size_t>(slot), static_cast<std::size_t>(in),
                             static_cast<std::size_t>(out), static_cast<std::size_t>(rank), scaling,
                             static_cast<Storage>(storage));
  });
}

TENSAFE_LORA(void, adapterPut)(JNIEnv* env, jclass, jlong adapter, jint slot, jint side, jint source,
                               jlong first, jobject elements, jint count) {
  guarded(env, [&] {
    as<Adapter>(adapter)
        .module(static_cast<std::size_t>(slot))
        .put(static_cast<Side>(side), static_cast<Source>(source), static_cast<std::size_t>(first),
             direct(env, elements, 0), static_cast<std::size_t>(count));
  });
}

TENSAFE_LORA(jlong, adapterBytes)(JNIEnv*, jclass, jlong adapter) {
  return static_cast<jlong>(as<Adapter>(adapter).bytes());
}

TENSAFE_LORA(void, shrink)(JNIEnv* env, jclass, jlongArray adapters, jobject starts, jobject rows,
                           jint first_slot, jint slots, jobject x, jobject u, jint rank_stride,
                           jint total_rows) {
  guarded(env, [&] {
    const auto* input = direct_as<const float>(env, x);
    auto* output = direct_as<float>(env, u);
    const auto stride = static_cast<std::size_t>(rank_stride);
    each_segment(env, adapters, starts, rows,
                 [&](const Adapter& adapter, std::size_t first, const std::int32_t* row, std::size_t count) {
                   for (jint s = 0; s < slots; ++s) {
                     const Module* module = adapter.find(static_cast<std::size_t>(first_slot + s));
                     if (module == nullptr) continue;
                     float* target =
                         output + (static_cast<std::size_t>(s) * static_cast<std::size_t>(total_rows) + first) * stride;
                     kernels().shrink(*module, 0, panels(module->rank, kRankPanel), input, row, count, target, stride);
                   }
                 });
  });
}

TENSAFE_LORA(void, expand)(JNIEnv* env, jclass, jlongArray adapters, jobject starts, jobject rows, jint slot,
                           jint index, jobject u, jint rank_stride, jint total_rows, jobject y) {
  guarded(env, [&] {
    const auto* input = direct_as<const float>(env, u);
    auto* output = direct_as<float>(env, y);
    const auto stride = static_cast<std::size_t>(rank_stride);
    each_segment(env, adapters, starts, rows,
                 [&](const Adapter& adapter, std::size_t first, const std::int32_t* row, std::size_t count) {
                   const Module* module = adapter.find(static_cast<std::size_t>(slot));
                   if (module == nullptr) return;
                   const float* source =
                       input + (static_cast<std::size_t>(index) * static_cast<std::size_t>(total_rows) + first) * stride;
                   kernels().expand(*module, source, stride, row, count, output);
                 });
  });
}
