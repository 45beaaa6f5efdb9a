#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "decoder/decoder.hpp"
#include "decoder/errors.hpp"
#include "lora/adapter.hpp"

// libFuzzer target: any list of integers, taken for a step, is run or refused with a typed error. The first
// byte says which elements come from wherever the input has them and which from a small range, as few lists
// of any numbers are steps; the second which stops and adapters there are.

namespace {

using namespace tensafe;
using namespace tensafe::decoder;

constexpr std::size_t kBlocks = 5;
constexpr std::size_t kMostRows = 96;

/// A decoder of the smallest sizes, with full and windowed attention, and one adapter.
struct Fixture {
  Fixture() : adapter(kProjections * 2) {
    Shape shape;
    shape.hidden = 4;
    shape.intermediate = 6;
    shape.layers = 2;
    shape.heads = 2;
    shape.kv_heads = 1;
    shape.head_dim = 2;
    shape.vocabulary = 7;
    shape.eps = 1e-5f;
    shape.windows = {0, 3};
    shape.tied = true;
    shape.cache = Format::kBfloat16;
    decoder = std::make_unique<Decoder>(shape, scalar_kernels(), 1, false);
    const std::vector<float> ones(64, 0.25f);
    const auto* bytes = reinterpret_cast<const std::byte*>(ones.data());
    for (std::size_t l = 0; l < shape.layers; ++l) {
      for (std::size_t p = 0; p < kProjections; ++p) {
        const auto projection = static_cast<Projection>(p);
        decoder->weights().put_projection(l, projection, Source::kFloat32, 0, outputs(shape, projection), bytes);
      }
      for (LayerNorm norm : {LayerNorm::kInput, LayerNorm::kAfterAttention}) {
        decoder->weights().put_norm(l, norm, Source::kFloat32, bytes);
      }
    }
    decoder->weights().put_end(End::kEmbedding, Source::kFloat32, 0, shape.vocabulary, bytes);
    decoder->weights().put_end(End::kFinalNorm, Source::kFloat32, 0, 1, bytes);
    decoder->allocate_cache(kBlocks);
    adapter.add(0, 4, 4, 2, 1.0f, lora::Storage::kFloat32);
    adapter.add(kProjections + 6, 6, 4, 3, 1.0f, lora::Storage::kFloat32);
  }
  std::unique_ptr<Decoder> decoder;
  lora::Adapter adapter;
};

/// A list of exactly that length on the heap, so that reading behind it is seen.
using Ints = std::vector<std::int32_t>;

Ints small_numbers(const std::uint8_t* data, std::size_t size) {
  Ints list;
  for (std::size_t i = 0; i < size; ++i) list.push_back(static_cast<std::int8_t>(data[i]));
  return list;
}

Ints any_numbers(const std::uint8_t* data, std::size_t size) {
  Ints list(size / 4);
  if (!list.empty()) std::memcpy(list.data(), data, list.size() * 4);
  return list;
}

/// A list whose counts and lengths agree, with whatever numbers the input has elsewhere.
Ints agreeing(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  const auto next = [&] { return at < size ? static_cast<std::int32_t>(static_cast<std::int8_t>(data[at++])) : 0; };
  const std::int32_t runs = 1 + (next() & 3), logits = next() & 15;
  Ints heads, tokens, blocks, rows;
  for (std::int32_t i = 0; i < runs; ++i) {
    const std::int32_t own = 1 + (next() & 15), start = next(), own_blocks = 1 + (next() & 3);
    heads.insert(heads.end(), {own, start, own_blocks});
    for (std::int32_t r = 0; r < own; ++r) tokens.push_back(next() % 8);
    for (std::int32_t b = 0; b < own_blocks; ++b) blocks.push_back(next() % 8);
  }
  for (std::int32_t i = 0; i < logits; ++i) rows.push_back(next() % 64);
  Ints list{runs, static_cast<std::int32_t>(tokens.size()), logits, static_cast<std::int32_t>(blocks.size())};
  for (const Ints* part : {&heads, &tokens, &blocks, &rows}) list.insert(list.end(), part->begin(), part->end());
  return list;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  if (size < 6) return 0;
  const std::uint8_t how = data[0], also = data[1];
  const Ints starts{0, static_cast<std::int8_t>(data[2])}, rows{static_cast<std::int8_t>(data[3]), data[4] & 7};
  data += 5;
  size -= 5;
  Ints list = how % 3 == 0 ? small_numbers(data, size) : how % 3 == 1 ? any_numbers(data, size) : agreeing(data, size);
  list.shrink_to_fit();
  const std::vector<float> angles(kMostRows * 2, 0.5f);
  const std::vector<std::uint8_t> stops(2 * kGroups, also & 3);
  const lora::Adapter* const adapters[] = {&fixture.adapter};
  StepAdapters low_rank;
  if ((also & 8) != 0) low_rank = {adapters, starts, rows};
  try {
    fixture.decoder->begin(list, angles, (also & 4) != 0 ? stops : std::span<const std::uint8_t>(), low_rank);
  } catch (const DecoderError&) {
    // refused, and not run
  }
  float seen = 0;
  for (Stop stop{}; fixture.decoder->run(stop);) seen += fixture.decoder->input()[0];
  volatile float kept = seen;
  (void)kept;
  return 0;
}
