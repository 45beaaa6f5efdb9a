#include <vector>

#include "ckks/scheme/answer_pads.hpp"
#include "ckks/scheme/input_pads.hpp"
#include "jni/ckks_handles.hpp"

using namespace tensafe::jni;

namespace {

struct InputBlockHandle {
  InputBlockHandle(const ContextHandle& c, const MaskExpander& masks, const PadShape& shape, std::uint64_t first_id)
      : context(c), block(*context, masks, shape, first_id) {}

  ContextHandle context;
  InputBlock block;
};

struct LanePadsHandle {
  ContextHandle context;
  LanePads pads;
};

struct AnswerBlockHandle {
  HalvesHandle halves;
  AnswerBlock block;
};

struct LaneNoiseHandle {
  ContextHandle context;
  LaneNoise noise;
};

std::size_t positive(jint value) {
  require(value > 0, ErrorCode::kInvalidArgument, "pads: sizes must be positive");
  return static_cast<std::size_t>(value);
}

/// Runs of positions; Java has checked that the arrays are of one length and no number is negative.
template <typename Handle, typename Run, typename Member>
std::vector<Run> runs_from(JNIEnv* env, jlongArray handles, jintArray first, jintArray count, Member member) {
  const std::vector<std::int64_t> addresses = longs_from(env, handles);
  const std::vector<std::int32_t> firsts = ints_from(env, first);
  const std::vector<std::int32_t> counts = ints_from(env, count);
  std::vector<Run> runs;
  runs.reserve(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    runs.push_back({&(as<Handle>(addresses[i]).*member), static_cast<std::size_t>(firsts[i]),
                    static_cast<std::size_t>(counts[i])});
  }
  return runs;
}

std::vector<PadRun> pad_runs(JNIEnv* env, jlongArray handles, jintArray first, jintArray count) {
  return runs_from<LanePadsHandle, PadRun>(env, handles, first, count, &LanePadsHandle::pads);
}

template <typename Run>
std::size_t tokens_of(const std::vector<Run>& runs) {
  std::size_t tokens = 0;
  for (const Run& run : runs) tokens += run.count;
  return tokens;
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

TENSAFE_CKKS(jlong, inputBlockOpen)(JNIEnv* env, jclass, jlong context, jlong masks, jint tokens, jint columns,
                                    jint rows, jlong first_id) {
  return guarded(env, [&] {
    return address_of(new InputBlockHandle(as<ContextHandle>(context), as<MaskExpander>(masks),
                                           {positive(tokens), positive(columns), positive(rows)},
                                           static_cast<std::uint64_t>(first_id)));
  });
}

TENSAFE_CKKS(void, inputBlockFree)(JNIEnv*, jclass, jlong block) { delete &as<InputBlockHandle>(block); }

TENSAFE_CKKS(void, inputBlockAbsorb)(JNIEnv* env, jclass, jlong block, jobject in, jlong offset, jlong length) {
  guarded(env, [&] { as<InputBlockHandle>(block).block.absorb(message(env, in, offset, length)); });
}

TENSAFE_CKKS(jlong, lanePadsMake)(JNIEnv* env, jclass, jlong block, jlong key) {
  return guarded(env, [&] {
    const InputBlockHandle& of = as<InputBlockHandle>(block);
    return address_of(new LanePadsHandle{of.context, LanePads(of.block, as<KeyHandle>(key).key)});
  });
}

TENSAFE_CKKS(void, lanePadsFree)(JNIEnv*, jclass, jlong pads) { delete &as<LanePadsHandle>(pads); }

TENSAFE_CKKS(void, lanePadsEncrypt)(JNIEnv* env, jclass, jlong codec, jlongArray pads, jintArray first,
                                    jintArray count, jobject x, jlong x_offset, jintArray rows,
                                    jdoubleArray notes, jobject out, jlong out_offset) {
  guarded(env, [&] {
    const std::vector<PadRun> runs = pad_runs(env, pads, first, count);
    const std::vector<std::int32_t> index = ints_from(env, rows);
    std::vector<TokenNote> noted(tokens_of(runs));
    encrypt_tokens(as<CodecHandle>(codec).codec, runs, reinterpret_cast<const float*>(direct(env, x, x_offset)),
                   index.data(), noted.data(), direct(env, out, out_offset));
    notes_to(env, noted, notes);
  });
}

TENSAFE_CKKS(void, lanePadsDecrypt)(JNIEnv* env, jclass, jlong codec, jlongArray pads, jintArray first,
                                    jintArray count, jobject in, jlong offset, jlong length,
                                    jdoubleArray notes, jdoubleArray verdicts, jobject out, jlong out_offset) {
  guarded(env, [&] {
    const std::vector<PadRun> runs = pad_runs(env, pads, first, count);
    const std::vector<TokenNote> noted = notes_from(env, notes, tokens_of(runs));
    std::vector<Verdict> judged(noted.size());
    decrypt_tokens(as<CodecHandle>(codec).codec, runs, message(env, in, offset, length), noted.data(),
                   judged.data(), reinterpret_cast<double*>(direct(env, out, out_offset)));
    verdicts_to(env, judged, verdicts);
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

TENSAFE_CKKS(jlong, answerBlockMake)(JNIEnv* env, jclass, jlong masks, jlong weights, jlong halves,
                                     jlong first_id, jobject out, jlong offset) {
  return guarded(env, [&] {
    const HalvesHandle& over = as<HalvesHandle>(halves);
    return address_of(new AnswerBlockHandle{
        over, AnswerBlock(as<MaskExpander>(masks), as<WeightsHandle>(weights).weights, *over.halves,
                          static_cast<std::uint64_t>(first_id), direct(env, out, offset))});
  });
}

TENSAFE_CKKS(void, answerBlockFree)(JNIEnv*, jclass, jlong block) { delete &as<AnswerBlockHandle>(block); }

TENSAFE_CKKS(jlong, laneNoiseMake)(JNIEnv* env, jclass, jlong block, jlong key) {
  return guarded(env, [&] {
    const AnswerBlockHandle& of = as<AnswerBlockHandle>(block);
    return address_of(new LaneNoiseHandle{of.halves.context, LaneNoise(of.block, as<PublicKeyHandle>(key).key)});
  });
}

TENSAFE_CKKS(void, laneNoiseFree)(JNIEnv*, jclass, jlong noise) { delete &as<LaneNoiseHandle>(noise); }

TENSAFE_CKKS(void, laneNoiseEvaluate)(JNIEnv* env, jclass, jlong weights, jlongArray noise, jintArray first,
                                      jintArray count, jobject in, jlong in_offset, jlong length, jobject out,
                                      jlong offset) {
  guarded(env, [&] {
    const auto runs =
        runs_from<LaneNoiseHandle, NoiseRun>(env, noise, first, count, &LaneNoiseHandle::noise);
    answer_tokens(as<DotWeights>(weights), runs, message(env, in, in_offset, length), direct(env, out, offset));
  });
}
