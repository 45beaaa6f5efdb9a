#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/dot_weights.hpp"
#include "ckks/scheme/keys.hpp"
#include "ckks/scheme/pads.hpp"
#include "ckks/scheme/weights.hpp"

namespace tensafe::ckks {

/// The adapter host's half of a block of one group, shared by all lanes that use it: u and u' of the
/// re-randomisation of every row's c1. Wiped on destruction; safe for any number of threads.
class AnswerBlock {
 public:
  /// `weights` has the packing (T, 1). Writes pad_message_bytes: c1 of every row, whole.
  AnswerBlock(const MaskExpander& masks, const Weights& weights, const PublicHalves& halves,
              std::uint64_t first_id, std::uint8_t* message);

  const Context& context() const noexcept { return halves_.context(); }
  const PadShape& shape() const noexcept { return shape_; }

 private:
  friend class LaneNoise;

  const std::uint64_t* u(std::size_t row, std::size_t sample) const noexcept {
    return u_.data() + (row * kSamples + sample) * context().degree();
  }

  const PublicHalves& halves_;
  PadShape shape_;
  SecretWords u_;  ///< [row][sample][degree], values as low_products reads them
};

/// One lane's noise for the answers of one group of a block: (p0·u + p0'·u') and what floods it. A
/// position is answered once, in ascending order, and wiped: two answers with one mask would give the
/// weights away. One thread at a time.
class LaneNoise {
 public:
  /// The key is over the block's halves.
  LaneNoise(const AnswerBlock& block, const PublicKey& key);

  const Context& context() const noexcept { return context_; }
  const PadShape& shape() const noexcept { return shape_; }

 private:
  friend void answer_tokens(const DotWeights&, std::span<const struct NoiseRun>, std::span<const std::uint8_t>,
                            std::uint8_t*);

  void take(std::size_t first, std::size_t count);

  const Context& context_;
  PadShape shape_;
  std::size_t next_ = 0;
  SecretWords noise_;  ///< [position][row]
};

/// Positions of one lane's noise.
struct NoiseRun {
  LaneNoise* noise;
  std::size_t first;
  std::size_t count;
};

/// Answers tokens at the positions of the runs, in their order. Throws kMalformedMessage, also for
/// positions that are not there or were answered. `out` is pad_token_bytes(tokens, rows).
void answer_tokens(const DotWeights& weights, std::span<const NoiseRun> runs, std::span<const std::uint8_t> message,
                   std::uint8_t* out);

}  // namespace tensafe::ckks
