#include <memory>

#include "base/denormals.hpp"
#include "decoder_model.hpp"
#include "lora/adapter.hpp"
#include "lora/low_rank_kernels.hpp"

// Whole decoders against the twin, to the bit: however a sequence is cut, whatever runs beside it, whoever
// stops where, on every set of kernels, with one to three threads.

namespace tensafe::test {
namespace {

using namespace decoder;

std::unique_ptr<Decoder> decoder_of(const Model& model, const DecoderKernels& set, std::size_t threads,
                                    std::size_t blocks) {
  auto decoder = std::make_unique<Decoder>(model.shape, set, threads, false);
  model.fill(decoder->weights());
  decoder->weights().require_complete();
  decoder->allocate_cache(blocks);
  return decoder;
}

/// Leaves keys that are no numbers in every block.
void poison(Decoder& decoder, const std::vector<Sequence>& sequences) {
  const Shape& shape = decoder.shape();
  for (const Sequence& sequence : sequences) {
    const std::size_t rows = sequence.blocks.size() * kBlock;
    std::vector<std::int32_t> list{1, static_cast<std::int32_t>(rows), 0, static_cast<std::int32_t>(rows / kBlock),
                                   static_cast<std::int32_t>(rows), 0, static_cast<std::int32_t>(rows / kBlock)};
    list.insert(list.end(), rows, 0);
    list.insert(list.end(), sequence.blocks.begin(), sequence.blocks.end());
    const std::vector<float> angles(rows * shape.head_dim, NAN);
    decoder.begin(list, angles, {}, {});
    Stop stop{};
    TENSAFE_CHECK(!decoder.run(stop));
  }
}

std::vector<std::uint8_t> any_stops(const Shape& shape) {
  std::vector<std::uint8_t> stops;
  if (one_in(2)) return stops;
  for (std::size_t i = 0; i < shape.layers * kGroups; ++i) stops.push_back(static_cast<std::uint8_t>(below(4)));
  return stops;
}

/// What is wanted at all groups, and in order.
void run_through(Decoder& decoder, const std::vector<std::uint8_t>& stops) {
  std::vector<std::size_t> wanted, seen;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if ((stops[i] & Decoder::kStopBefore) != 0) wanted.push_back(2 * i);
    if ((stops[i] & Decoder::kStopAfter) != 0) wanted.push_back(2 * i + 1);
  }
  for (Stop stop{}; decoder.run(stop);) {
    seen.push_back(2 * (stop.layer * kGroups + static_cast<std::size_t>(stop.group)) +
                   static_cast<std::size_t>(stop.phase));
  }
  TENSAFE_CHECK(seen == wanted);
}

/// Runs all sequences to their ends in any pieces.
template <typename Check>
void run_all(Decoder& decoder, std::vector<Sequence> sequences, std::size_t most, Check check) {
  const auto left = [&] {
    for (const Sequence& s : sequences) {
      if (s.done < s.tokens.size()) return true;
    }
    return false;
  };
  while (left()) {
    const std::vector<std::size_t> counts = any_counts(sequences, most);
    const StepInput step = step_of(decoder.shape(), sequences, counts, one_in(2));
    const std::vector<std::uint8_t> stops = any_stops(decoder.shape());
    decoder.begin(step.list, step.angles, stops, {});
    run_through(decoder, stops);
    check(step);
    for (std::size_t s = 0; s < sequences.size(); ++s) sequences[s].done += counts[s];
  }
}

void check_model(const Model& model, std::size_t count, std::size_t longest) {
  const std::size_t vocabulary = model.shape.vocabulary;
  std::size_t blocks = 0;
  const std::vector<Sequence> sequences = any_sequences(model.shape, count, longest, blocks);
  std::vector<std::vector<float>> wanted;
  for (const Sequence& sequence : sequences) wanted.push_back(model.logits(sequence.tokens));
  for (const DecoderKernels* set : decoder_sets()) {
    const std::size_t threads = between(1, 3);
    const std::unique_ptr<Decoder> decoder = decoder_of(model, *set, threads, blocks);
    if (one_in(2)) poison(*decoder, sequences);
    run_all(*decoder, sequences, longest, [&](const StepInput& step) {
      for (std::size_t i = 0; i < step.logit_rows.size(); ++i) {
        const auto [s, p] = step.logit_rows[i];
        const float* got = decoder->logits() + i * vocabulary;
        const std::size_t at = difference(got, &wanted[s][p * vocabulary], vocabulary);
        TENSAFE_CHECK(at == vocabulary, << set->name << " " << threads << " threads, position " << p << " token "
                                        << at << ": " << got[at] << " for " << wanted[s][p * vocabulary + at]);
      }
    });
  }
}

/// Modules for some projections.
std::unique_ptr<lora::Adapter> any_adapter(const Shape& shape) {
  auto adapter = std::make_unique<lora::Adapter>(shape.layers * kProjections);
  for (std::size_t i = 0; i < adapter->slots(); ++i) {
    if (one_in(2)) continue;
    const auto projection = static_cast<Projection>(i % kProjections);
    const std::size_t in = inputs(shape, projection), out = outputs(shape, projection), rank = between(1, 20);
    adapter->add(i, in, out, rank, 0.5f, lora::Storage::kFloat32);
    for (const auto& [side, size] : {std::pair(lora::Side::kA, rank * in), std::pair(lora::Side::kB, out * rank)}) {
      const std::vector<float> values = numbers(size, Spread::kTame);
      adapter->module(i).put(side, lora::Source::kFloat32, 0, reinterpret_cast<const std::uint8_t*>(values.data()),
                             size);
    }
  }
  return adapter;
}

/// Adds at a stop what adapters would have added in the step.
void add_by_hand(Decoder& decoder, const Stop& stop, const std::vector<const lora::Adapter*>& adapters,
                 const std::vector<std::int32_t>& starts, const std::vector<std::int32_t>& rows) {
  const base::FlushDenormals flush;
  const auto first = static_cast<std::size_t>(first_of(stop.group));
  for (std::size_t a = 0; a < adapters.size(); ++a) {
    for (std::size_t m = 0; m < members(stop.group); ++m) {
      const lora::Module* module = adapters[a]->find(stop.layer * kProjections + first + m);
      const std::size_t count = static_cast<std::size_t>(starts[a + 1] - starts[a]);
      if (module == nullptr) continue;
      std::vector<float> reduced(count * module->padded_rank);
      const std::int32_t* own = rows.data() + starts[a];
      lora::kernels().shrink(*module, 0, module->padded_rank / lora::kRankPanel, decoder.input(), own, count,
                             reduced.data(), module->padded_rank);
      lora::kernels().expand(*module, reduced.data(), module->padded_rank, own, count, decoder.output(m));
    }
  }
}

}  // namespace

