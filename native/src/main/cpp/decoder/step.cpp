#include "decoder/step.hpp"

#include "decoder/errors.hpp"
#include "lora/adapter.hpp"

namespace tensafe::decoder {
namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kPerRun = 3;
/// Positions that a sequence may have.
constexpr std::size_t kMostPositions = std::size_t{1} << 28;

void valid(bool condition, const char* message) { require(condition, ErrorCode::kInvalidStep, message); }

std::size_t slot(std::size_t layer, std::size_t projection) { return layer * kProjections + projection; }

}  // namespace

void Step::read(std::span<const std::int32_t> list, std::size_t vocabulary, std::size_t cache_blocks) {
  valid(list.size() >= kHeader, "step: the list ends in its head");
  for (std::size_t i = 0; i < kHeader; ++i) valid(list[i] >= 0, "step: a number of things is negative");
  const auto count = static_cast<std::size_t>(list[0]);
  const auto rows = static_cast<std::size_t>(list[1]);
  const auto logits = static_cast<std::size_t>(list[2]);
  const auto blocks = static_cast<std::size_t>(list[3]);
  valid(count >= 1 && rows >= count, "step: no run, or one without a row");
  valid(list.size() == kHeader + kPerRun * count + rows + blocks + logits, "step: the list has another length");
  tokens_ = list.subspan(kHeader + kPerRun * count, rows);
  const std::span<const std::int32_t> all_blocks = list.subspan(kHeader + kPerRun * count + rows, blocks);
  logit_rows_ = list.last(logits);
  runs_.clear();
  run_of_.resize(rows);
  std::size_t row = 0;
  std::size_t block = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t* at = list.data() + kHeader + kPerRun * i;
    valid(at[0] >= 1 && at[1] >= 0 && at[2] >= 1, "step: a run without a row, a block or a position");
    const auto own = static_cast<std::size_t>(at[0]);
    const auto start = static_cast<std::size_t>(at[1]);
    const auto own_blocks = static_cast<std::size_t>(at[2]);
    valid(own <= rows - row, "step: runs have more rows than the step");
    valid(own_blocks <= blocks - block, "step: runs have more blocks than the step");
    valid(start + own <= kMostPositions && start + own <= own_blocks * kBlock,
          "step: a run's blocks do not reach its last position");
    runs_.push_back({row, own, start, all_blocks.subspan(block, own_blocks)});
    for (std::size_t r = row; r < row + own; ++r) run_of_[r] = static_cast<std::uint32_t>(i);
    row += own;
    block += own_blocks;
  }
  valid(row == rows && block == blocks, "step: rows or blocks that no run has");
  for (std::int32_t token : tokens_) {
    valid(token >= 0 && static_cast<std::size_t>(token) < vocabulary, "step: a token outside of the vocabulary");
  }
  for (std::int32_t b : all_blocks) {
    valid(b >= 0 && static_cast<std::size_t>(b) < cache_blocks, "step: a block outside of the cache");
  }
  for (std::int32_t r : logit_rows_) {
    valid(r >= 0 && static_cast<std::size_t>(r) < rows, "step: logits of a row that is none");
  }
  check_blocks(cache_blocks);
}

void Step::check_blocks(std::size_t cache_blocks) {
  if (written_.size() != cache_blocks || ++number_ == 0) {
    written_.assign(cache_blocks, 0);
    number_ = 1;
  }
  for (const Run& run : runs_) {
    for (std::size_t b = run.start / kBlock; b <= (run.start + run.rows - 1) / kBlock; ++b) {
      std::uint32_t& last = written_[static_cast<std::size_t>(run.blocks[b])];
      valid(last != number_, "step: a block that is written twice");
      last = number_;
    }
  }
  for (const Run& run : runs_) {
    for (std::int32_t block : run.blocks.first(run.start / kBlock)) {
      valid(written_[static_cast<std::size_t>(block)] != number_, "step: a block that is read while it is written");
    }
  }
}

void StepAdapters::index(std::size_t step_rows, std::size_t layers) {
  if (adapters.empty()) return;
  touched.assign(layers * kGroups, 0);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    for (std::size_t g = 0; g < kGroups; ++g) {
      const auto first = static_cast<std::size_t>(first_of(static_cast<Group>(g)));
      const std::size_t end = first + members(static_cast<Group>(g));
      for (const lora::Adapter* adapter : adapters) {
        for (std::size_t p = first; p < end; ++p) touched[layer * kGroups + g] |= adapter->find(slot(layer, p)) != nullptr;
      }
    }
  }
  segment_of.assign(step_rows, -1);
  place_of.assign(step_rows, 0);
  for (std::size_t s = 0; s < adapters.size(); ++s) {
    for (std::int32_t i = starts[s]; i < starts[s + 1]; ++i) {
      const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
      segment_of[row] = static_cast<std::int32_t>(s);
      place_of[row] = i;
    }
  }
}

void StepAdapters::check(const Shape& shape, std::size_t count, std::vector<std::uint8_t>& taken) const {
  if (adapters.empty()) return;
  valid(starts.size() >= adapters.size() + 1 && starts[0] == 0, "step: adapters without a start");
  for (std::size_t s = 0; s < adapters.size(); ++s) {
    valid(starts[s + 1] >= starts[s] && static_cast<std::size_t>(starts[s + 1]) <= rows.size(),
          "step: an adapter's rows are no part of the list");
    valid(adapters[s] != nullptr && adapters[s]->slots() == shape.layers * kProjections,
          "step: an adapter for another number of layers");
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
      for (std::size_t p = 0; p < kProjections; ++p) {
        const lora::Module* module = adapters[s]->find(slot(layer, p));
        valid(module == nullptr || (module->in == inputs(shape, static_cast<Projection>(p)) &&
                                    module->out == outputs(shape, static_cast<Projection>(p))),
              "step: an adapter's module has another size than its projection");
      }
    }
  }
  taken.assign(count, 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(starts[adapters.size()]); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    valid(rows[i] >= 0 && row < count && taken[row] == 0, "step: an adapter's row is none, or has two");
    taken[row] = 1;
  }
}

}  // namespace tensafe::decoder
