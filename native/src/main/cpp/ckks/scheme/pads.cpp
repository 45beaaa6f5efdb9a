#include "ckks/scheme/pads.hpp"

#include <cstdlib>
#include <cstring>

#include "ckks/errors.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "ckks/scheme/error_polynomial.hpp"
#include "ckks/scheme/quantization.hpp"
#include "ckks/wire/bits.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

constexpr int kDigitBits = 25;
constexpr std::uint64_t kDigitMask = (std::uint64_t{1} << kDigitBits) - 1;
constexpr std::size_t kLanes = 4;

void require_one_limb(const Context& context) {
  require(context.limbs() == 1, ErrorCode::kInvalidParameters, "pads: one limb is needed");
}

/// Columns per ciphertext.
std::size_t columns_of(const Context& context, std::size_t tokens) {
  const Packing packing{tokens, 1};
  validate(packing, context.degree());
  return packing.columns(context.degree());
}

}  // namespace

std::size_t pad_message_bytes(const Context& context, std::size_t rows) {
  return kPadGroups * rows * polynomial_bytes(context, 0);
}

std::size_t pad_token_bytes(const Context& context, std::size_t count, std::size_t width) {
  return count * packed_bytes(width, residue_bits(context, 0));
}

InputPads::InputPads(const SecretKey& key, std::size_t tokens, std::size_t columns, std::size_t rows)
    : key_(key), tokens_(tokens), columns_(columns), rows_(rows) {
  const Context& context = key.context();
  require_one_limb(context);
  require(rows >= 1 && rows <= kMaxRows && columns >= 1 && columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "pads: rows must be 1 to 65536 and columns 1 to 1048576");
  const std::size_t n = context.degree();
  const std::size_t c = columns_of(context, tokens);
  const std::size_t blocks = (columns + c - 1) / c;
  const Modulus& q = context.modulus(0);
  const RingKernels& kernels = context.kernels();
  first_id_ = key.take_ids(kPadGroups * blocks);
  inputs_ = SecretWords(positions() * columns);
  answers_ = SecretWords(positions() * rows);
  Words mask(n);
  SecretWords body(n);
  SecretWords error(n);
  RandomStream stream = key.error_stream();
  std::uint64_t id = first_id_;
  for (std::size_t group = 0; group < kPadGroups; ++group) {
    for (std::size_t block = 0; block < blocks; ++block, ++id) {
      key.masks().expand(context, 1, id, mask.data());
      std::memset(body.data(), 0, n * sizeof(std::uint64_t));
      kernels.multiply_subtract(body.data(), mask.data(), key.values(0), n, q);
      kernels.ntt_inverse(body.data(), context.tables(0));
      ErrorPolynomial(context, stream).residues(context, 0, error.data());
      kernels.add(body.data(), error.data(), n, q);
      const std::size_t first = block * c;
      const std::size_t width = columns - first < c ? columns - first : c;
      for (std::size_t t = 0; t < tokens; ++t) {
        std::uint64_t* to = inputs_.data() + (group * tokens + t) * columns + first;
        for (std::size_t j = 0; j < width; ++j) to[j] = body[t + tokens * j];
      }
    }
  }
}

void InputPads::absorb(std::span<const std::uint8_t> message) {
  const Context& context = key_.context();
  require(message.size() == pad_message_bytes(context, rows_), ErrorCode::kMalformedMessage,
          "pads: a message of another length");
  const std::size_t n = context.degree();
  const Modulus& q = context.modulus(0);
  Words c1(n);
  SecretWords phase(n);
  const std::uint8_t* in = message.data();
  for (std::size_t group = 0; group < kPadGroups; ++group) {
    for (std::size_t row = 0; row < rows_; ++row) {
      read_polynomial(context, 0, in, c1.data());
      in += polynomial_bytes(context, 0);
      context.kernels().multiply(phase.data(), c1.data(), key_.values(0), n, q);
      context.kernels().ntt_inverse_low(phase.data(), tokens_, context.tables(0));
      for (std::size_t t = 0; t < tokens_; ++t) answers_[(group * tokens_ + t) * rows_ + row] = phase[t];
    }
  }
  absorbed_ = true;
}