TENSAFE_TEST(a_decoder_is_the_twin_to_the_bit_however_it_is_asked) {
  for (int round = 0; round < 12; ++round) check_model(Model(any_shape()), between(1, 4), 40);
}

TENSAFE_TEST(a_decoder_is_the_twin_over_segments_of_a_long_sequence) {
  Shape shape = any_shape();
  shape.hidden = shape.intermediate = 6;
  shape.layers = 1;
  shape.kv_heads = 1;
  shape.heads = between(1, 3);
  shape.head_dim = 4;
  shape.windows = {one_in(2) ? 0 : between(200, 300)};
  check_model(Model(shape), 2, 560);
}

TENSAFE_TEST(adapters_in_a_step_are_what_is_added_at_its_stops) {
  for (int round = 0; round < 8; ++round) {
    const Model model(any_shape());
    std::size_t blocks = 0;
    const std::vector<Sequence> sequences = any_sequences(model.shape, between(1, 5), 20, blocks);
    std::vector<std::size_t> counts;
    for (const Sequence& s : sequences) counts.push_back(s.tokens.size());
    const StepInput step = step_of(model.shape, sequences, counts, true);
    std::vector<std::unique_ptr<lora::Adapter>> kept;
    for (std::size_t i = between(1, 3); i > 0; --i) kept.push_back(any_adapter(model.shape));
    // each row has one of the adapters, or none
    std::vector<const lora::Adapter*> adapters;
    std::vector<std::int32_t> starts{0}, rows;
    std::vector<std::size_t> owner(step.rows);
    for (std::size_t& own : owner) own = below(kept.size() + 1);
    for (std::size_t a = 0; a < kept.size(); ++a) {
      adapters.push_back(kept[a].get());
      for (std::size_t r = 0; r < step.rows; ++r) {
        if (owner[r] == a) rows.push_back(static_cast<std::int32_t>(r));
      }
      starts.push_back(static_cast<std::int32_t>(rows.size()));
    }
    for (const DecoderKernels* set : decoder_sets()) {
      const std::unique_ptr<Decoder> inside = decoder_of(model, *set, between(1, 3), blocks);
      const std::unique_ptr<Decoder> by_hand = decoder_of(model, *set, between(1, 3), blocks);
      inside->begin(step.list, step.angles, {}, {adapters, starts, rows});
      Stop stop{};
      TENSAFE_CHECK(!inside->run(stop));
      const std::vector<std::uint8_t> stops(model.shape.layers * kGroups, Decoder::kStopAfter);
      by_hand->begin(step.list, step.angles, stops, {});
      while (by_hand->run(stop)) add_by_hand(*by_hand, stop, adapters, starts, rows);
      const std::size_t n = step.rows * model.shape.vocabulary;
      TENSAFE_CHECK(difference(inside->logits(), by_hand->logits(), n) == n, << set->name);
    }
  }
}

}  // namespace tensafe::test
