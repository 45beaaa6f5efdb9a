#pragma once

#include <jni.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "error.hpp"
#include "scheme/ciphertext.hpp"
#include "scheme/encrypted_inputs.hpp"
#include "scheme/rerandomizer.hpp"
#include "scheme/slots.hpp"
#include "scheme/weights.hpp"

// What the two files of the binding share. A handle is the address of one of the structs below; each
// owns a share of everything it refers to, so that handles may be closed in any order.

namespace tensafe::ckks::binding {

using ContextHandle = std::shared_ptr<const Context>;

struct KeyHandle {
  explicit KeyHandle(const ContextHandle& c) : context(c), key(*context) {}

  ContextHandle context;
  SecretKey key;
};

struct PublicKeyHandle {
  ContextHandle context;
  std::shared_ptr<const PublicKey> key;
};

struct InputsHandle {
  ContextHandle context;
  EncryptedInputs inputs;
};

struct WeightsHandle {
  ContextHandle context;
  Weights weights;
};

struct RerandomizerHandle {
  RerandomizerHandle(const PublicKeyHandle& of, std::size_t capacity)
      : context(of.context), key(of.key), rerandomizer(*key, capacity) {}

  ContextHandle context;
  std::shared_ptr<const PublicKey> key;
  Rerandomizer rerandomizer;
};

struct PlaintextHandle {
  ContextHandle context;
  Plaintext plaintext;
};

struct CiphertextHandle {
  ContextHandle context;
  Ciphertext ciphertext;
};

template <typename T>
T& as(jlong address) {
  return *reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

template <typename T>
jlong address_of(T* object) {
  return static_cast<jlong>(reinterpret_cast<std::uintptr_t>(object));
}

/// A Java exception is already pending.
struct JavaException {};

void throw_java(JNIEnv* env, const CkksError& error);
void throw_out_of_memory(JNIEnv* env);

/// Runs a native method's body; C++ exceptions become Java's, and then 0 or null is returned.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
  using Result = decltype(body());
  try {
    return body();
  } catch (const CkksError& e) {
    throw_java(env, e);
  } catch (const JavaException&) {
  } catch (const std::bad_alloc&) {
    throw_out_of_memory(env);
  } catch (const std::exception& e) {
    throw_java(env, CkksError(ErrorCode::kInvalidArgument, e.what()));
  }
  if constexpr (!std::is_void_v<Result>) return Result{};
}

/// The address `offset` bytes into a direct buffer. Java has checked that what is needed fits.
std::uint8_t* direct(JNIEnv* env, jobject buffer, jlong offset);

inline std::span<const std::uint8_t> message(JNIEnv* env, jobject buffer, jlong offset, jlong length) {
  return {direct(env, buffer, offset), static_cast<std::size_t>(length)};
}

Seed seed_from(JNIEnv* env, jbyteArray bytes);
std::string string_from(JNIEnv* env, jstring text);

}  // namespace tensafe::ckks::binding

#define TENSAFE_NATIVE(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_ckks_CkksNative_##name
