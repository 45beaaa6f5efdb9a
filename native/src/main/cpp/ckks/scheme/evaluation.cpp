#include "ckks/scheme/evaluation.hpp"

#include <cstring>

#include "ckks/errors.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "ckks/scheme/modulus_switch.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

// Answers whose sums are held at once: their 2·limbs polynomials each stay in the second-level cache.
constexpr std::size_t kAnswersAtOnce = 4;
static_assert(kAnswersAtOnce % kMaxTileRows == 0);

/// Sums of a few answers as values, [answer][2][limb][degree].
class Sums {
 public:
  Sums(const Context& context, std::size_t answers)
      : context_(context), words_(answers * 2 * context.limbs() * context.degree()) {}

  std::uint64_t* component(std::size_t answer, std::size_t component) {
    return words_.data() + (answer * 2 + component) * context_.limbs() * context_.degree();
  }

  /// Σ over input blocks for `count` answers from `first` on.
  void accumulate(const EncryptedInputs& inputs, std::size_t group, const Weights& weights,
                  std::size_t first, std::size_t count) {
    const std::size_t n = context_.degree();
    alignas(64) std::uint64_t out[kMaxTileRows * 2 * kTile];
    for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
      const Modulus& q = context_.modulus(limb);
      for (std::size_t tile = 0; tile < n / kTile; ++tile) {
        const std::uint64_t* ciphertexts = inputs.tile(group, limb, tile);
        for (std::size_t at = 0; at < count;) {
          const std::size_t rows = weights.rows_together(first + at);
          context_.kernels().accumulate_tile(ciphertexts, weights.values(limb, tile, first + at),
                                             inputs.blocks(), rows, weights.distinct(), out, q);
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < 2; ++c) {
              std::memcpy(component(at + r, c) + limb * n + tile * kTile, out + (r * 2 + c) * kTile,
                          kTile * sizeof(std::uint64_t));
            }
          }
          at += rows;
        }
      }
    }
  }

 private:
  const Context& context_;
  Words words_;
};

}  // namespace

AnswerShape answer_shape(const EncryptedInputs& inputs, const Weights& weights) {
  const InputShape& shape = inputs.shape();
  require(&inputs.context() == &weights.context(), ErrorCode::kInvalidArgument,
          "evaluate: inputs and weights are of different contexts");
  require(shape.packing.tokens == weights.packing().tokens &&
              shape.packing.outputs == weights.packing().outputs,
          ErrorCode::kInvalidArgument, "evaluate: inputs and weights have different packings");
  require(shape.columns == weights.columns(), ErrorCode::kInvalidArgument,
          "evaluate: inputs and weights have different numbers of columns");
  const AnswerShape answers{shape.tokens, weights.rows(), shape.packing};
  validate(answers, inputs.context().degree());
  return answers;
}

void evaluate(const EncryptedInputs& inputs, const Weights& weights, Rerandomizer& rerandomizer,
              const PublicKey& lane, Protection protection, std::uint8_t* message) {
  const Context& context = inputs.context();
  const AnswerShape shape = answer_shape(inputs, weights);
  require(&rerandomizer.halves().context() == &context && &lane.context() == &context,
          ErrorCode::kInvalidArgument, "evaluate: the re-randomiser or the key is of another context");
  const std::size_t n = context.degree();

  MessageHead head{MessageKind::kAnswers};
  head.limbs = 1;
  head.packing_tokens = static_cast<std::uint32_t>(shape.packing.tokens);
  head.packing_outputs = static_cast<std::uint32_t>(shape.packing.outputs);
  head.tokens = static_cast<std::uint32_t>(shape.tokens);
  head.width = static_cast<std::uint32_t>(shape.rows);
  write_head(context, head, answer_payload_bytes(context, shape), message);
  std::uint8_t* out = message + kHeadBytes;

  AnswerNoise noise(context);
  Words travelling(n);
  RandomStream stream = rerandomizer.noise_stream();
  const std::size_t answers = shape.ciphertexts_per_group();
  Sums sums(context, answers < kAnswersAtOnce ? answers : kAnswersAtOnce);
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    for (std::size_t first = 0; first < answers; first += kAnswersAtOnce) {
      const std::size_t count = answers - first < kAnswersAtOnce ? answers - first : kAnswersAtOnce;
      sums.accumulate(inputs, group, weights, first, count);
      for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t* c0 = sums.component(i, 0);
        std::uint64_t* c1 = sums.component(i, 1);
        const WantedCoefficients wanted{shape.group_tokens(group), shape.block_rows(first + i),
                                        shape.packing.tokens, shape.wanted(group, first + i)};
        if (protection == Protection::kRerandomized) rerandomizer.add_zero(lane, c0, c1);
        for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
          context.kernels().ntt_inverse_low(c0 + limb * n, wanted.width, context.tables(limb));
        }
        if (protection == Protection::kRerandomized) noise.add(stream, wanted, c0);
        if (context.limbs() == 2) {
          divide_by_last_modulus(context, c0, c0 + n, wanted.width);
          divide_values_by_last_modulus(context, c1, c1 + n);
        }
        write_polynomial(context, 0, c1, out);
        out += polynomial_bytes(context, 0);
        std::size_t k = 0;
        for (std::size_t row = 0; row < wanted.rows; ++row) {
          for (std::size_t token = 0; token < wanted.tokens; ++token) {
            travelling[k++] = c0[wanted.position(token, row)];
          }
        }
        write_residues(context, 0, travelling.data(), k, out);
        out += residue_bytes(context, 0, k);
      }
    }
  }
}

}  // namespace tensafe::ckks
