#include "ckks/scheme/answer_decryption.hpp"

#include "ckks/errors.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

void decrypt_integers(const SecretKey& key, const AnswerShape& expected, std::span<const std::uint8_t> message,
                      std::int64_t* out) {
  const Context& context = key.context();
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  validate(expected, n);
  require(context.limbs() == 1 || key.kind() == SecretKind::kTernary, ErrorCode::kInvalidArgument,
          "answers: the modulus was switched, which needs a ternary secret");
  const MessageHead head = read_head(context, MessageKind::kAnswers, message);
  const AnswerShape shape = answer_shape(context, head, message.size());
  require(shape.tokens == expected.tokens && shape.rows == expected.rows &&
              shape.packing.tokens == expected.packing.tokens &&
              shape.packing.outputs == expected.packing.outputs,
          ErrorCode::kMalformedMessage, "answers: not of the shape that was asked for");
  const Modulus& q = context.modulus(0);
  const std::uint8_t* in = message.data() + kHeadBytes;
  SecretWords phase(n);
  Words c1(n);
  Words c0(n);
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    const std::size_t tokens = shape.group_tokens(group);
    for (std::size_t block = 0; block < shape.ciphertexts_per_group(); ++block) {
      const std::size_t rows = shape.block_rows(block);
      read_polynomial(context, 0, in, c1.data());
      in += polynomial_bytes(context, 0);
      read_residues(context, 0, in, tokens * rows, c0.data());
      in += residue_bytes(context, 0, tokens * rows);
      kernels.multiply_prepared(phase.data(), c1.data(), key.values(0), key.prepared(0), n, q);
      kernels.ntt_inverse_low(phase.data(), shape.wanted(group, block), context.tables(0));
      for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t k = block * shape.packing.outputs + row;
        for (std::size_t t = 0; t < tokens; ++t) {
          const std::size_t token = group * shape.packing.tokens + t;
          const std::uint64_t sum =
              arithmetic::add(c0[row * tokens + t], phase[t + shape.packing.tokens * row], q);
          out[token * shape.rows + k] = arithmetic::centre(sum, q);
        }
      }
    }
  }
}

void decrypt_answers(const SecretKey& key, const GroupCodec& codec, const AnswerShape& expected,
                     std::span<const std::uint8_t> message, const TokenNote* notes, Verdict* verdicts,
                     double* out) {
  require(codec.rows() == expected.rows, ErrorCode::kInvalidArgument,
          "answers: the codec is for another number of rows");
  AlignedArray<std::int64_t, true> integers(expected.tokens * expected.rows);
  decrypt_integers(key, expected, message, integers.data());
  const AlignedArray<double, true> dither = codec.dither(expected.tokens);
  const std::size_t size = codec.size_index(expected.packing.outputs);
  for (std::size_t t = 0; t < expected.tokens; ++t) {
    const std::size_t at = t * expected.rows;
    verdicts[t] = codec.decode(integers.data() + at, notes[t], size, dither.data() + at, out + at);
  }
}

}  // namespace tensafe::ckks
