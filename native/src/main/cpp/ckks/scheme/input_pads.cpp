#include "ckks/scheme/input_pads.hpp"

#include <cstring>

#include "base/denormals.hpp"
#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// Tokens of all runs, whose pads must be the codec's group's.
std::size_t tokens_of(const GroupCodec& codec, std::span<const PadRun> runs) {
  require(!runs.empty(), ErrorCode::kInvalidArgument, "pads: no run");
  std::size_t tokens = 0;
  for (const PadRun& run : runs) {
    require(&run.pads->context() == &runs.front().pads->context() &&
                run.pads->shape().columns == codec.columns() && run.pads->shape().rows == codec.rows(),
            ErrorCode::kInvalidArgument, "pads: a codec of another group");
    tokens += run.count;
  }
  return tokens;
}

}  // namespace

InputBlock::InputBlock(const Context& context, const MaskExpander& masks, const PadShape& shape,
                       std::uint64_t first_id)
    : context_(context), masks_(masks), shape_(shape), first_id_(first_id) {
  validate(shape, context);
}

void InputBlock::absorb(std::span<const std::uint8_t> message) {
  require(!absorbed_.load(std::memory_order_acquire), ErrorCode::kInvalidArgument,
          "pads: the block has its other half");
  require(message.size() == pad_message_bytes(context_, shape_.rows), ErrorCode::kMalformedMessage,
          "pads: a message of another length");
  const LowTables& low = context_.low_tables(shape_.tokens);
  Words c1(shape_.rows * context_.degree());
  Words polynomial(context_.degree());
  for (std::size_t row = 0; row < shape_.rows; ++row) {
    read_polynomial(context_, 0, message.data() + row * polynomial_bytes(context_, 0), polynomial.data());
    context_.kernels().arrange(polynomial.data(), context_.tables(0), low, c1.data() + row * context_.degree());
  }
  c1_ = std::move(c1);
  absorbed_.store(true, std::memory_order_release);
}

LanePads::LanePads(const InputBlock& block, const SecretKey& key)
    : context_(block.context()),
      shape_(block.shape()),
      inputs_(shape_.tokens * shape_.columns),
      errors_(shape_.tokens * shape_.columns),
      answers_(shape_.tokens * shape_.rows) {
  require(block.absorbed_.load(std::memory_order_acquire), ErrorCode::kInvalidArgument,
          "pads: the block's other half has not come");
  require(&key.context() == &context_, ErrorCode::kInvalidArgument, "pads: the key is of another context");
  make_inputs(block, key);
  make_answers(block, key);
}

void LanePads::make_inputs(const InputBlock& block, const SecretKey& key) {
  const RingKernels& kernels = context_.kernels();
  const std::size_t n = context_.degree();
  const std::size_t c = shape_.mask_columns(context_);
  SecretWords factor(n);
  SecretWords prepared(n);
  kernels.prepare_deal(key.values(0), context_.tables(0), factor.data(), prepared.data());
  SecretWords mask(n);
  RandomStream stream = key.error_stream();
  sample_gaussian(stream, kernels, errors_.data(), errors_.size());
  for (std::size_t i = 0; i < shape_.masks(context_); ++i) {
    block.masks_.expand(context_, 1, block.first_id_ + i, mask.data());
    const std::size_t first = i * c;
    const std::size_t count = shape_.columns - first < c ? shape_.columns - first : c;
    kernels.deal(mask.data(), factor.data(), prepared.data(), context_.tables(0), shape_.tokens, count,
                 errors_.data() + first, inputs_.data() + first, shape_.columns);
  }
}

