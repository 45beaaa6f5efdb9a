#include "ckks/scheme/tag_answer.hpp"

#include <cstring>

#include "ckks/context/packing.hpp"
#include "ckks/errors.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/scheme/tag_request.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

TagAnswer::TagAnswer(const Context& context, std::size_t rows, std::span<const std::uint8_t> message)
    : context_(context), rows_(rows) {
  require(context.limbs() == 2, ErrorCode::kInvalidParameters, "tag: a ring with two limbs is needed");
  require(rows >= 1 && rows <= kMaxRows && message.size() == tag_constants_bytes(context, rows),
          ErrorCode::kMalformedMessage, "tag: constants of another length");
  Seed seed;
  std::memcpy(seed.data(), message.data(), seed.size());
  const std::span<const std::uint8_t> body = message.subspan(seed.size());
  const MessageHead head = read_head(context, MessageKind::kTagConstants, body);
  require(head.limbs == 2 && head.width == rows && head.tokens == 0 && head.packing_tokens == 0 &&
              head.packing_outputs == 0 && head.first_id == 0,
          ErrorCode::kMalformedMessage, "tag: constants of another shape");
  const std::size_t n = context.degree();
  constants_ = Words(rows * 2 * 2 * n);
  coefficients_ = AlignedArray<std::int64_t, true>(rows * n);
  std::memset(coefficients_.data(), 0, rows * n * sizeof(std::int64_t));
  const MaskExpander masks(seed);
  Words mask(2 * n);
  const std::uint8_t* in = body.data() + kHeadBytes;
  for (std::size_t k = 0; k < rows; ++k) {
    masks.expand(context, 2, k, mask.data());
    for (std::size_t limb = 0; limb < 2; ++limb) {
      std::uint64_t* to = constants_.data() + (k * 2 + limb) * 2 * n;
      read_polynomial(context, limb, in, to);
      in += polynomial_bytes(context, limb);
      std::memcpy(to + n, mask.data() + limb * n, n * sizeof(std::uint64_t));
    }
  }
}

void TagAnswer::put(const std::int32_t* matrix, std::size_t rows, std::size_t columns, std::size_t first,
                    std::size_t count, std::size_t at) {
  const std::size_t n = context_.degree();
  require(rows <= rows_ && first <= columns && count <= columns - first && at <= n && count <= n - at,
          ErrorCode::kInvalidArgument, "tag: columns that are not there, or do not fit the chunk");
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t j = 0; j < count; ++j) coefficients_[k * n + at + j] = matrix[k * columns + first + j];
  }
}

void TagAnswer::write(const PublicKey& key, std::size_t columns, Protection protection, std::uint8_t* out) {
  require(&key.context() == &context_, ErrorCode::kInvalidArgument, "tag: the key is of another context");
  const std::size_t n = context_.degree();
  require(columns >= 1 && columns <= n, ErrorCode::kInvalidArgument, "tag: a chunk of another size");
  const RingKernels& kernels = context_.kernels();
  Words c1(2 * n);
  SecretWords c0(2 * n);
  SecretWords weights(n);
  std::memset(c0.data(), 0, 2 * n * sizeof(std::uint64_t));
  std::memset(c1.data(), 0, 2 * n * sizeof(std::uint64_t));
  if (protection == Protection::kRerandomized) Rerandomizer(key.halves(), 0).add_zero(key, c0.data(), c1.data());
  for (std::size_t k = 0; k < rows_; ++k) {
    for (std::size_t limb = 0; limb < 2; ++limb) {
      const Modulus& q = context_.modulus(limb);
      const std::uint64_t* constant = constants_.data() + (k * 2 + limb) * 2 * n;
      kernels.reduce_signed(coefficients_.data() + k * n, weights.data(), n, q);
      kernels.ntt_forward(weights.data(), context_.tables(limb));
      kernels.multiply_add(c0.data() + limb * n, constant, weights.data(), n, q);
      kernels.multiply_add(c1.data() + limb * n, constant + n, weights.data(), n, q);
    }
  }
  std::memset(coefficients_.data(), 0, rows_ * n * sizeof(std::int64_t));
  for (std::size_t limb = 0; limb < 2; ++limb) kernels.ntt_inverse(c0.data() + limb * n, context_.tables(limb));
  if (protection == Protection::kRerandomized) {
    RandomStream stream = random_.next();
    AnswerNoise(context_).add(stream, {columns, 1, n, n}, c0.data());
  }
  for (std::size_t limb = 0; limb < 2; ++limb) {
    write_polynomial(context_, limb, c1.data() + limb * n, out);
    out += polynomial_bytes(context_, limb);
  }
  for (std::size_t limb = 0; limb < 2; ++limb) {
    write_residues(context_, limb, c0.data() + limb * n, columns, out);
    out += residue_bytes(context_, limb, columns);
  }
}

}  // namespace tensafe::ckks
