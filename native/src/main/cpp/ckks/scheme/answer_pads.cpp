#include "ckks/scheme/answer_pads.hpp"

#include <cstring>

#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// Tokens whose digits are at hand at once: they share the loads of weights.
constexpr std::size_t kTokensAtOnce = 4;

/// Multiply-accumulate works on two polynomials at a time; a block has one group of tokens, so the other
/// is left empty. A block serves many lanes: this is not worth a kernel of its own.
constexpr std::size_t kPolynomials = 2;

}  // namespace

AnswerBlock::AnswerBlock(const MaskExpander& masks, const Weights& weights, const PublicHalves& halves,
                         std::uint64_t first_id, std::uint8_t* message)
    : halves_(halves), shape_{weights.packing().tokens, weights.columns(), weights.rows()} {
  const Context& context = halves.context();
  require(&weights.context() == &context, ErrorCode::kInvalidArgument,
          "pads: weights and halves are of different contexts");
  validate(shape_, context);
  require(weights.packing().outputs == 1, ErrorCode::kInvalidArgument, "pads: a packing with one output is needed");
  const std::size_t n = context.degree();
  const std::size_t blocks = shape_.masks(context);
  const Modulus& q = context.modulus(0);
  u_ = SecretWords(shape_.rows * kSamples * n);

  Words tiles(blocks * kPolynomials * n);
  std::memset(tiles.data(), 0, tiles.size() * sizeof(std::uint64_t));
  {
    Words mask(n);
    for (std::size_t block = 0; block < blocks; ++block) {
      masks.expand(context, 1, first_id + block, mask.data());
      for (std::size_t tile = 0; tile < n / kTile; ++tile) {
        std::memcpy(tiles.data() + (tile * blocks + block) * kPolynomials * kTile, mask.data() + tile * kTile,
                    kTile * sizeof(std::uint64_t));
      }
    }
  }

  RandomSource random;
  RandomStream stream = random.next();
  Words sums(kMaxTileRows * n);
  SecretWords zero(n);
  SecretWords u[kSamples] = {SecretWords(n), SecretWords(n)};
  const LowTables& low = context.low_tables(shape_.tokens);
  alignas(64) std::uint64_t out[kMaxTileRows * kPolynomials * kTile];
  for (std::size_t first = 0; first < shape_.rows;) {
    const std::size_t count = weights.rows_together(first);
    for (std::size_t tile = 0; tile < n / kTile; ++tile) {
      context.kernels().accumulate_tile(tiles.data() + tile * blocks * kPolynomials * kTile,
                                        weights.values(0, tile, first), blocks, count, weights.distinct(), out, q);
      for (std::size_t r = 0; r < count; ++r) {
        std::memcpy(sums.data() + r * n + tile * kTile, out + r * kPolynomials * kTile,
                    kTile * sizeof(std::uint64_t));
      }
    }
    for (std::size_t r = 0; r < count; ++r) {
      const std::size_t row = first + r;
      make_zero(halves, stream, zero.data(), {u[0].data(), u[1].data()});
      for (std::size_t sample = 0; sample < kSamples; ++sample) {
        context.kernels().arrange(u[sample].data(), context.tables(0), low,
                                  u_.data() + (row * kSamples + sample) * n);
      }
      std::uint64_t* c1 = sums.data() + r * n;
      context.kernels().add(c1, zero.data(), n, q);
      write_polynomial(context, 0, c1, message + row * polynomial_bytes(context, 0));
    }
    first += count;
  }
}

