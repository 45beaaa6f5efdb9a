#include <vector>

#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "ckks/wire/message.hpp"
#include "jni/ckks_handles.hpp"

using namespace tensafe::jni;

namespace {

Packing packing_of(jint tokens, jint outputs) {
  require(tokens > 0 && outputs > 0, ErrorCode::kInvalidParameters,
          "packing: tokens and outputs must be positive");
  return {static_cast<std::size_t>(tokens), static_cast<std::size_t>(outputs)};
}

InputShape input_shape_of(const Context& context, jint tokens, jint columns, jint packed_tokens,
                          jint packed_outputs) {
  require(tokens > 0 && columns > 0, ErrorCode::kInvalidArgument, "inputs: sizes must be positive");
  const InputShape shape{static_cast<std::size_t>(tokens), static_cast<std::size_t>(columns),
                         packing_of(packed_tokens, packed_outputs)};
  validate(shape, context.degree());
  return shape;
}

jlong input_message_bytes(const Context& context, jint tokens, jint columns, jint packed_tokens,
                          jint packed_outputs) {
  const InputShape shape = input_shape_of(context, tokens, columns, packed_tokens, packed_outputs);
  return static_cast<jlong>(kHeadBytes + input_payload_bytes(context, shape));
}

AnswerShape answer_shape_of(const Context& context, jint tokens, jint rows, jint packed_tokens,
                            jint packed_outputs) {
  require(tokens > 0 && rows > 0, ErrorCode::kInvalidArgument, "answers: sizes must be positive");
  const AnswerShape shape{static_cast<std::size_t>(tokens), static_cast<std::size_t>(rows),
                          packing_of(packed_tokens, packed_outputs)};
  validate(shape, context.degree());
  return shape;
}

std::vector<double> doubles(JNIEnv* env, jdoubleArray array) {
  std::vector<double> values(static_cast<std::size_t>(env->GetArrayLength(array)));
  env->GetDoubleArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
  return values;
}

}  // namespace

TENSAFE_CKKS(jlong, secretKeyGenerate)(JNIEnv* env, jclass, jlong context) {
  return guarded(env, [&] {
    return address_of(new KeyHandle(as<ContextHandle>(context)));
  });
}

TENSAFE_CKKS(void, secretKeyFree)(JNIEnv*, jclass, jlong key) { delete &as<KeyHandle>(key); }

TENSAFE_CKKS(jbyteArray, secretKeyMaskSeed)(JNIEnv* env, jclass, jlong key) {
  const Seed& seed = as<KeyHandle>(key).key.mask_seed();
  jbyteArray bytes = env->NewByteArray(static_cast<jsize>(seed.size()));
  if (bytes != nullptr) {
    env->SetByteArrayRegion(bytes, 0, static_cast<jsize>(seed.size()),
                            reinterpret_cast<const jbyte*>(seed.data()));
  }
  return bytes;
}

TENSAFE_CKKS(jlong, inputMessageBytes)(JNIEnv* env, jclass, jlong context, jint tokens, jint columns,
                                       jint packed_tokens, jint packed_outputs) {
  return guarded(env, [&] {
    return input_message_bytes(*as<ContextHandle>(context), tokens, columns, packed_tokens,
                               packed_outputs);
  });
}

TENSAFE_CKKS(jlong, secretKeyInputMessageBytes)(JNIEnv* env, jclass, jlong key, jint tokens,
                                                jint columns, jint packed_tokens,
                                                jint packed_outputs) {
  return guarded(env, [&] {
    return input_message_bytes(*as<KeyHandle>(key).context, tokens, columns, packed_tokens,
                               packed_outputs);
  });
}

TENSAFE_CKKS(jlong, inputsAnswerMessageBytes)(JNIEnv* env, jclass, jlong inputs, jint rows) {
  return guarded(env, [&] {
    const InputsHandle& handle = as<InputsHandle>(inputs);
    const InputShape& shape = handle.inputs.shape();
    require(rows > 0, ErrorCode::kInvalidArgument, "answers: sizes must be positive");
    const AnswerShape answers{shape.tokens, static_cast<std::size_t>(rows), shape.packing};
    validate(answers, handle.context->degree());
    return static_cast<jlong>(kHeadBytes + answer_payload_bytes(*handle.context, answers));
  });
}

