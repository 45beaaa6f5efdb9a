#include "ckks/scheme/answer_decryption.hpp"

#include "ckks/errors.hpp"
#include "ckks/wire/bits.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

void decrypt_answers(const SecretKey& key, const AnswerShape& expected,
                     std::span<const std::uint8_t> message, const double* token_scales,
                     const double* row_scales, double* out) {
  const Context& context = key.context();
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  validate(expected, n);
  const MessageHead head = read_head(context, MessageKind::kAnswers, message);
  const AnswerShape shape = answer_shape(context, head, message.size());
  require(shape.tokens == expected.tokens && shape.rows == expected.rows &&
              shape.packing.tokens == expected.packing.tokens &&
              shape.packing.outputs == expected.packing.outputs,
          ErrorCode::kMalformedMessage, "answers: not of the shape that was asked for");
  const Modulus& q = context.modulus(0);
  const int bits = residue_bits(context, 0);
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
      require(unpack_bits(in, tokens * rows, bits, q.value, c0.data()), ErrorCode::kMalformedMessage,
              "message: a coefficient is not below the modulus");
      in += packed_bytes(tokens * rows, bits);
      kernels.multiply(phase.data(), c1.data(), key.values(0), n, q);
      kernels.ntt_inverse_low(phase.data(), shape.wanted(group, block), context.tables(0));
      for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t k = block * shape.packing.outputs + row;
        for (std::size_t t = 0; t < tokens; ++t) {
          const std::size_t token = group * shape.packing.tokens + t;
          const std::uint64_t sum =
              arithmetic::add(c0[row * tokens + t], phase[t + shape.packing.tokens * row], q);
          const double value = static_cast<double>(arithmetic::centre(sum, q)) * token_scales[token];
          out[token * shape.rows + k] = row_scales == nullptr ? value : value * row_scales[k];
        }
      }
    }
  }
}

}  // namespace tensafe::ckks
