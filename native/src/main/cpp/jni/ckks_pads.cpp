#include <vector>

#include "ckks/scheme/pads.hpp"
#include "jni/ckks_handles.hpp"


using namespace tensafe::jni;

namespace {

struct InputPadsHandle {
  ContextHandle context;
  InputPads pads;
};

struct AnswerPadsHandle {
  ContextHandle context;
  AnswerPads pads;
};

std::size_t positive(jint value) {
  require(value > 0, ErrorCode::kInvalidArgument, "pads: sizes must be positive");
  return static_cast<std::size_t>(value);
}

std::size_t position(jint value) {
  require(value >= 0, ErrorCode::kInvalidArgument, "pads: a position is negative");
  return static_cast<std::size_t>(value);
}

}  // namespace

TENSAFE_CKKS(jlong, padMessageBytes)(JNIEnv*, jclass, jlong context, jint rows) {
  return static_cast<jlong>(
      pad_message_bytes(*as<ContextHandle>(context), static_cast<std::size_t>(rows)));
}

TENSAFE_CKKS(jlong, padTokenBytes)(JNIEnv*, jclass, jlong context, jint count, jint width) {
  return static_cast<jlong>(pad_token_bytes(*as<ContextHandle>(context), static_cast<std::size_t>(count),
                                            static_cast<std::size_t>(width)));
}

// The key outlives its pads: the Java side keeps it open.
TENSAFE_CKKS(jlong, inputPadsOpen)(JNIEnv* env, jclass, jlong key, jint tokens, jint columns, jint rows) {
  return guarded(env, [&] {
    const KeyHandle& secret = as<KeyHandle>(key);
    return address_of(new InputPadsHandle{
        secret.context, InputPads(secret.key, positive(tokens), positive(columns), positive(rows))});
  });
}

TENSAFE_CKKS(void, inputPadsFree)(JNIEnv*, jclass, jlong pads) { delete &as<InputPadsHandle>(pads); }

TENSAFE_CKKS(jlong, inputPadsFirstId)(JNIEnv*, jclass, jlong pads) {
  return static_cast<jlong>(as<InputPadsHandle>(pads).pads.first_id());
}

TENSAFE_CKKS(void, inputPadsAbsorb)(JNIEnv* env, jclass, jlong pads, jobject in, jlong offset,
                                    jlong length) {
  guarded(env, [&] { as<InputPadsHandle>(pads).pads.absorb(message(env, in, offset, length)); });
}

TENSAFE_CKKS(void, inputPadsEncrypt)(JNIEnv* env, jclass, jlong pads, jint first, jint count, jobject x,
                                     jlong x_offset, jbyteArray exponents, jint scale_bits,
                                     jdoubleArray magnitudes, jobject out, jlong out_offset) {
  guarded(env, [&] {
    std::vector<std::int8_t> column_exponents;
    if (exponents != nullptr) {
      const jsize columns = env->GetArrayLength(exponents);
      column_exponents.resize(static_cast<std::size_t>(columns));
      env->GetByteArrayRegion(exponents, 0, columns, reinterpret_cast<jbyte*>(column_exponents.data()));
    }
    std::vector<double> largest(positive(count));
    const InputValues values{reinterpret_cast<const float*>(direct(env, x, x_offset)),
                             exponents == nullptr ? nullptr : column_exponents.data(), scale_bits};
    as<InputPadsHandle>(pads).pads.encrypt(position(first), positive(count), values, largest.data(),
                                           direct(env, out, out_offset));
    env->SetDoubleArrayRegion(magnitudes, 0, count, largest.data());
  });
}

TENSAFE_CKKS(void, inputPadsDecrypt)(JNIEnv* env, jclass, jlong pads, jint first, jint count, jobject in,
                                     jlong offset, jlong length, jdoubleArray token_scales,
                                     jdoubleArray row_scales, jobject out, jlong out_offset) {
  guarded(env, [&] {
    std::vector<double> by_token(positive(count));
    env->GetDoubleArrayRegion(token_scales, 0, count, by_token.data());
    std::vector<double> by_row;
    if (row_scales != nullptr) {
      by_row.resize(static_cast<std::size_t>(env->GetArrayLength(row_scales)));
      env->GetDoubleArrayRegion(row_scales, 0, static_cast<jsize>(by_row.size()), by_row.data());
    }
    as<InputPadsHandle>(pads).pads.decrypt(position(first), positive(count),
                                           message(env, in, offset, length), by_token.data(),
                                           row_scales == nullptr ? nullptr : by_row.data(),
                                           reinterpret_cast<double*>(direct(env, out, out_offset)));
  });
}

TENSAFE_CKKS(jlong, dotWeightsOpen)(JNIEnv* env, jclass, jobject matrix, jlong offset, jint rows,
                                    jint columns) {
  return guarded(env, [&] {
    return address_of(
        new DotWeights(reinterpret_cast<const std::int32_t*>(direct(env, matrix, offset)),
                       positive(rows), positive(columns)));
  });
}

TENSAFE_CKKS(void, dotWeightsFree)(JNIEnv*, jclass, jlong weights) { delete &as<DotWeights>(weights); }

TENSAFE_CKKS(jlong, answerPadsOpen)(JNIEnv* env, jclass, jlong masks, jlong weights, jlong rerandomizer,
                                    jlong first_id, jobject out, jlong offset) {
  return guarded(env, [&] {
    const WeightsHandle& w = as<WeightsHandle>(weights);
    return address_of(new AnswerPadsHandle{
        w.context,
        AnswerPads(as<MaskExpander>(masks), w.weights, as<RerandomizerHandle>(rerandomizer).rerandomizer,
                   static_cast<std::uint64_t>(first_id), direct(env, out, offset))});
  });
}

TENSAFE_CKKS(void, answerPadsFree)(JNIEnv*, jclass, jlong pads) { delete &as<AnswerPadsHandle>(pads); }

TENSAFE_CKKS(void, answerPadsEvaluate)(JNIEnv* env, jclass, jlong pads, jlong weights, jint first,
                                       jint count, jobject in, jlong in_offset, jlong length,
                                       jobject out, jlong offset) {
  guarded(env, [&] {
    as<AnswerPadsHandle>(pads).pads.evaluate(as<DotWeights>(weights), position(first), positive(count),
                                             message(env, in, in_offset, length),
                                             direct(env, out, offset));
  });
}
