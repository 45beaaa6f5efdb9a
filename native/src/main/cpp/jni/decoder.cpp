#include "decoder/decoder.hpp"

#include <memory>

#include "base/dispatch.hpp"
#include "decoder/errors.hpp"
#include "jni/bridge.hpp"

// The binding of the decoder. What Java hands over is checked here or in C++: nothing relies on Java's checks
// but the room of the buffers that it counts itself.

using namespace tensafe;
using namespace tensafe::jni;
using namespace tensafe::decoder;

#define TENSAFE_DECODER(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_dev_tensafe_nativelib_decoder_DecoderNative_##name

namespace {

/// Places of the sizes in the array that `open` takes.
enum Size { kHidden, kIntermediate, kLayers, kHeads, kKvHeads, kHeadDim, kVocabulary, kHeadNorms, kTied, kWeights,
            kEndsFormat, kCache, kOrder, kThreads, kPinned, kSizes };

std::size_t positive(jlong value) { return value < 0 ? 0 : static_cast<std::size_t>(value); }

std::vector<jlong> longs(JNIEnv* env, jlongArray array) {
  std::vector<jlong> values(static_cast<std::size_t>(env->GetArrayLength(array)));
  env->GetLongArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
  return values;
}

Format format(jlong number) {
  require(number >= 0 && number <= 2, ErrorCode::kInvalidArgument, "decoder: no such format");
  return static_cast<Format>(number);
}

Source source(jint number) {
  require(number >= 0 && number <= 2, ErrorCode::kInvalidArgument, "decoder: no such element type");
  return static_cast<Source>(number);
}

jobject view(JNIEnv* env, float* start, jlong floats) {
  return env->NewDirectByteBuffer(start, floats * static_cast<jlong>(sizeof(float)));
}

}  // namespace

TENSAFE_DECODER(jlong, open)(JNIEnv* env, jclass, jlongArray sizes, jlongArray windows, jfloat eps, jlong beside) {
  return guarded(env, [&] {
    const std::vector<jlong> size = longs(env, sizes);
    require(size.size() == kSizes && size[kThreads] >= 1 && size[kThreads] <= 1024, ErrorCode::kInvalidArgument,
            "decoder: sizes are missing, or the number of threads is none");
    Shape shape;
    shape.hidden = positive(size[kHidden]);
    shape.intermediate = positive(size[kIntermediate]);
    shape.layers = positive(size[kLayers]);
    shape.heads = positive(size[kHeads]);
    shape.kv_heads = positive(size[kKvHeads]);
    shape.head_dim = positive(size[kHeadDim]);
    shape.vocabulary = positive(size[kVocabulary]);
    shape.eps = eps;
    for (jlong window : longs(env, windows)) shape.windows.push_back(positive(window));
    shape.head_norms = size[kHeadNorms] != 0;
    shape.tied = size[kTied] != 0;
    shape.weights = format(size[kWeights]);
    shape.ends = format(size[kEndsFormat]);
    shape.cache = format(size[kCache]);
    require(size[kOrder] == 0 || size[kOrder] == 1, ErrorCode::kInvalidArgument, "decoder: no such order of products");
    shape.order = static_cast<Order>(size[kOrder]);
    const DecoderKernels& kernels = kernels_for(base::process_dispatch());
    if (beside != 0) return address_of(new Decoder(std::move(shape), kernels, as<Decoder>(beside)));
    return address_of(new Decoder(std::move(shape), kernels,
                                  static_cast<std::size_t>(size[kThreads]), size[kPinned] != 0));
  });
}

TENSAFE_DECODER(void, free)(JNIEnv*, jclass, jlong decoder) { delete &as<Decoder>(decoder); }

TENSAFE_DECODER(jstring, kernels)(JNIEnv* env, jclass, jlong decoder) {
  return guarded(env, [&] { return env->NewStringUTF(as<Decoder>(decoder).kernels().name); });
}

TENSAFE_DECODER(void, putProjection)(JNIEnv* env, jclass, jlong decoder, jint layer, jint projection, jint type,
                                     jlong first, jint rows, jobject elements) {
  guarded(env, [&] {
    require(layer >= 0 && projection >= 0 && projection < static_cast<jint>(kProjections) && first >= 0 && rows >= 0,
            ErrorCode::kInvalidArgument, "decoder: no such projection");
    as<Decoder>(decoder).weights().put_projection(
        static_cast<std::size_t>(layer), static_cast<Projection>(projection), source(type),
        static_cast<std::size_t>(first), static_cast<std::size_t>(rows),
        reinterpret_cast<const std::byte*>(direct(env, elements, 0)));
  });
}

TENSAFE_DECODER(void, putBias)(JNIEnv* env, jclass, jlong decoder, jint layer, jint projection, jint type,
                               jobject elements) {
  guarded(env, [&] {
    require(layer >= 0 && projection >= 0 && projection < static_cast<jint>(kProjections),
            ErrorCode::kInvalidArgument, "decoder: no such projection");
    as<Decoder>(decoder).weights().put_bias(static_cast<std::size_t>(layer), static_cast<Projection>(projection),
                                            source(type),
                                            reinterpret_cast<const std::byte*>(direct(env, elements, 0)));
  });
}

TENSAFE_DECODER(void, putNorm)(JNIEnv* env, jclass, jlong decoder, jint layer, jint norm, jint type,
                               jobject elements) {
  guarded(env, [&] {
    require(layer >= 0 && norm >= 0 && norm < static_cast<jint>(kLayerNorms), ErrorCode::kInvalidArgument,
            "decoder: no such norm");
    as<Decoder>(decoder).weights().put_norm(static_cast<std::size_t>(layer), static_cast<LayerNorm>(norm),
                                            source(type),
                                            reinterpret_cast<const std::byte*>(direct(env, elements, 0)));
  });
}

