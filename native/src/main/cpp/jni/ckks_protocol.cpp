#include <vector>

#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "ckks/wire/message.hpp"
#include "jni/ckks_handles.hpp"

using namespace tensafe::jni;

namespace {

struct SeedWipe {
  Seed& seed;
  ~SeedWipe() { tensafe::base::secure_wipe(seed.data(), seed.size()); }
};

using SecretLongs = AlignedArray<std::int64_t, true>;

/// Row `index` of an array of arrays, of exactly `count` numbers.
SecretLongs element(JNIEnv* env, jobjectArray arrays, std::size_t index, std::size_t count) {
  auto* row = static_cast<jlongArray>(env->GetObjectArrayElement(arrays, static_cast<jsize>(index)));
  if (row == nullptr) throw JavaException{};
  require(static_cast<std::size_t>(env->GetArrayLength(row)) == count, ErrorCode::kInvalidArgument,
          "codec: a tag of another shape");
  SecretLongs values(count);
  env->GetLongArrayRegion(row, 0, static_cast<jsize>(count), reinterpret_cast<jlong*>(values.data()));
  env->DeleteLocalRef(row);
  return values;
}

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

}  // namespace

TENSAFE_CKKS(jlong, publicHalvesOpen)(JNIEnv* env, jclass, jlong context, jbyteArray seed) {
  return guarded(env, [&] {
    const ContextHandle& handle = as<ContextHandle>(context);
    return address_of(
        new HalvesHandle{handle, std::make_shared<const PublicHalves>(*handle, seed_from(env, seed))});
  });
}

TENSAFE_CKKS(void, publicHalvesFree)(JNIEnv*, jclass, jlong halves) { delete &as<HalvesHandle>(halves); }

TENSAFE_CKKS(jlong, secretKeyDerive)(JNIEnv* env, jclass, jlong context, jint kind, jbyteArray bytes) {
  return guarded(env, [&] {
    Seed seed = seed_from(env, bytes);
    const SeedWipe wipe{seed};
    return address_of(new KeyHandle(as<ContextHandle>(context), static_cast<SecretKind>(kind), seed));
  });
}

TENSAFE_CKKS(void, secretKeyFree)(JNIEnv*, jclass, jlong key) { delete &as<KeyHandle>(key); }

