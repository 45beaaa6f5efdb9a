#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/group_codec.hpp"
#include "ckks/scheme/keys.hpp"
#include "ckks/scheme/pads.hpp"

namespace tensafe::ckks {

/// The model host's half of a block of one group, shared by all lanes that use it: the ids of its masks
/// and, once they have come, the c1 of its answers. Threads may use it once it has absorbed.
class InputBlock {
 public:
  /// Takes shape.masks() ids from `first_id` on.
  InputBlock(const Context& context, const MaskExpander& masks, const PadShape& shape, std::uint64_t first_id);

  const Context& context() const noexcept { return context_; }
  const PadShape& shape() const noexcept { return shape_; }
  /// Reads the message that AnswerBlock wrote; throws kMalformedMessage, or kInvalidArgument for a second.
  void absorb(std::span<const std::uint8_t> message);

 private:
  friend class LanePads;

  const Context& context_;
  MaskExpander masks_;
  PadShape shape_;
  std::uint64_t first_id_;
  std::atomic<bool> absorbed_{false};
  Words c1_;  ///< [row][degree], values as low_products reads them
};

/// One lane's pads for one group of a block: masked errors for the inputs of T tokens, and what their
/// answers are masked with. A position is used once, in ascending order, and wiped. One thread at a time.
class LanePads {
 public:
  /// Throws kInvalidArgument if the block has not absorbed.
  LanePads(const InputBlock& block, const SecretKey& key);

  const Context& context() const noexcept { return context_; }
  const PadShape& shape() const noexcept { return shape_; }

 private:
  friend void encrypt_tokens(const GroupCodec&, std::span<const struct PadRun>, const float*, const std::int32_t*,
                             TokenNote*, std::uint8_t*);
  friend void decrypt_tokens(const GroupCodec&, std::span<const struct PadRun>, std::span<const std::uint8_t>,
                             const TokenNote*, Verdict*, double*);

  void make_inputs(const InputBlock& block, const SecretKey& key);
  void make_answers(const InputBlock& block, const SecretKey& key);
  /// Takes positions that nobody gets again.
  void take(std::size_t first, std::size_t count);
  void take_answers(std::size_t first, std::size_t count);

  const Context& context_;
  PadShape shape_;
  std::size_t next_ = 0;      ///< first position that was not encrypted with
  std::size_t answered_ = 0;  ///< first position whose answer was not decrypted
  SecretWords inputs_;        ///< [position][column]
  AlignedArray<std::int8_t, true> errors_;  ///< [position][column]
  SecretWords answers_;       ///< [position][row]
};

/// Positions of one lane's pads.
struct PadRun {
  LanePads* pads;
  std::size_t first;
  std::size_t count;
};

/// Encrypts tokens at the positions of the runs, in their order; token t is row rows[t] of x, [·][columns].
/// `notes` [tokens], `out` pad_token_bytes(tokens, columns). Throws kNotFinite before any position is taken,
/// and kInvalidArgument for positions that are not there or were used.
void encrypt_tokens(const GroupCodec& codec, std::span<const PadRun> runs, const float* x, const std::int32_t* rows,
                    TokenNote* notes, std::uint8_t* out);

/// Decrypts their answers, [tokens][rows], as decrypt_answers does. Throws kMalformedMessage.
void decrypt_tokens(const GroupCodec& codec, std::span<const PadRun> runs, std::span<const std::uint8_t> message,
                    const TokenNote* notes, Verdict* verdicts, double* out);

}  // namespace tensafe::ckks
