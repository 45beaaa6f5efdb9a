#include "jni/bridge.hpp"

#include "ckks/errors.hpp"
#include "decoder/errors.hpp"
#include "lora/errors.hpp"

namespace tensafe::jni {
namespace {

void throw_coded(JNIEnv* env, const char* type_name, int ordinal, const char* message) {
  jclass type = env->FindClass(type_name);
  if (type == nullptr) return;
  jmethodID constructor = env->GetMethodID(type, "<init>", "(ILjava/lang/String;)V");
  if (constructor == nullptr) return;
  jstring text = env->NewStringUTF(message);
  if (text == nullptr) return;
  jobject exception = env->NewObject(type, constructor, static_cast<jint>(ordinal), text);
  if (exception != nullptr) env->Throw(static_cast<jthrowable>(exception));
}

/// Whether the error is one of this part's; if so, it is thrown.
template <typename Code>
bool thrown_as(JNIEnv* env, const base::Error& error, const char* type_name) {
  const auto* coded = dynamic_cast<const base::CodedError<Code>*>(&error);
  if (coded == nullptr) return false;
  throw_coded(env, type_name, static_cast<int>(coded->code()), coded->what());
  return true;
}

}  // namespace

void throw_java(JNIEnv* env, const base::Error& error) {
  if (thrown_as<ckks::ErrorCode>(env, error, "dev/tensafe/nativelib/ckks/CkksException")) return;
  if (thrown_as<lora::ErrorCode>(env, error, "dev/tensafe/nativelib/lora/LowRankException")) return;
  if (thrown_as<decoder::ErrorCode>(env, error, "dev/tensafe/nativelib/decoder/DecoderException")) return;
  constexpr char kOwn[] = "dev/tensafe/nativelib/NativeException";
  if (thrown_as<base::ErrorCode>(env, error, kOwn)) return;
  throw_coded(env, kOwn, static_cast<int>(base::ErrorCode::kInternal), error.what());
}

void throw_out_of_memory(JNIEnv* env) {
  jclass type = env->FindClass("java/lang/OutOfMemoryError");
  if (type != nullptr) env->ThrowNew(type, "memory outside the heap");
}

std::uint8_t* direct(JNIEnv* env, jobject buffer, jlong offset) {
  auto* start = static_cast<std::uint8_t*>(env->GetDirectBufferAddress(buffer));
  base::require(start != nullptr, base::ErrorCode::kInvalidArgument, "buffer: not a direct one");
  return start + offset;
}

std::string string_from(JNIEnv* env, jstring text) {
  const char* chars = env->GetStringUTFChars(text, nullptr);
  if (chars == nullptr) throw JavaException{};
  std::string result(chars);
  env->ReleaseStringUTFChars(text, chars);
  return result;
}

}  // namespace tensafe::jni