TENSAFE_DECODER(void, putEnd)(JNIEnv* env, jclass, jlong decoder, jint end, jint type, jlong first, jint rows,
                              jobject elements) {
  guarded(env, [&] {
    require(end >= 0 && end < static_cast<jint>(kEnds) && first >= 0 && rows >= 0, ErrorCode::kInvalidArgument,
            "decoder: no such tensor");
    as<Decoder>(decoder).weights().put_end(static_cast<End>(end), source(type), static_cast<std::size_t>(first),
                                           static_cast<std::size_t>(rows),
                                           reinterpret_cast<const std::byte*>(direct(env, elements, 0)));
  });
}

TENSAFE_DECODER(void, requireComplete)(JNIEnv* env, jclass, jlong decoder) {
  guarded(env, [&] { as<Decoder>(decoder).weights().require_complete(); });
}

TENSAFE_DECODER(jlong, weightBytes)(JNIEnv*, jclass, jlong decoder) {
  return static_cast<jlong>(as<Decoder>(decoder).weights().bytes());
}

TENSAFE_DECODER(jboolean, hugePages)(JNIEnv*, jclass, jlong decoder) {
  return as<Decoder>(decoder).weights().huge() ? JNI_TRUE : JNI_FALSE;
}

TENSAFE_DECODER(jlong, blockBytes)(JNIEnv*, jclass, jlong decoder) {
  return static_cast<jlong>(Cache::block_bytes(as<Decoder>(decoder).shape()));
}

TENSAFE_DECODER(void, allocateCache)(JNIEnv* env, jclass, jlong decoder, jint blocks) {
  guarded(env, [&] {
    require(blocks >= 1, ErrorCode::kInvalidArgument, "decoder: a cache has at least one block");
    as<Decoder>(decoder).allocate_cache(static_cast<std::size_t>(blocks));
  });
}

TENSAFE_DECODER(void, touchCache)(JNIEnv*, jclass, jlong decoder) { as<Decoder>(decoder).touch_cache(); }

TENSAFE_DECODER(void, begin)(JNIEnv* env, jclass, jlong decoder, jobject list, jint length, jobject angles,
                             jint angle_count, jobject stops, jint stop_count, jlongArray adapters, jobject starts,
                             jobject rows, jint row_count) {
  guarded(env, [&] {
    StepAdapters low_rank;
    if (adapters != nullptr) {
      // stays until the step is over, and is grown by no step like the last
      std::vector<const lora::Adapter*>& list = as<Decoder>(decoder).adapter_list();
      list.resize(static_cast<std::size_t>(env->GetArrayLength(adapters)));
      for (std::size_t i = 0; i < list.size(); ++i) {
        jlong address = 0;
        env->GetLongArrayRegion(adapters, static_cast<jsize>(i), 1, &address);
        list[i] = &as<lora::Adapter>(address);
      }
      low_rank.adapters = list;
      low_rank.starts = {reinterpret_cast<const std::int32_t*>(direct(env, starts, 0)), low_rank.adapters.size() + 1};
      low_rank.rows = {reinterpret_cast<const std::int32_t*>(direct(env, rows, 0)),
                       static_cast<std::size_t>(row_count)};
    }
    std::span<const std::uint8_t> wanted;
    if (stops != nullptr) wanted = {direct(env, stops, 0), static_cast<std::size_t>(stop_count)};
    as<Decoder>(decoder).begin({reinterpret_cast<const std::int32_t*>(direct(env, list, 0)),
                                static_cast<std::size_t>(length)},
                               {reinterpret_cast<const float*>(direct(env, angles, 0)),
                                static_cast<std::size_t>(angle_count)},
                               wanted, low_rank);
  });
}

TENSAFE_DECODER(jint, run)(JNIEnv* env, jclass, jlong decoder) {
  return guarded(env, [&]() -> jint {
    Stop stop{};
    if (!as<Decoder>(decoder).run(stop)) return -1;
    const std::size_t group = stop.layer * kGroups + static_cast<std::size_t>(stop.group);
    return static_cast<jint>(2 * group + static_cast<std::size_t>(stop.phase));
  });
}

TENSAFE_DECODER(jobject, input)(JNIEnv* env, jclass, jlong decoder, jlong floats) {
  return guarded(env, [&] { return view(env, as<Decoder>(decoder).input(), floats); });
}

TENSAFE_DECODER(jobject, output)(JNIEnv* env, jclass, jlong decoder, jint member, jlong floats) {
  return guarded(env, [&] { return view(env, as<Decoder>(decoder).output(static_cast<std::size_t>(member)), floats); });
}

TENSAFE_DECODER(jobject, logits)(JNIEnv* env, jclass, jlong decoder, jlong floats) {
  return guarded(env, [&] { return view(env, as<Decoder>(decoder).logits(), floats); });
}

TENSAFE_DECODER(void, measure)(JNIEnv*, jclass, jlong decoder, jboolean on) {
  as<Decoder>(decoder).reset_times();
  as<Decoder>(decoder).measure(on == JNI_TRUE);
}

TENSAFE_DECODER(jlongArray, times)(JNIEnv* env, jclass, jlong decoder) {
  return guarded(env, [&] {
    jlong values[kOperationKinds];
    for (std::size_t i = 0; i < kOperationKinds; ++i) {
      values[i] = static_cast<jlong>(as<Decoder>(decoder).times()[i]);
    }
    jlongArray array = env->NewLongArray(kOperationKinds);
    if (array != nullptr) env->SetLongArrayRegion(array, 0, kOperationKinds, values);
    return array;
  });
}