LaneNoise::LaneNoise(const AnswerBlock& block, const PublicKey& key)
    : context_(block.context()), shape_(block.shape()), noise_(shape_.tokens * shape_.rows) {
  require(&key.halves() == &block.halves_, ErrorCode::kInvalidArgument, "pads: the key is over other halves");
  const RingKernels& kernels = context_.kernels();
  const Modulus& q = context_.modulus(0);
  const std::size_t n = context_.degree();
  const std::size_t count = shape_.tokens * shape_.rows;
  AlignedArray<std::int8_t, true> errors(count);
  AlignedArray<std::int64_t, true> flood(count);
  RandomSource random;
  RandomStream stream = random.next();
  sample_gaussian(stream, kernels, errors.data(), count);
  sample_wide_gaussian(stream, kernels, kFloodDeviation, flood.data(), count);
  for (std::size_t i = 0; i < count; ++i) flood[i] += errors[i];
  kernels.near_residues(flood.data(), noise_.data(), count, q);
  const LowTables& low = context_.low_tables(shape_.tokens);
  Words p0[2 * kSamples] = {Words(n), Words(n), Words(n), Words(n)};
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    kernels.arrange(key.p0(sample, 0), context_.tables(0), low, p0[2 * sample].data());
    kernels.arrange(key.prepared(sample, 0), context_.tables(0), low, p0[2 * sample + 1].data());
  }
  SecretWords scratch(low_scratch(context_));
  SecretWords zeros(count);
  for (std::size_t row = 0; row < shape_.rows; ++row) {
    const LowFactors factors[kSamples] = {{block.u(row, 0), p0[0].data(), p0[1].data()},
                                          {block.u(row, 1), p0[2].data(), p0[3].data()}};
    kernels.low_products(factors, kSamples, context_.tables(0), low, scratch.data(),
                         zeros.data() + row * shape_.tokens);
  }
  SecretWords by_position(count);
  kernels.transpose(zeros.data(), shape_.rows, shape_.tokens, by_position.data());
  kernels.add(noise_.data(), by_position.data(), count, q);
}

void LaneNoise::take(std::size_t first, std::size_t count) {
  require(first >= next_ && first <= shape_.tokens && count <= shape_.tokens - first, ErrorCode::kMalformedMessage,
          "pads: positions that are not there, or were answered");
  next_ = first + count;
}

void answer_tokens(const DotWeights& weights, std::span<const NoiseRun> runs, std::span<const std::uint8_t> message,
                   std::uint8_t* out) {
  require(!runs.empty(), ErrorCode::kInvalidArgument, "pads: no run");
  const Context& context = runs.front().noise->context();
  const Modulus& q = context.modulus(0);
  const std::size_t columns = weights.columns();
  const std::size_t rows = weights.rows();
  std::size_t tokens = 0;
  for (const NoiseRun& run : runs) {
    require(&run.noise->context() == &context && run.noise->shape().rows == rows &&
                run.noise->shape().columns == columns,
            ErrorCode::kInvalidArgument, "pads: weights of another shape");
    tokens += run.count;
  }
  require(message.size() == pad_token_bytes(context, tokens, columns), ErrorCode::kMalformedMessage,
          "pads: inputs of another length");
  const std::size_t stride = weights.stride();
  const std::size_t in_bytes = residue_bytes(context, 0, columns);
  const std::size_t out_bytes = residue_bytes(context, 0, rows);
  AlignedArray<double> digits(kTokensAtOnce * 2 * stride);
  std::memset(digits.data(), 0, digits.size() * sizeof(double));
  const std::size_t all_rows = weights.all_rows();
  AlignedArray<double, true> sums(kTokensAtOnce * 2 * all_rows);
  std::size_t token = 0;
  for (const NoiseRun& run : runs) {
    run.noise->take(run.first, run.count);
    for (std::size_t i = 0; i < run.count; i += kTokensAtOnce) {
      const std::size_t some = run.count - i < kTokensAtOnce ? run.count - i : kTokensAtOnce;
      for (std::size_t k = 0; k < some; ++k) {
        double* low = digits.data() + 2 * k * stride;
        read_digits(context, 0, message.data() + (token + k) * in_bytes, columns, low, low + stride);
      }
      context.kernels().dot(digits.data(), 2 * some, weights.data(), all_rows, stride, sums.data());
      for (std::size_t k = 0; k < some; ++k, ++token) {
        std::uint64_t* noise = run.noise->noise_.data() + (run.first + i + k) * rows;
        const double* low = sums.data() + 2 * k * all_rows;
        context.kernels().add_digits(noise, low, low + all_rows, rows, q);
        write_residues(context, 0, noise, rows, out + token * out_bytes);
        std::memset(noise, 0, rows * sizeof(std::uint64_t));
      }
    }
  }
}

}  // namespace tensafe::ckks
