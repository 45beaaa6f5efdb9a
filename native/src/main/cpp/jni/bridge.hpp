#pragma once

#include <jni.h>

#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "base/errors.hpp"

// What every file of the binding needs: addresses as Java's longs, direct buffers, errors.

namespace tensafe::jni {

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

/// Throws the Java exception of the part that the error comes from.
void throw_java(JNIEnv* env, const base::Error& error);
void throw_out_of_memory(JNIEnv* env);

/// Runs a native method's body; C++ exceptions become Java's, and then 0 or null is returned.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
  using Result = decltype(body());
  try {
    return body();
  } catch (const base::Error& e) {
    throw_java(env, e);
  } catch (const JavaException&) {
  } catch (const std::bad_alloc&) {
    throw_out_of_memory(env);
  } catch (const std::exception& e) {
    throw_java(env, base::BaseError(base::ErrorCode::kInternal, e.what()));
  }
  if constexpr (!std::is_void_v<Result>) return Result{};
}

/// The address `offset` bytes into a direct buffer. Java has checked that what is needed fits.
std::uint8_t* direct(JNIEnv* env, jobject buffer, jlong offset);

inline std::span<const std::uint8_t> message(JNIEnv* env, jobject buffer, jlong offset, jlong length) {
  return {direct(env, buffer, offset), static_cast<std::size_t>(length)};
}

std::string string_from(JNIEnv* env, jstring text);

}  // namespace tensafe::jni