TENSAFE_CKKS(jlong, answerMessageBytes)(JNIEnv* env, jclass, jlong context, jint tokens, jint rows,
                                        jint packed_tokens, jint packed_outputs) {
  return guarded(env, [&] {
    const Context& c = *as<ContextHandle>(context);
    const AnswerShape shape = answer_shape_of(c, tokens, rows, packed_tokens, packed_outputs);
    return static_cast<jlong>(kHeadBytes + answer_payload_bytes(c, shape));
  });
}

TENSAFE_CKKS(void, encryptInputs)(JNIEnv* env, jclass, jlong key, jobject x, jlong x_offset, jint tokens,
                                  jint columns, jint packed_tokens, jint packed_outputs,
                                  jbyteArray exponents, jint scale_bits, jdoubleArray magnitudes,
                                  jobject out, jlong out_offset) {
  guarded(env, [&] {
    const SecretKey& secret = as<KeyHandle>(key).key;
    const InputShape shape =
        input_shape_of(secret.context(), tokens, columns, packed_tokens, packed_outputs);
    std::vector<std::int8_t> column_exponents;
    if (exponents != nullptr) {
      column_exponents.resize(shape.columns);
      env->GetByteArrayRegion(exponents, 0, columns, reinterpret_cast<jbyte*>(column_exponents.data()));
    }
    std::vector<double> largest(shape.tokens);
    const InputValues values{reinterpret_cast<const float*>(direct(env, x, x_offset)),
                             exponents == nullptr ? nullptr : column_exponents.data(), scale_bits};
    encrypt_inputs(secret, shape, values, largest.data(), direct(env, out, out_offset));
    env->SetDoubleArrayRegion(magnitudes, 0, tokens, largest.data());
  });
}

TENSAFE_CKKS(void, decryptAnswers)(JNIEnv* env, jclass, jlong key, jobject in, jlong in_offset,
                                   jlong length, jint tokens, jint rows, jint packed_tokens,
                                   jint packed_outputs, jdoubleArray token_scales,
                                   jdoubleArray row_scales, jobject out, jlong out_offset) {
  guarded(env, [&] {
    const SecretKey& secret = as<KeyHandle>(key).key;
    const AnswerShape shape = answer_shape_of(secret.context(), tokens, rows, packed_tokens, packed_outputs);
    const std::vector<double> by_token = doubles(env, token_scales);
    std::vector<double> by_row;
    if (row_scales != nullptr) by_row = doubles(env, row_scales);
    decrypt_answers(secret, shape, message(env, in, in_offset, length), by_token.data(),
                    row_scales == nullptr ? nullptr : by_row.data(),
                    reinterpret_cast<double*>(direct(env, out, out_offset)));
  });
}

TENSAFE_CKKS(jlong, masksOpen)(JNIEnv* env, jclass, jbyteArray seed) {
  return guarded(env, [&] { return address_of(new MaskExpander(seed_from(env, seed))); });
}

TENSAFE_CKKS(void, masksFree)(JNIEnv*, jclass, jlong masks) { delete &as<MaskExpander>(masks); }

TENSAFE_CKKS(jlong, publicKeyCreate)(JNIEnv* env, jclass, jlong key, jbyteArray seed) {
  return guarded(env, [&] {
    const KeyHandle& secret = as<KeyHandle>(key);
    return address_of(new PublicKeyHandle{
        secret.context, std::make_shared<const PublicKey>(secret.key, seed_from(env, seed))});
  });
}

TENSAFE_CKKS(jlong, publicKeyRead)(JNIEnv* env, jclass, jlong context, jobject in, jlong offset,
                                   jlong length, jbyteArray seed) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    return address_of(new PublicKeyHandle{
        handle, std::make_shared<const PublicKey>(read_public_key(
                    *handle, message(env, in, offset, length), seed_from(env, seed)))});
  });
}

TENSAFE_CKKS(void, publicKeyFree)(JNIEnv*, jclass, jlong key) { delete &as<PublicKeyHandle>(key); }

