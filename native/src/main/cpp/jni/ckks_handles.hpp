#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ckks/scheme/ciphertext.hpp"
#include "ckks/scheme/encrypted_inputs.hpp"
#include "ckks/scheme/group_codec.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/scheme/slots.hpp"
#include "ckks/scheme/weights.hpp"
#include "jni/bridge.hpp"

// What the files that bind `ckks` share. A handle is the address of one of the structs below; each owns a
// share of everything it refers to, so that handles may be closed in any order.

namespace tensafe::jni {

using namespace tensafe::ckks;

using ContextHandle = std::shared_ptr<const Context>;

struct HalvesHandle {
  ContextHandle context;
  std::shared_ptr<const PublicHalves> halves;
};

struct KeyHandle {
  KeyHandle(const ContextHandle& c, SecretKind kind, const Seed& seed) : context(c), key(*context, kind, seed) {}

  ContextHandle context;
  SecretKey key;
};

struct PublicKeyHandle {
  HalvesHandle halves;
  PublicKey key;
};

struct CodecHandle {
  CodecHandle(const ContextHandle& c, const CodecValues& values) : context(c), codec(*context, values) {}

  ContextHandle context;
  GroupCodec codec;
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
  RerandomizerHandle(const HalvesHandle& of, std::size_t capacity)
      : halves(of), rerandomizer(*halves.halves, capacity) {}

  HalvesHandle halves;
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

std::vector<double> doubles_from(JNIEnv* env, jdoubleArray array);
std::vector<std::int32_t> ints_from(JNIEnv* env, jintArray array);
std::vector<std::int64_t> longs_from(JNIEnv* env, jlongArray array);

// Notes and verdicts are plain numbers to Java.
std::vector<TokenNote> notes_from(JNIEnv* env, jdoubleArray array, std::size_t tokens);
void notes_to(JNIEnv* env, const std::vector<TokenNote>& notes, jdoubleArray array);
void verdicts_to(JNIEnv* env, const std::vector<Verdict>& verdicts, jdoubleArray array);

}  // namespace tensafe::jni

#define TENSAFE_CKKS(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_ckks_CkksNative_##name