void InputPads::encrypt(std::size_t first, std::size_t count, const InputValues& values,
                        double* magnitudes, std::uint8_t* out) {
  const Context& context = key_.context();
  const RingKernels& kernels = context.kernels();
  const Modulus& q = context.modulus(0);
  require(absorbed_ && first >= next_ && first <= positions() && count <= positions() - first,
          ErrorCode::kInvalidArgument, "pads: positions that are not there, or were used");
  require(values.scale_bits >= 0 && q.value >> (values.scale_bits + 1) != 0, ErrorCode::kInvalidArgument,
          "pads: scale bits beyond the modulus");
  const AlignedArray<float> factors = column_factors(columns_, values);
  for (std::size_t t = 0; t < count; ++t) {
    magnitudes[t] = magnitude(kernels, values.x + t * columns_, factors.data(), columns_);
  }
  // whatever happens from here on, these positions are gone
  next_ = first + count;
  const int bits = residue_bits(context, 0);
  const std::size_t token_bytes = packed_bytes(columns_, bits);
  AlignedArray<std::int64_t, true> integers(columns_);
  SecretWords residues(columns_);
  for (std::size_t t = 0; t < count; ++t) {
    quantize(kernels, values.x + t * columns_, factors.data(), magnitudes[t], values.scale_bits,
             integers.data(), columns_);
    kernels.near_residues(integers.data(), residues.data(), columns_, q);
    std::uint64_t* pad = inputs_.data() + (first + t) * columns_;
    kernels.add(pad, residues.data(), columns_, q);
    pack_bits(pad, columns_, bits, out + t * token_bytes);
    std::memset(pad, 0, columns_ * sizeof(std::uint64_t));
  }
}

void InputPads::decrypt(std::size_t first, std::size_t count, std::span<const std::uint8_t> message,
                        const double* token_scales, const double* row_scales, double* out) {
  const Context& context = key_.context();
  const Modulus& q = context.modulus(0);
  const int bits = residue_bits(context, 0);
  require(first + count <= next_, ErrorCode::kInvalidArgument, "pads: positions that were not used");
  require(message.size() == pad_token_bytes(context, count, rows_), ErrorCode::kMalformedMessage,
          "pads: answers of another length");
  const std::size_t token_bytes = packed_bytes(rows_, bits);
  Words residues(rows_);
  for (std::size_t t = 0; t < count; ++t) {
    require(unpack_bits(message.data() + t * token_bytes, rows_, bits, q.value, residues.data()),
            ErrorCode::kMalformedMessage, "pads: an answer is not below the modulus");
    std::uint64_t* pad = answers_.data() + (first + t) * rows_;
    for (std::size_t k = 0; k < rows_; ++k) {
      const std::int64_t sum = arithmetic::centre(arithmetic::add(residues[k], pad[k], q), q);
      const double value = static_cast<double>(sum) * token_scales[t];
      out[t * rows_ + k] = row_scales == nullptr ? value : value * row_scales[k];
      pad[k] = 0;
    }
  }
}

DotWeights::DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns)
    : rows_(rows), columns_(columns), stride_((columns + kLanes - 1) / kLanes * kLanes) {
  require(rows >= 1 && rows <= kMaxRows && columns >= 1 && columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "weights: rows must be 1 to 65536 and columns 1 to 1048576");
  values_ = AlignedArray<double, true>(rows * stride_);
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t norm = 0;
    double* to = values_.data() + row * stride_;
    for (std::size_t j = 0; j < stride_; ++j) {
      const std::int64_t w = j < columns ? matrix[row * columns + j] : 0;
      norm += static_cast<std::uint64_t>(w < 0 ? -w : w);
      to[j] = static_cast<double>(w);
    }
    require(norm < std::uint64_t{1} << 27, ErrorCode::kInvalidArgument,
            "weights: a row is too large for exact sums");
  }
}

