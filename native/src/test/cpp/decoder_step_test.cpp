#include <limits>
#include <memory>

#include "decoder/errors.hpp"
#include "decoder_model.hpp"
#include "lora/adapter.hpp"

// What a decoder refuses: steps with a wrong field anywhere, and shapes and weights that are none.

namespace tensafe::test {
namespace {

using namespace decoder;
using Ints = std::vector<std::int32_t>;

Shape small_shape() {
  Shape shape;
  shape.hidden = 8;
  shape.intermediate = 12;
  shape.layers = 2;
  shape.heads = 2;
  shape.kv_heads = 1;
  shape.head_dim = 4;
  shape.vocabulary = 10;
  shape.eps = 1e-5f;
  shape.windows = {0, 5};
  return shape;
}

constexpr std::size_t kBlocks = 6;

std::unique_ptr<Decoder> filled(const Model& model) {
  auto decoder = std::make_unique<Decoder>(model.shape, scalar_kernels(), 1, false);
  model.fill(decoder->weights());
  decoder->allocate_cache(kBlocks);
  return decoder;
}

/// Two runs, of 2 rows from position 15 on and of 1 row at position 0; 2 rows of logits.
const Ints kList = {2, 3, 2, 3, /*runs*/ 2, 15, 2, 1, 0, 1, /*tokens*/ 4, 9, 0, /*blocks*/ 5, 2, 0, /*logits*/ 1, 2};

template <typename Action>
bool refused(ErrorCode code, Action action) {
  try {
    action();
  } catch (const DecoderError& e) {
    return e.code() == code;
  }
  return false;
}

bool step_refused(Decoder& decoder, const Ints& list, std::size_t angles = 3 * 4,
                  const std::vector<std::uint8_t>& stops = {}, const StepAdapters& adapters = {}) {
  const std::vector<float> numbers(angles, 0.5f);
  const bool no = refused(ErrorCode::kInvalidStep, [&] { decoder.begin(list, numbers, stops, adapters); });
  Stop stop{};
  // whatever was refused is not run
  TENSAFE_CHECK(!no || !decoder.run(stop));
  return no;
}

}  // namespace

TENSAFE_TEST(a_step_with_any_wrong_field_is_refused) {
  const Model model(small_shape());
  const std::unique_ptr<Decoder> decoder = filled(model);
  TENSAFE_CHECK(!step_refused(*decoder, kList));
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  struct Wrong {
    std::size_t at;
    std::int32_t value;
  };
  for (const Wrong& w : {
           Wrong{0, 0}, {0, 1}, {0, 3}, {0, -1}, {0, kMost},                                  // runs
           {1, 2}, {1, 4}, {1, -3}, {1, kMost}, {2, 1}, {2, 3}, {2, -2}, {3, 2}, {3, kLeast},  // counts
           {4, 0}, {4, 1}, {4, 3}, {4, -2}, {4, kMost},                                       // rows of a run
           {5, -1}, {5, 31}, {5, kMost}, {5, kLeast},                                         // its start
           {6, 0}, {6, 1}, {6, 3}, {6, -2}, {6, kMost},                                       // its blocks
           {7, 0}, {7, 2}, {8, -1}, {8, 16}, {9, 0}, {9, 2},                                  // the second run
           {10, -1}, {11, 10}, {12, kMost},                                                   // tokens
           {13, -1}, {14, 6}, {15, kMost}, {15, kLeast},                                      // blocks
           {16, 3}, {17, -1}, {17, kMost},                                                    // rows of logits
       }) {
    Ints list = kList;
    list[w.at] = w.value;
    TENSAFE_CHECK(step_refused(*decoder, list), << "element " << w.at << " is " << w.value);
  }
  for (std::size_t length = 0; length < kList.size(); ++length) {
    TENSAFE_CHECK(step_refused(*decoder, Ints(kList.begin(), kList.begin() + static_cast<long>(length))), << length);
  }
  Ints longer = kList;
  longer.push_back(0);
  TENSAFE_CHECK(step_refused(*decoder, longer));
  TENSAFE_CHECK(step_refused(*decoder, kList, 11));
  TENSAFE_CHECK(step_refused(*decoder, kList, 12, {1, 2, 3}));
}

TENSAFE_TEST(a_block_that_is_written_belongs_to_one_run) {
  const Model model(small_shape());
  const std::unique_ptr<Decoder> decoder = filled(model);
  const auto with_blocks = [](std::int32_t first, std::int32_t second, std::int32_t third) {
    Ints list = kList;
    list[13] = first;
    list[14] = second;
    list[15] = third;
    return list;
  };
  TENSAFE_CHECK(step_refused(*decoder, with_blocks(5, 2, 2)));
  TENSAFE_CHECK(step_refused(*decoder, with_blocks(5, 2, 5)));
  TENSAFE_CHECK(step_refused(*decoder, with_blocks(2, 2, 0)));
  // rows at 16 and 17 read block 5, which the second run would write
  Ints list = with_blocks(5, 2, 5);
  list[5] = 16;
  TENSAFE_CHECK(step_refused(*decoder, list));
  // a beginning that was there before is read by many
  const Ints shared = {2, 2, 0, 4, 1, 16, 2, 1, 17, 2, 0, 0, 3, 1, 3, 2};
  TENSAFE_CHECK(!step_refused(*decoder, shared, 8));
}

TENSAFE_TEST(a_step_with_wrong_adapters_is_refused) {
  const Model model(small_shape());
  const std::unique_ptr<Decoder> decoder = filled(model);
  lora::Adapter fits(14), other_layers(7), other_size(14);
  fits.add(0, 8, 8, 2, 1.0f, lora::Storage::kFloat32);
  other_size.add(6, 8, 8, 2, 1.0f, lora::Storage::kFloat32);
  const auto is_refused = [&](std::vector<const lora::Adapter*> adapters, const Ints& starts, const Ints& rows) {
    return step_refused(*decoder, kList, 12, {}, {adapters, starts, rows});
  };
  TENSAFE_CHECK(!is_refused({&fits, &fits}, {0, 1, 3}, {2, 0, 1}));
  TENSAFE_CHECK(!is_refused({&fits}, {0, 0}, {}));
  TENSAFE_CHECK(is_refused({nullptr}, {0, 1}, {0}));
  TENSAFE_CHECK(is_refused({&other_layers}, {0, 1}, {0}));
  TENSAFE_CHECK(is_refused({&other_size}, {0, 1}, {0}));
  TENSAFE_CHECK(is_refused({&fits}, {0}, {0}));
  TENSAFE_CHECK(is_refused({&fits}, {1, 2}, {0, 1}));
  TENSAFE_CHECK(is_refused({&fits, &fits}, {0, 2, 1}, {0, 1}));
  TENSAFE_CHECK(is_refused({&fits}, {0, 3}, {0, 1}));
  TENSAFE_CHECK(is_refused({&fits}, {0, -1}, {0, 1}));
  TENSAFE_CHECK(is_refused({&fits}, {0, 1}, {3}));
  TENSAFE_CHECK(is_refused({&fits}, {0, 1}, {-1}));
  TENSAFE_CHECK(is_refused({&fits, &fits}, {0, 1, 2}, {1, 1}));
}

TENSAFE_TEST(a_decoder_without_all_its_weights_or_its_cache_runs_nothing) {
  const Model model(small_shape());
  Decoder decoder(model.shape, scalar_kernels(), 1, false);
  const std::vector<float> angles(12, 0.5f);
  decoder.allocate_cache(kBlocks);
  TENSAFE_CHECK(refused(ErrorCode::kIncomplete, [&] { decoder.begin(kList, angles, {}, {}); }));
  Decoder without_cache(model.shape, scalar_kernels(), 1, false);
  model.fill(without_cache.weights());
  TENSAFE_CHECK(step_refused(without_cache, kList));
}

TENSAFE_TEST(shapes_that_no_machine_holds_are_refused) {
  const auto shape_refused = [](ErrorCode code, auto change) {
    Shape shape = small_shape();
    change(shape);
    return refused(code, [&] { Decoder(shape, scalar_kernels(), 1, false); });
  };
  constexpr auto kWrong = ErrorCode::kInvalidArgument;
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.hidden = 0; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.vocabulary = std::size_t{1} << 25; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.head_dim = 5; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.head_dim = 258; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.kv_heads = 3; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) { s.windows = {0}; }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) {
    s.ends = Format::kInt8;
    s.hidden = 65537;
  }));
  TENSAFE_CHECK(shape_refused(kWrong, [](Shape& s) {
    s.weights = Format::kInt8;
    s.intermediate = 65537;
  }));
  // each size alone would do, their product would not fit into 64 bits
  TENSAFE_CHECK(shape_refused(ErrorCode::kNoMemory, [](Shape& s) {
    s.hidden = s.intermediate = s.vocabulary = std::size_t{1} << 24;
    s.layers = std::size_t{1} << 20;
    s.windows.assign(s.layers, 0);
  }));
  Decoder decoder(small_shape(), scalar_kernels(), 1, false);
  TENSAFE_CHECK(refused(ErrorCode::kNoMemory, [&] { decoder.allocate_cache(std::size_t{1} << 60); }));
}

TENSAFE_TEST(rows_of_logits_may_be_more_than_rows) {
  const Model model(small_shape());
  const std::unique_ptr<Decoder> decoder = filled(model);
  const std::size_t vocabulary = model.shape.vocabulary;
  std::vector<float> first;
  // memory for logits grows by more than was asked for: 200 have room after 100 and 150
  for (std::int32_t count : {1, 100, 150, 200, 224}) {
    Ints list = {1, 2, count, 1, 2, 0, 1, 7, 3, 4};
    for (std::int32_t i = 0; i < count; ++i) list.push_back(1 - i % 2);
    const std::vector<float> angles(8, 0.5f);
    decoder->begin(list, angles, {}, {});
    Stop stop{};
    decoder->run(stop);
    if (first.empty()) first.assign(decoder->logits(), decoder->logits() + vocabulary);
    for (std::int32_t i = 0; i < count; i += 2) {
      const float* row = decoder->logits() + static_cast<std::size_t>(i) * vocabulary;
      TENSAFE_CHECK(difference(row, first.data(), vocabulary) == vocabulary, << i << " of " << count);
    }
  }
}

}  // namespace tensafe::test