void LanePads::make_answers(const InputBlock& block, const SecretKey& key) {
  const RingKernels& kernels = context_.kernels();
  const std::size_t n = context_.degree();
  const LowTables& low = context_.low_tables(shape_.tokens);
  SecretWords secret(n);
  SecretWords prepared(n);
  kernels.arrange(key.values(0), context_.tables(0), low, secret.data());
  kernels.arrange(key.prepared(0), context_.tables(0), low, prepared.data());
  SecretWords scratch(low_scratch(context_));
  SecretWords phases(shape_.rows * shape_.tokens);
  for (std::size_t row = 0; row < shape_.rows; ++row) {
    const LowFactors factors{block.c1_.data() + row * n, secret.data(), prepared.data()};
    kernels.low_products(&factors, 1, context_.tables(0), low, scratch.data(), phases.data() + row * shape_.tokens);
  }
  kernels.transpose(phases.data(), shape_.rows, shape_.tokens, answers_.data());
}

void LanePads::take(std::size_t first, std::size_t count) {
  require(first >= next_ && first <= shape_.tokens && count <= shape_.tokens - first, ErrorCode::kInvalidArgument,
          "pads: positions that are not there, or were used");
  next_ = first + count;
}

void LanePads::take_answers(std::size_t first, std::size_t count) {
  require(first >= answered_ && first <= next_ && count <= next_ - first, ErrorCode::kInvalidArgument,
          "pads: positions that were not used, or were answered");
  answered_ = first + count;
}

void encrypt_tokens(const GroupCodec& codec, std::span<const PadRun> runs, const float* x, const std::int32_t* rows,
                    TokenNote* notes, std::uint8_t* out) {
  const std::size_t tokens = tokens_of(codec, runs);
  const std::size_t columns = codec.columns();
  const Context& context = runs.front().pads->context();
  const Modulus& q = context.modulus(0);
  require(codec.fits(q), ErrorCode::kInvalidArgument, "pads: scale bits beyond the modulus");
  const base::FlushDenormals flush;
  for (std::size_t t = 0; t < tokens; ++t) {
    notes[t] = codec.measure(x + static_cast<std::size_t>(rows[t]) * columns);
  }
  const std::size_t token_bytes = residue_bytes(context, 0, columns);
  std::size_t t = 0;
  for (const PadRun& run : runs) {
    // whatever happens from here on, these positions are gone
    run.pads->take(run.first, run.count);
    for (std::size_t i = 0; i < run.count; ++i, ++t) {
      std::uint64_t* pad = run.pads->inputs_.data() + (run.first + i) * columns;
      std::int8_t* errors = run.pads->errors_.data() + (run.first + i) * columns;
      codec.encode_on_pad(x + static_cast<std::size_t>(rows[t]) * columns, notes[t], errors, pad, q);
      write_residues(context, 0, pad, columns, out + t * token_bytes);
      std::memset(pad, 0, columns * sizeof(std::uint64_t));
      std::memset(errors, 0, columns);
    }
  }
}

void decrypt_tokens(const GroupCodec& codec, std::span<const PadRun> runs, std::span<const std::uint8_t> message,
                    const TokenNote* notes, Verdict* verdicts, double* out) {
  const std::size_t tokens = tokens_of(codec, runs);
  const std::size_t rows = codec.rows();
  const Context& context = runs.front().pads->context();
  const Modulus& q = context.modulus(0);
  require(message.size() == pad_token_bytes(context, tokens, rows), ErrorCode::kMalformedMessage,
          "pads: answers of another length");
  const std::size_t token_bytes = residue_bytes(context, 0, rows);
  const AlignedArray<double, true> dither = codec.dither(tokens);
  Words residues(rows);
  AlignedArray<std::int64_t, true> integers(rows);
  std::size_t t = 0;
  for (const PadRun& run : runs) {
    run.pads->take_answers(run.first, run.count);
    for (std::size_t i = 0; i < run.count; ++i, ++t) {
      read_residues(context, 0, message.data() + t * token_bytes, rows, residues.data());
      std::uint64_t* pad = run.pads->answers_.data() + (run.first + i) * rows;
      for (std::size_t k = 0; k < rows; ++k) {
        integers[k] = arithmetic::centre(arithmetic::add(residues[k], pad[k], q), q);
      }
      std::memset(pad, 0, rows * sizeof(std::uint64_t));
      verdicts[t] = codec.decode(integers.data(), notes[t], 0, dither.data() + t * rows, out + t * rows);
    }
  }
}

}  // namespace tensafe::ckks
