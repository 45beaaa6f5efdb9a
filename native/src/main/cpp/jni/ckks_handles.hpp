#pragma once

#include <cstddef>
#include <memory>

#include "ckks/scheme/ciphertext.hpp"
#include "ckks/scheme/encrypted_inputs.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/scheme/slots.hpp"
#include "ckks/scheme/weights.hpp"
#include "jni/bridge.hpp"

// What the files that bind `ckks` share. A handle is the address of one of the structs below; each owns a
// share of everything it refers to, so that handles may be closed in any order.

namespace tensafe::jni {

using namespace tensafe::ckks;

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

Seed seed_from(JNIEnv* env, jbyteArray bytes);

}  // namespace tensafe::jni

#define TENSAFE_CKKS(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_ckks_CkksNative_##name
