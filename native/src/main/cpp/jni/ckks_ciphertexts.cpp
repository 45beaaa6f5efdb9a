#include <complex>
#include <vector>

#include "ckks/wire/message.hpp"
#include "jni/ckks_handles.hpp"

using namespace tensafe::jni;

namespace {

jlong wrap(const ContextHandle& context, Ciphertext ciphertext) {
  return address_of(new CiphertextHandle{context, std::move(ciphertext)});
}

jlongArray longs(JNIEnv* env, const std::uint64_t* values, std::size_t count) {
  jlongArray result = env->NewLongArray(static_cast<jsize>(count));
  if (result == nullptr) throw JavaException{};
  env->SetLongArrayRegion(result, 0, static_cast<jsize>(count), reinterpret_cast<const jlong*>(values));
  return result;
}

}  // namespace

TENSAFE_CKKS(jlong, plaintextOpen)(JNIEnv* env, jclass, jlong context, jint limbs,
                                   jlongArray coefficients) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    AlignedArray<std::int64_t, true> values(handle->degree());
    env->GetLongArrayRegion(coefficients, 0, static_cast<jsize>(handle->degree()),
                            reinterpret_cast<jlong*>(values.data()));
    return address_of(new PlaintextHandle{
        handle, Plaintext(*handle, static_cast<std::size_t>(limbs), values.data())});
  });
}

TENSAFE_CKKS(void, plaintextFree)(JNIEnv*, jclass, jlong plaintext) {
  delete &as<PlaintextHandle>(plaintext);
}

TENSAFE_CKKS(jlong, ciphertextEncrypt)(JNIEnv* env, jclass, jlong key, jlong masks, jlong id,
                                       jlong plaintext) {
  return guarded(env, [&] {
    const KeyHandle& secret = as<KeyHandle>(key);
    return wrap(secret.context, Ciphertext::encrypt(secret.key, as<MaskExpander>(masks), static_cast<std::uint64_t>(id),
                                                    as<PlaintextHandle>(plaintext).plaintext));
  });
}

TENSAFE_CKKS(jlong, ciphertextEncryptZero)(JNIEnv* env, jclass, jlong key) {
  return guarded(env, [&] {
    const PublicKeyHandle& handle = as<PublicKeyHandle>(key);
    RandomSource random;
    return wrap(handle.halves.context, Ciphertext::encrypt_zero(handle.key, random));
  });
}

TENSAFE_CKKS(jlong, ciphertextRead)(JNIEnv* env, jclass, jlong context, jobject in, jlong offset,
                                    jlong length) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    return wrap(handle, Ciphertext::read(*handle, message(env, in, offset, length)));
  });
}

TENSAFE_CKKS(jlong, ciphertextReadSeeded)(JNIEnv* env, jclass, jlong context, jlong masks, jobject in,
                                          jlong offset, jlong length) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    return wrap(handle, Ciphertext::read_seeded(*handle, as<MaskExpander>(masks),
                                                message(env, in, offset, length)));
  });
}

TENSAFE_CKKS(void, ciphertextFree)(JNIEnv*, jclass, jlong ciphertext) {
  delete &as<CiphertextHandle>(ciphertext);
}

TENSAFE_CKKS(jint, ciphertextLimbs)(JNIEnv*, jclass, jlong ciphertext) {
  return static_cast<jint>(as<CiphertextHandle>(ciphertext).ciphertext.limbs());
}

TENSAFE_CKKS(jlong, ciphertextAdd)(JNIEnv* env, jclass, jlong a, jlong b) {
  return guarded(env, [&] {
    const CiphertextHandle& left = as<CiphertextHandle>(a);
    return wrap(left.context, left.ciphertext.add(as<CiphertextHandle>(b).ciphertext));
  });
}

TENSAFE_CKKS(jlong, ciphertextMultiply)(JNIEnv* env, jclass, jlong ciphertext, jlong plaintext) {
  return guarded(env, [&] {
    const CiphertextHandle& handle = as<CiphertextHandle>(ciphertext);
    return wrap(handle.context, handle.ciphertext.multiply(as<PlaintextHandle>(plaintext).plaintext));
  });
}