TENSAFE_CKKS(jlong, publicKeyBytes)(JNIEnv*, jclass, jlong key) {
  return static_cast<jlong>(public_key_bytes(*as<PublicKeyHandle>(key).context));
}

TENSAFE_CKKS(void, publicKeyWrite)(JNIEnv* env, jclass, jlong key, jobject out, jlong offset) {
  guarded(env, [&] { write_public_key(*as<PublicKeyHandle>(key).key, direct(env, out, offset)); });
}

TENSAFE_CKKS(jlong, inputsRead)(JNIEnv* env, jclass, jlong context, jlong masks, jobject in,
                                jlong offset, jlong length) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    return address_of(new InputsHandle{
        handle,
        EncryptedInputs(*handle, as<MaskExpander>(masks), message(env, in, offset, length))});
  });
}

TENSAFE_CKKS(void, inputsFree)(JNIEnv*, jclass, jlong inputs) { delete &as<InputsHandle>(inputs); }

TENSAFE_CKKS(jintArray, inputsShape)(JNIEnv* env, jclass, jlong inputs) {
  const InputShape& shape = as<InputsHandle>(inputs).inputs.shape();
  const jint values[4] = {static_cast<jint>(shape.tokens), static_cast<jint>(shape.columns),
                          static_cast<jint>(shape.packing.tokens), static_cast<jint>(shape.packing.outputs)};
  jintArray result = env->NewIntArray(4);
  if (result != nullptr) env->SetIntArrayRegion(result, 0, 4, values);
  return result;
}

TENSAFE_CKKS(jlong, weightsOpen)(JNIEnv* env, jclass, jlong context, jobject matrix, jlong offset,
                                 jint rows, jint columns, jint packed_tokens, jint packed_outputs) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    require(rows > 0 && columns > 0, ErrorCode::kInvalidArgument, "weights: sizes must be positive");
    return address_of(new WeightsHandle{
        handle, Weights(*handle, reinterpret_cast<const std::int32_t*>(direct(env, matrix, offset)),
                        static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
                        packing_of(packed_tokens, packed_outputs))});
  });
}

TENSAFE_CKKS(void, weightsFree)(JNIEnv*, jclass, jlong weights) { delete &as<WeightsHandle>(weights); }

TENSAFE_CKKS(jlong, weightsBytes)(JNIEnv*, jclass, jlong weights) {
  return static_cast<jlong>(as<WeightsHandle>(weights).weights.bytes());
}

TENSAFE_CKKS(jlong, rerandomizerOpen)(JNIEnv* env, jclass, jlong key, jint capacity) {
  return guarded(env, [&] {
    require(capacity >= 0, ErrorCode::kInvalidArgument, "re-randomisation: capacity is negative");
    return address_of(
        new RerandomizerHandle(as<PublicKeyHandle>(key), static_cast<std::size_t>(capacity)));
  });
}

TENSAFE_CKKS(void, rerandomizerFree)(JNIEnv*, jclass, jlong rerandomizer) {
  delete &as<RerandomizerHandle>(rerandomizer);
}

TENSAFE_CKKS(jint, rerandomizerFill)(JNIEnv* env, jclass, jlong rerandomizer, jint count) {
  return guarded(env, [&] {
    require(count >= 0, ErrorCode::kInvalidArgument, "re-randomisation: count is negative");
    return static_cast<jint>(
        as<RerandomizerHandle>(rerandomizer).rerandomizer.fill(static_cast<std::size_t>(count)));
  });
}

TENSAFE_CKKS(jint, rerandomizerLevel)(JNIEnv*, jclass, jlong rerandomizer) {
  return static_cast<jint>(as<RerandomizerHandle>(rerandomizer).rerandomizer.level());
}

TENSAFE_CKKS(void, evaluateInputs)(JNIEnv* env, jclass, jlong inputs, jlong weights, jlong rerandomizer,
                                   jobject out, jlong offset) {
  guarded(env, [&] {
    evaluate(as<InputsHandle>(inputs).inputs, as<WeightsHandle>(weights).weights,
             as<RerandomizerHandle>(rerandomizer).rerandomizer, Protection::kRerandomized,
             direct(env, out, offset));
  });
}