TENSAFE_CKKS(jlong, inputMessageBytes)(JNIEnv* env, jclass, jlong context, jint tokens, jint columns,
                                       jint packed_tokens, jint packed_outputs) {
  return guarded(env, [&] {
    return input_message_bytes(*as<ContextHandle>(context), tokens, columns, packed_tokens,
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

TENSAFE_CKKS(jlong, codecOpen)(JNIEnv* env, jclass, jlong context, jbyteArray exponents, jint scale_bits,
                               jdouble divisor, jdoubleArray row_scales, jdoubleArray row_norms,
                               jdoubleArray dithers, jdoubleArray errors, jobjectArray r, jobjectArray f,
                               jdoubleArray deviations) {
  return guarded(env, [&] {
    std::vector<std::int8_t> by_column(static_cast<std::size_t>(env->GetArrayLength(exponents)));
    env->GetByteArrayRegion(exponents, 0, static_cast<jsize>(by_column.size()),
                            reinterpret_cast<jbyte*>(by_column.data()));
    const std::vector<double> scales = doubles_from(env, row_scales);
    const std::vector<double> norms = doubles_from(env, row_norms);
    const std::vector<double> hidden = doubles_from(env, dithers);
    const std::vector<double> bounds = doubles_from(env, errors);
    const std::vector<double> spread = doubles_from(env, deviations);
    SecretLongs constants[kChecks];
    SecretLongs combinations[kChecks];
    CodecValues values{by_column.size(), scales.size(),  by_column.data(), scale_bits,    divisor, scales.data(),
                       norms.data(),     hidden.data(), bounds.size(),    bounds.data(), nullptr, {},      {}};
    if (!spread.empty()) {
      values.deviations = spread.data();
      for (std::size_t check = 0; check < kChecks; ++check) {
        constants[check] = element(env, r, check, values.rows);
        combinations[check] = element(env, f, check, values.columns);
        values.r[check] = constants[check].data();
        values.f[check] = combinations[check].data();
      }
    }
    return address_of(new CodecHandle(as<ContextHandle>(context), values));
  });
}

TENSAFE_CKKS(void, codecFree)(JNIEnv*, jclass, jlong codec) { delete &as<CodecHandle>(codec); }

TENSAFE_CKKS(void, encryptInputs)(JNIEnv* env, jclass, jlong key, jlong codec, jint tokens,
                                  jint packed_tokens, jint packed_outputs, jobject x, jlong x_offset, jintArray rows, jlong masks,
                                  jlong first_id, jdoubleArray notes, jobject out, jlong out_offset) {
  guarded(env, [&] {
    const SecretKey& secret = as<KeyHandle>(key).key;
    const GroupCodec& group = as<CodecHandle>(codec).codec;
    const std::vector<std::int32_t> index = ints_from(env, rows);
    const InputShape shape = input_shape_of(secret.context(), tokens, static_cast<jint>(group.columns()),
                                            packed_tokens, packed_outputs);
    std::vector<TokenNote> noted(shape.tokens);
    encrypt_inputs(secret, group, shape, reinterpret_cast<const float*>(direct(env, x, x_offset)), index.data(),
                   as<MaskExpander>(masks), static_cast<std::uint64_t>(first_id), noted.data(),
                   direct(env, out, out_offset));
    notes_to(env, noted, notes);
  });
}

TENSAFE_CKKS(void, decryptAnswers)(JNIEnv* env, jclass, jlong key, jlong codec, jobject in, jlong in_offset,
                                   jlong length, jint tokens, jint packed_tokens, jint packed_outputs,
                                   jdoubleArray notes, jdoubleArray verdicts, jobject out, jlong out_offset) {
  guarded(env, [&] {
    const SecretKey& secret = as<KeyHandle>(key).key;
    const GroupCodec& group = as<CodecHandle>(codec).codec;
    const AnswerShape shape = answer_shape_of(secret.context(), tokens, static_cast<jint>(group.rows()),
                                              packed_tokens, packed_outputs);
    const std::vector<TokenNote> noted = notes_from(env, notes, shape.tokens);
    std::vector<Verdict> judged(shape.tokens);
    decrypt_answers(secret, group, shape, message(env, in, in_offset, length), noted.data(), judged.data(),
                    reinterpret_cast<double*>(direct(env, out, out_offset)));
    verdicts_to(env, judged, verdicts);
  });
}

TENSAFE_CKKS(jlong, masksOpen)(JNIEnv* env, jclass, jbyteArray seed) {
  return guarded(env, [&] { return address_of(new MaskExpander(seed_from(env, seed))); });
}

TENSAFE_CKKS(void, masksFree)(JNIEnv*, jclass, jlong masks) { delete &as<MaskExpander>(masks); }

TENSAFE_CKKS(jlong, publicKeyCreate)(JNIEnv* env, jclass, jlong key, jlong halves) {
  return guarded(env, [&] {
    const HalvesHandle& over = as<HalvesHandle>(halves);
    return address_of(new PublicKeyHandle{over, PublicKey(as<KeyHandle>(key).key, *over.halves)});
  });
}

TENSAFE_CKKS(jlong, publicKeyRead)(JNIEnv* env, jclass, jlong context, jobject in, jlong offset,
                                   jlong length, jlong halves) {
  return guarded(env, [&] {
    const HalvesHandle& over = as<HalvesHandle>(halves);
    require(over.context == as<ContextHandle>(context), ErrorCode::kInvalidArgument,
            "public key: the halves are of another context");
    return address_of(
        new PublicKeyHandle{over, read_public_key(*over.halves, message(env, in, offset, length))});
  });
}

TENSAFE_CKKS(void, publicKeyFree)(JNIEnv*, jclass, jlong key) { delete &as<PublicKeyHandle>(key); }

TENSAFE_CKKS(jlong, publicKeyBytes)(JNIEnv*, jclass, jlong context) {
  return static_cast<jlong>(public_key_bytes(*as<ContextHandle>(context)));
}

TENSAFE_CKKS(jlong, publicKeyMessageBytes)(JNIEnv*, jclass, jlong key) {
  return static_cast<jlong>(public_key_bytes(as<PublicKeyHandle>(key).key.context()));
}

TENSAFE_CKKS(void, publicKeyWrite)(JNIEnv* env, jclass, jlong key, jobject out, jlong offset) {
  guarded(env, [&] { write_public_key(as<PublicKeyHandle>(key).key, direct(env, out, offset)); });
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

TENSAFE_CKKS(jlong, rerandomizerOpen)(JNIEnv* env, jclass, jlong halves, jint capacity) {
  return guarded(env, [&] {
    require(capacity >= 0, ErrorCode::kInvalidArgument, "re-randomisation: capacity is negative");
    return address_of(
        new RerandomizerHandle(as<HalvesHandle>(halves), static_cast<std::size_t>(capacity)));
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
                                   jlong key, jobject out, jlong offset) {
  guarded(env, [&] {
    evaluate(as<InputsHandle>(inputs).inputs, as<WeightsHandle>(weights).weights,
             as<RerandomizerHandle>(rerandomizer).rerandomizer, as<PublicKeyHandle>(key).key,
             Protection::kRerandomized, direct(env, out, offset));
  });
}