TENSAFE_CKKS(jlong, ciphertextRescale)(JNIEnv* env, jclass, jlong ciphertext) {
  return guarded(env, [&] {
    const CiphertextHandle& handle = as<CiphertextHandle>(ciphertext);
    return wrap(handle.context, handle.ciphertext.rescale());
  });
}

TENSAFE_CKKS(jlong, ciphertextDropLimb)(JNIEnv* env, jclass, jlong ciphertext) {
  return guarded(env, [&] {
    const CiphertextHandle& handle = as<CiphertextHandle>(ciphertext);
    return wrap(handle.context, handle.ciphertext.drop_limb());
  });
}

TENSAFE_CKKS(jlongArray, ciphertextDecrypt)(JNIEnv* env, jclass, jlong ciphertext, jlong key,
                                            jint count) {
  return guarded(env, [&] {
    const Ciphertext& c = as<CiphertextHandle>(ciphertext).ciphertext;
    require(count > 0 && static_cast<std::size_t>(count) <= c.context().degree(),
            ErrorCode::kInvalidArgument, "decrypt: number of coefficients must be 1 to the degree");
    SecretWords values(c.limbs() * static_cast<std::size_t>(count));
    c.decrypt(as<KeyHandle>(key).key, static_cast<std::size_t>(count), values.data());
    return longs(env, values.data(), values.size());
  });
}

TENSAFE_CKKS(jlong, ciphertextBytes)(JNIEnv*, jclass, jlong ciphertext, jboolean seeded) {
  return static_cast<jlong>(as<CiphertextHandle>(ciphertext).ciphertext.message_bytes(seeded == JNI_TRUE));
}

TENSAFE_CKKS(void, ciphertextWrite)(JNIEnv* env, jclass, jlong ciphertext, jboolean seeded, jobject out,
                                    jlong offset) {
  guarded(env, [&] {
    as<CiphertextHandle>(ciphertext).ciphertext.write(seeded == JNI_TRUE, direct(env, out, offset));
  });
}

TENSAFE_CKKS(jlong, slotsOpen)(JNIEnv* env, jclass, jint degree) {
  return guarded(env, [&] {
    require(secure_modulus_bits(static_cast<std::size_t>(degree)) > 0, ErrorCode::kInvalidParameters,
            "slots: not a ring degree of this library");
    return address_of(new SlotEncoder(static_cast<std::size_t>(degree)));
  });
}

TENSAFE_CKKS(void, slotsFree)(JNIEnv*, jclass, jlong encoder) { delete &as<SlotEncoder>(encoder); }

TENSAFE_CKKS(jlongArray, slotsEncode)(JNIEnv* env, jclass, jlong encoder, jdoubleArray parts,
                                      jdouble scale) {
  return guarded(env, [&] {
    const SlotEncoder& slots = as<SlotEncoder>(encoder);
    std::vector<std::complex<double>> values(slots.slots());
    env->GetDoubleArrayRegion(parts, 0, static_cast<jsize>(2 * values.size()),
                              reinterpret_cast<jdouble*>(values.data()));
    std::vector<std::int64_t> coefficients(2 * slots.slots());
    slots.encode(values.data(), scale, coefficients.data());
    return longs(env, reinterpret_cast<const std::uint64_t*>(coefficients.data()), coefficients.size());
  });
}

TENSAFE_CKKS(jdoubleArray, slotsDecode)(JNIEnv* env, jclass, jlong encoder, jdoubleArray coefficients,
                                        jdouble scale) {
  return guarded(env, [&] {
    const SlotEncoder& slots = as<SlotEncoder>(encoder);
    std::vector<double> input(2 * slots.slots());
    env->GetDoubleArrayRegion(coefficients, 0, static_cast<jsize>(input.size()), input.data());
    std::vector<std::complex<double>> values(slots.slots());
    slots.decode(input.data(), scale, values.data());
    jdoubleArray result = env->NewDoubleArray(static_cast<jsize>(input.size()));
    if (result == nullptr) throw JavaException{};
    env->SetDoubleArrayRegion(result, 0, static_cast<jsize>(input.size()),
                              reinterpret_cast<const jdouble*>(values.data()));
    return result;
  });
}
