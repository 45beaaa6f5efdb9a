#include "ckks/scheme/tag_answer.hpp"
#include "ckks/scheme/tag_request.hpp"
#include "jni/ckks_handles.hpp"

using namespace tensafe::jni;

namespace {

struct TagRequestHandle {
  TagRequestHandle(const ContextHandle& c, std::size_t rows, int scale_bits)
      : context(c), request(*context, rows, scale_bits) {}

  ContextHandle context;
  TagRequest request;
};

struct TagAnswerHandle {
  TagAnswerHandle(const ContextHandle& c, std::size_t rows, std::span<const std::uint8_t> message)
      : context(c), answer(*context, rows, message) {}

  ContextHandle context;
  TagAnswer answer;
};

std::size_t size(jint value) {
  require(value >= 0, ErrorCode::kInvalidArgument, "tag: a size is negative");
  return static_cast<std::size_t>(value);
}

}  // namespace

TENSAFE_CKKS(jlong, tagConstantsBytes)(JNIEnv*, jclass, jlong context, jint rows) {
  return static_cast<jlong>(tag_constants_bytes(*as<ContextHandle>(context), static_cast<std::size_t>(rows)));
}

TENSAFE_CKKS(jlong, tagChunkBytes)(JNIEnv*, jclass, jlong context, jint columns) {
  return static_cast<jlong>(tag_chunk_bytes(*as<ContextHandle>(context), static_cast<std::size_t>(columns)));
}

TENSAFE_CKKS(jlong, tagRequestOpen)(JNIEnv* env, jclass, jlong context, jint rows, jint scale_bits) {
  return guarded(env, [&] {
    return address_of(new TagRequestHandle(as<ContextHandle>(context), size(rows), scale_bits));
  });
}

TENSAFE_CKKS(void, tagRequestFree)(JNIEnv*, jclass, jlong request) { delete &as<TagRequestHandle>(request); }

TENSAFE_CKKS(jlongArray, tagRequestConstants)(JNIEnv* env, jclass, jlong request) {
  const auto constants = as<TagRequestHandle>(request).request.constants();
  jlongArray result = env->NewLongArray(static_cast<jsize>(constants.size()));
  if (result != nullptr) {
    env->SetLongArrayRegion(result, 0, static_cast<jsize>(constants.size()),
                            reinterpret_cast<const jlong*>(constants.data()));
  }
  return result;
}

TENSAFE_CKKS(void, tagRequestWrite)(JNIEnv* env, jclass, jlong request, jlong key, jobject out, jlong offset) {
  guarded(env, [&] {
    as<TagRequestHandle>(request).request.write(as<KeyHandle>(key).key, direct(env, out, offset));
  });
}

TENSAFE_CKKS(jlongArray, tagRequestRead)(JNIEnv* env, jclass, jlong request, jlong key, jobject in, jlong offset,
                                         jlong length, jint columns) {
  return guarded(env, [&]() -> jlongArray {
    AlignedArray<std::int64_t, true> values(size(columns));
    as<TagRequestHandle>(request).request.read(as<KeyHandle>(key).key, message(env, in, offset, length),
                                               values.size(), values.data());
    jlongArray result = env->NewLongArray(columns);
    if (result != nullptr) {
      env->SetLongArrayRegion(result, 0, columns, reinterpret_cast<const jlong*>(values.data()));
    }
    return result;
  });
}

TENSAFE_CKKS(jlong, tagAnswerOpen)(JNIEnv* env, jclass, jlong context, jint rows, jobject in, jlong offset,
                                   jlong length) {
  return guarded(env, [&] {
    return address_of(new TagAnswerHandle(as<ContextHandle>(context), size(rows), message(env, in, offset, length)));
  });
}

TENSAFE_CKKS(void, tagAnswerFree)(JNIEnv*, jclass, jlong answer) { delete &as<TagAnswerHandle>(answer); }

TENSAFE_CKKS(void, tagAnswerPut)(JNIEnv* env, jclass, jlong answer, jobject matrix, jlong offset, jint rows,
                                 jint columns, jint first, jint count, jint at) {
  guarded(env, [&] {
    as<TagAnswerHandle>(answer).answer.put(reinterpret_cast<const std::int32_t*>(direct(env, matrix, offset)),
                                           size(rows), size(columns), size(first), size(count), size(at));
  });
}

TENSAFE_CKKS(void, tagAnswerWrite)(JNIEnv* env, jclass, jlong answer, jlong key, jint columns, jobject out,
                                   jlong offset) {
  guarded(env, [&] {
    as<TagAnswerHandle>(answer).answer.write(as<PublicKeyHandle>(key).key, size(columns), Protection::kRerandomized,
                                             direct(env, out, offset));
  });
}
