#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/touch_ahead.hpp"
#include "decoder/cache.hpp"
#include "decoder/pieces.hpp"
#include "decoder/pool.hpp"
#include "decoder/program.hpp"
#include "decoder/scratch.hpp"
#include "decoder/step.hpp"
#include "decoder/weights.hpp"

namespace tensafe::decoder {

/// Where a step waits for its caller.
struct Stop {
  enum class Phase : int { kBefore = 0, kAfter = 1 };
  std::size_t layer;
  Group group;
  Phase phase;
};

/// A decoder with its weights and its cache: runs steps. One caller at a time.
class Decoder {
 public:
  /// Bits of what a caller wants at a group.
  static constexpr std::uint8_t kStopBefore = 1;  ///< its input is there, its products are not
  static constexpr std::uint8_t kStopAfter = 2;   ///< its outputs are there, and may be changed

  Decoder(Shape shape, const DecoderKernels& kernels, std::size_t threads, bool pinned);
  /// One that computes on another's threads, taking turns with it; they end with the last of the two.
  Decoder(Shape shape, const DecoderKernels& kernels, const Decoder& beside);

  const Shape& shape() const noexcept { return shape_; }
  const DecoderKernels& kernels() const noexcept { return kernels_; }
  Weights& weights() noexcept { return weights_; }
  const Weights& weights() const noexcept { return weights_; }

  /// Allocates the cache, after freeing an earlier one. Throws kNoMemory.
  void allocate_cache(std::size_t blocks);
  /// Has the system hand out the cache's memory from now on, beside what else runs.
  void touch_cache() noexcept { ahead_ = base::TouchAhead(cache_.memory()); }

  /// Begins a step; one that was not run to its end is given up.
  ///
  /// @param list see Step
  /// @param angles cosines [rows, head / 2], then sines
  /// @param stops what is wanted at each group, four a layer; may be empty
  /// @param adapters their memory stays until the step is over
  void begin(std::span<const std::int32_t> list, std::span<const float> angles, std::span<const std::uint8_t> stops,
             const StepAdapters& adapters);

  /// Where a caller may keep what it lists in StepAdapters.
  std::vector<const lora::Adapter*>& adapter_list() noexcept { return adapter_list_; }

  /// Goes on to the next stop. False at the end of the step.
  bool run(Stop& stop);

  /// Of the group of the last stop: [rows, inputs], and [rows, outputs] of its i-th projection.
  float* input() const noexcept { return scratch_.input; }
  float* output(std::size_t i) const noexcept { return scratch_.outputs[i]; }
  /// [rows of logits, vocabulary], after the end of a step.
  float* logits() const noexcept { return scratch_.logits; }
  const Step& step() const noexcept { return step_; }

  /// Adds up how long each kind of operation takes, in nanoseconds, from now on. For benchmarks.
  void measure(bool on) noexcept { measuring_ = on; }
  const std::array<std::uint64_t, kOperationKinds>& times() const noexcept { return times_; }
  void reset_times() noexcept { times_.fill(0); }

 private:
  Decoder(Shape shape, const DecoderKernels& kernels, std::shared_ptr<Pool> threads);

  bool is_open(const Operation& operation) const;
  bool runs(const Operation& operation) const;
  void execute(std::size_t index);
  void run_operations(std::size_t from, std::size_t to);

  void embed(Pieces& pieces);
  void norm(const Operation& operation, Pieces& pieces);
  void shrink(const Operation& operation, Pieces& pieces);
  void linear(const Operation& operation, Pieces& pieces);
  void heads(const Operation& operation, Pieces& pieces);
  void attend(const Operation& operation, Pieces& pieces);
  void prepare(const Operation& operation, Pieces& pieces);
  void add(const Operation& operation, Pieces& pieces);
  void activate(const Operation& operation, Pieces& pieces);
  void last(Pieces& pieces);
  void head(Pieces& pieces);

  void prepare_row(const Matrix& matrix, const float* x, std::size_t row);
  void product(const Matrix& matrix, std::size_t panel, std::size_t row, std::size_t rows, float* tile) const;
  void panel(const Operation& operation, std::size_t member, std::size_t panel);
  /// Has the processor read what adapters add to a panel, which lies in many places.
  void fetch(const Operation& operation, std::size_t member, std::size_t panel) const;
  void complete(const Operation& operation, std::size_t member, std::size_t panel, std::size_t row, std::size_t rows,
                float* tile) const;
  void finish(const Operation& operation, std::size_t member, std::size_t panel, std::size_t row, std::size_t rows,
              const float* tile);
  /// Rows of one task where every row is its own work.
  std::size_t row_chunk(std::size_t rows) const;

  const Shape shape_;
  const DecoderKernels& kernels_;
  Weights weights_;
  Cache cache_;
  base::TouchAhead ahead_;  // after the cache, whose memory it touches
  Scratch scratch_;
  const std::vector<Operation> program_;
  const std::unique_ptr<Pieces[]> pieces_;
  /// Operations before this one are over.
  alignas(64) std::atomic<std::size_t> front_{0};
  const std::shared_ptr<Pool> threads_;
  Pool& pool_;

  Step step_;
  StepAdapters adapters_;
  std::vector<const lora::Adapter*> adapter_list_;
  std::vector<std::uint8_t> taken_;
  std::size_t rank_stride_ = 0;
  std::span<const float> angles_;
  std::span<const std::uint8_t> stops_;
  std::size_t position_ = 0;
  bool before_done_ = false;
  bool measuring_ = false;
  std::array<std::uint64_t, kOperationKinds> times_{};
};

}  // namespace tensafe::decoder
