#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoder/shape.hpp"

namespace tensafe::lora {
class Adapter;
}

namespace tensafe::decoder {

/// What one sequence runs: `rows` tokens at positions from `start` on.
struct Run {
  std::size_t first_row;
  std::size_t rows;
  std::size_t start;
  std::span<const std::int32_t> blocks;  ///< of the cache, in order of position
};

/// A step as its caller describes it, checked. The description is a list of int32:
///   number of runs, rows, rows of logits, blocks of all runs,
///   of each run: rows, start, blocks,
///   the token of each row,
///   the blocks of each run,
///   the row of each row of logits.
/// Nothing is copied: the list stays where it is until the step is over.
class Step {
 public:
  /// Throws kInvalidStep for whatever points outside of the vocabulary, the cache or the list, and for a block
  /// that one run writes to and another, or the same one at another place, reads or writes too.
  void read(std::span<const std::int32_t> list, std::size_t vocabulary, std::size_t cache_blocks);

  const std::vector<Run>& runs() const noexcept { return runs_; }
  std::span<const std::int32_t> tokens() const noexcept { return tokens_; }
  std::span<const std::int32_t> logit_rows() const noexcept { return logit_rows_; }
  std::size_t rows() const noexcept { return tokens_.size(); }
  /// Index of the run that a row belongs to.
  std::size_t run_of(std::size_t row) const noexcept { return run_of_[row]; }

 private:
  void check_blocks(std::size_t cache_blocks);

  std::vector<Run> runs_;
  std::vector<std::uint32_t> run_of_;
  std::vector<std::uint32_t> written_;  ///< of each block of the cache, the last step that wrote to it
  std::uint32_t number_ = 0;            ///< of this step
  std::span<const std::int32_t> tokens_;
  std::span<const std::int32_t> logit_rows_;
};

/// Low-rank adapters of a step: adapter s changes the rows rows[starts[s] … starts[s + 1]). Owns none of them.
struct StepAdapters {
  std::span<const lora::Adapter* const> adapters;
  std::span<const std::int32_t> starts;
  std::span<const std::int32_t> rows;

  /// Of a row: which adapter changes it, -1 for none, and its place in `rows`.
  std::vector<std::int32_t> segment_of{};
  std::vector<std::int32_t> place_of{};

  /// Of a layer and group, layer * kGroups + group: whether any adapter has a module for its projections.
  std::vector<std::uint8_t> touched{};

  /// Rows of all adapters.
  std::size_t count() const { return adapters.empty() ? 0 : static_cast<std::size_t>(starts[adapters.size()]); }
  /// Fills `segment_of`, `place_of` and `touched` of a checked list.
  void index(std::size_t step_rows, std::size_t layers);

  bool touches(std::size_t layer, Group group) const {
    return !adapters.empty() && touched[layer * kGroups + static_cast<std::size_t>(group)] != 0;
  }
  /// Throws kInvalidStep unless every row is one of the step and in one place only, and every module fits
  /// the shape. `taken` is room to work in.
  void check(const Shape& shape, std::size_t rows, std::vector<std::uint8_t>& taken) const;
};

}  // namespace tensafe::decoder