AnswerPads::AnswerPads(const MaskExpander& masks, const Weights& weights, Rerandomizer& rerandomizer,
                       std::uint64_t first_id, std::uint8_t* message)
    : context_(weights.context()),
      tokens_(weights.packing().tokens),
      columns_(weights.columns()),
      rows_(weights.rows()),
      noise_(kPadGroups * weights.packing().tokens * weights.rows()) {
  require_one_limb(context_);
  require(weights.packing().outputs == 1 && tokens_ % kLanes == 0, ErrorCode::kInvalidArgument,
          "pads: a packing with one output and at least 4 tokens is needed");
  require(&rerandomizer.key().context() == &context_, ErrorCode::kInvalidArgument,
          "pads: the re-randomiser is of another context");
  const std::size_t n = context_.degree();
  const std::size_t c = columns_of(context_, tokens_);
  const std::size_t blocks = (columns_ + c - 1) / c;
  const Modulus& q = context_.modulus(0);

  // the masks of both groups side by side, where a batch has its two halves
  Words tiles(blocks * kPadGroups * n);
  {
    Words mask(n);
    std::uint64_t id = first_id;
    for (std::size_t group = 0; group < kPadGroups; ++group) {
      for (std::size_t block = 0; block < blocks; ++block, ++id) {
        masks.expand(context_, 1, id, mask.data());
        for (std::size_t tile = 0; tile < n / kTile; ++tile) {
          std::memcpy(tiles.data() + ((tile * blocks + block) * kPadGroups + group) * kTile,
                      mask.data() + tile * kTile, kTile * sizeof(std::uint64_t));
        }
      }
    }
  }

  AnswerNoise noise(context_);
  RandomStream stream = rerandomizer.noise_stream();
  Words sums(kMaxTileRows * kPadGroups * n);
  SecretWords c0(n);
  alignas(64) std::uint64_t out[kMaxTileRows * kPadGroups * kTile];
  const std::size_t bytes = polynomial_bytes(context_, 0);
  for (std::size_t first = 0; first < rows_;) {
    const std::size_t count = weights.rows_together(first);
    for (std::size_t tile = 0; tile < n / kTile; ++tile) {
      context_.kernels().accumulate_tile(tiles.data() + tile * blocks * kPadGroups * kTile,
                                         weights.values(0, tile, first), blocks, count,
                                         weights.distinct(), out, q);
      for (std::size_t i = 0; i < count * kPadGroups; ++i) {
        std::memcpy(sums.data() + i * n + tile * kTile, out + i * kTile, kTile * sizeof(std::uint64_t));
      }
    }
    for (std::size_t r = 0; r < count; ++r) {
      for (std::size_t group = 0; group < kPadGroups; ++group) {
        std::uint64_t* c1 = sums.data() + (r * kPadGroups + group) * n;
        std::memset(c0.data(), 0, n * sizeof(std::uint64_t));
        rerandomizer.add_zero(c0.data(), c1);
        context_.kernels().ntt_inverse_low(c0.data(), tokens_, context_.tables(0));
        noise.add(stream, {tokens_, 1, tokens_, tokens_}, c0.data());
        for (std::size_t t = 0; t < tokens_; ++t) {
          noise_[(group * tokens_ + t) * rows_ + first + r] = c0[t];
        }
        pack_bits(c1, n, residue_bits(context_, 0), message + (group * rows_ + first + r) * bytes);
      }
    }
    first += count;
  }
}

void AnswerPads::evaluate(const DotWeights& weights, std::size_t first, std::size_t count,
                          std::span<const std::uint8_t> message, std::uint8_t* out) {
  const Modulus& q = context_.modulus(0);
  const int bits = residue_bits(context_, 0);
  require(weights.rows() == rows_ && weights.columns() == columns_, ErrorCode::kInvalidArgument,
          "pads: weights of another shape");
  require(first >= next_ && first <= positions() && count <= positions() - first,
          ErrorCode::kMalformedMessage, "pads: positions that are not there, or were answered");
  require(message.size() == pad_token_bytes(context_, count, columns_), ErrorCode::kMalformedMessage,
          "pads: inputs of another length");
  next_ = first + count;
  const std::size_t stride = weights.stride();
  const std::size_t token_bytes = packed_bytes(columns_, bits);
  Words residues(columns_);
  AlignedArray<double> digits(2 * stride);
  AlignedArray<double, true> sums(2 * rows_);
  for (std::size_t t = 0; t < count; ++t) {
    require(unpack_bits(message.data() + t * token_bytes, columns_, bits, q.value, residues.data()),
            ErrorCode::kMalformedMessage, "pads: an input is not below the modulus");
    for (std::size_t j = 0; j < stride; ++j) {
      const std::uint64_t word = j < columns_ ? residues[j] : 0;
      digits[j] = static_cast<double>(static_cast<std::int64_t>(word & kDigitMask));
      digits[stride + j] = static_cast<double>(static_cast<std::int64_t>(word >> kDigitBits));
    }
    context_.kernels().dot_pairs(digits.data(), weights.data(), rows_, stride, sums.data());
    std::uint64_t* noise = noise_.data() + (first + t) * rows_;
    for (std::size_t k = 0; k < rows_; ++k) {
      const std::uint64_t low = arithmetic::reduce_signed(static_cast<std::int64_t>(sums[2 * k]), q);
      const std::uint64_t high = arithmetic::reduce_signed(static_cast<std::int64_t>(sums[2 * k + 1]), q);
      const std::uint64_t sum =
          arithmetic::reduce128((static_cast<uint128>(high) << kDigitBits) + low, q);
      noise[k] = arithmetic::add(noise[k], sum, q);
    }
    pack_bits(noise, rows_, bits, out + t * packed_bytes(rows_, bits));
    std::memset(noise, 0, rows_ * sizeof(std::uint64_t));
  }
}

}  // namespace tensafe::ckks
