#include "ckks/scheme/ciphertext.hpp"

#include <bit>
#include <cstring>

#include "ckks/errors.hpp"
#include "ckks/scheme/error_polynomial.hpp"
#include "ckks/scheme/modulus_switch.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

void require_same(const Context& a, const Context& b, std::size_t limbs_a, std::size_t limbs_b) {
  require(&a == &b, ErrorCode::kInvalidArgument, "ciphertext: operands are of different contexts");
  require(limbs_a == limbs_b, ErrorCode::kInvalidArgument,
          "ciphertext: operands have different numbers of limbs");
}

MessageHead checked_head(const Context& context, MessageKind kind, std::span<const std::uint8_t> message,
                         std::size_t polynomials) {
  const MessageHead head = read_head(context, kind, message);
  std::size_t bytes = kHeadBytes;
  for (std::size_t limb = 0; limb < head.limbs; ++limb) {
    bytes += polynomials * polynomial_bytes(context, limb);
  }
  require(message.size() == bytes, ErrorCode::kMalformedMessage,
          "ciphertext: length does not follow from the parameters");
  return head;
}

}  // namespace

Plaintext::Plaintext(const Context& context, std::size_t limbs, const std::int64_t* coefficients)
    : context_(context), limbs_(limbs), values_(limbs * context.degree()) {
  require(limbs >= 1 && limbs <= context.limbs(), ErrorCode::kInvalidArgument,
          "plaintext: number of limbs is not this context's");
  for (std::size_t limb = 0; limb < limbs; ++limb) {
    std::uint64_t* out = values_.data() + limb * context.degree();
    context.kernels().reduce_signed(coefficients, out, context.degree(), context.modulus(limb));
    context.kernels().ntt_forward(out, context.tables(limb));
  }
}

Ciphertext::Ciphertext(const Context& context, std::size_t limbs)
    : context_(context), limbs_(limbs), c0_(limbs * context.degree()), c1_(limbs * context.degree()) {}

Ciphertext Ciphertext::encrypt(const SecretKey& key, const MaskExpander& masks, std::uint64_t id,
                               const Plaintext& plaintext) {
  const Context& context = key.context();
  require(&context == &plaintext.context(), ErrorCode::kInvalidArgument,
          "encrypt: key and plaintext are of different contexts");
  const std::size_t n = context.degree();
  Ciphertext result(context, plaintext.limbs());
  result.id_ = id;
  masks.expand(context, result.limbs_, id, result.c1_.data());
  RandomStream stream = key.error_stream();
  const ErrorPolynomial error(context, stream);
  for (std::size_t limb = 0; limb < result.limbs_; ++limb) {
    std::uint64_t* c0 = result.c0_.data() + limb * n;
    const Modulus& q = context.modulus(limb);
    error.values(context, limb, c0);
    context.kernels().add(c0, plaintext.values(limb), n, q);
    context.kernels().multiply_subtract(c0, result.c1(limb), key.values(limb), n, q);
  }
  return result;
}

Ciphertext Ciphertext::encrypt_zero(const PublicKey& key, RandomSource& random) {
  const Context& context = key.context();
  const std::size_t n = context.degree();
  Ciphertext result(context, context.limbs());
  RandomStream stream = random.next();
  SecretWords u[kSamples] = {SecretWords(context.limbs() * n), SecretWords(context.limbs() * n)};
  make_zero(key.halves(), stream, result.c1_.data(), {u[0].data(), u[1].data()});
  const ErrorPolynomial e1(context, stream);
  SecretWords error(n);
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    const Modulus& q = context.modulus(limb);
    std::uint64_t* c0 = result.c0_.data() + limb * n;
    context.kernels().multiply_pairs(c0, key.p0(0, limb), u[0].data() + limb * n, key.p0(1, limb),
                                     u[1].data() + limb * n, n, q);
    e1.values(context, limb, error.data());
    context.kernels().add(c0, error.data(), n, q);
  }
  return result;
}

Ciphertext Ciphertext::add(const Ciphertext& other) const {
  require_same(context_, other.context_, limbs_, other.limbs_);
  const std::size_t n = context_.degree();
  Ciphertext result(context_, limbs_);
  result.rescaled_ = rescaled_ || other.rescaled_;
  std::memcpy(result.c0_.data(), c0_.data(), limbs_ * n * sizeof(std::uint64_t));
  std::memcpy(result.c1_.data(), c1_.data(), limbs_ * n * sizeof(std::uint64_t));
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    context_.kernels().add(result.c0_.data() + limb * n, other.c0(limb), n, context_.modulus(limb));
    context_.kernels().add(result.c1_.data() + limb * n, other.c1(limb), n, context_.modulus(limb));
  }
  return result;
}

Ciphertext Ciphertext::multiply(const Plaintext& plaintext) const {
  require_same(context_, plaintext.context(), limbs_, plaintext.limbs());
  const std::size_t n = context_.degree();
  Ciphertext result(context_, limbs_);
  result.rescaled_ = rescaled_;
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    const Modulus& q = context_.modulus(limb);
    context_.kernels().multiply(result.c0_.data() + limb * n, c0(limb), plaintext.values(limb), n, q);
    context_.kernels().multiply(result.c1_.data() + limb * n, c1(limb), plaintext.values(limb), n, q);
  }
  return result;
}

Ciphertext Ciphertext::rescale() const {
  require(limbs_ == 2, ErrorCode::kInvalidArgument, "rescale: needs two limbs");
  Ciphertext result = drop_limb();
  result.rescaled_ = true;
  const std::size_t n = context_.degree();
  Words last(n);
  std::memcpy(last.data(), c0(1), n * sizeof(std::uint64_t));
  divide_values_by_last_modulus(context_, result.c0_.data(), last.data());
  std::memcpy(last.data(), c1(1), n * sizeof(std::uint64_t));
  divide_values_by_last_modulus(context_, result.c1_.data(), last.data());
  return result;
}

Ciphertext Ciphertext::drop_limb() const {
  require(limbs_ == 2, ErrorCode::kInvalidArgument, "drop limb: needs two limbs");
  const std::size_t n = context_.degree();
  Ciphertext result(context_, 1);
  std::memcpy(result.c0_.data(), c0(0), n * sizeof(std::uint64_t));
  std::memcpy(result.c1_.data(), c1(0), n * sizeof(std::uint64_t));
  return result;
}

void Ciphertext::decrypt(const SecretKey& key, std::size_t count, std::uint64_t* out) const {
  require(&key.context() == &context_, ErrorCode::kInvalidArgument,
          "decrypt: key and ciphertext are of different contexts");
  require(!rescaled_ || key.kind() == SecretKind::kTernary, ErrorCode::kInvalidArgument,
          "decrypt: the modulus was switched, which needs a ternary secret");
  const std::size_t n = context_.degree();
  require(std::has_single_bit(count) && count <= n, ErrorCode::kInvalidArgument,
          "decrypt: the number of coefficients must be a power of two up to the degree");
  SecretWords phase(n);
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    std::memcpy(phase.data(), c0(limb), n * sizeof(std::uint64_t));
    context_.kernels().multiply_add(phase.data(), c1(limb), key.values(limb), n, context_.modulus(limb));
    context_.kernels().ntt_inverse_low(phase.data(), count, context_.tables(limb));
    std::memcpy(out + limb * count, phase.data(), count * sizeof(std::uint64_t));
  }
}

std::size_t Ciphertext::message_bytes(bool seeded) const {
  std::size_t bytes = kHeadBytes;
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    bytes += (seeded ? 1 : 2) * polynomial_bytes(context_, limb);
  }
  return bytes;
}

void Ciphertext::write(bool seeded, std::uint8_t* out) const {
  require(!seeded || id_.has_value(), ErrorCode::kInvalidArgument,
          "ciphertext: only a fresh one can be written as a seed and half");
  MessageHead head{seeded ? MessageKind::kSeeded : MessageKind::kCiphertext};
  head.limbs = limbs_;
  head.first_id = seeded ? *id_ : 0;
  write_head(context_, head, message_bytes(seeded) - kHeadBytes, out);
  out += kHeadBytes;
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    write_polynomial(context_, limb, c0(limb), out);
    out += polynomial_bytes(context_, limb);
  }
  if (seeded) return;
  for (std::size_t limb = 0; limb < limbs_; ++limb) {
    write_polynomial(context_, limb, c1(limb), out);
    out += polynomial_bytes(context_, limb);
  }
}

Ciphertext Ciphertext::read(const Context& context, std::span<const std::uint8_t> message) {
  const MessageHead head = checked_head(context, MessageKind::kCiphertext, message, 2);
  Ciphertext result(context, head.limbs);
  const std::uint8_t* in = message.data() + kHeadBytes;
  for (Words* half : {&result.c0_, &result.c1_}) {
    for (std::size_t limb = 0; limb < head.limbs; ++limb) {
      read_polynomial(context, limb, in, half->data() + limb * context.degree());
      in += polynomial_bytes(context, limb);
    }
  }
  return result;
}

Ciphertext Ciphertext::read_seeded(const Context& context, const MaskExpander& masks,
                                   std::span<const std::uint8_t> message) {
  const MessageHead head = checked_head(context, MessageKind::kSeeded, message, 1);
  Ciphertext result(context, head.limbs);
  const std::uint8_t* in = message.data() + kHeadBytes;
  for (std::size_t limb = 0; limb < head.limbs; ++limb) {
    read_polynomial(context, limb, in, result.c0_.data() + limb * context.degree());
    in += polynomial_bytes(context, limb);
  }
  masks.expand(context, head.limbs, head.first_id, result.c1_.data());
  result.id_ = head.first_id;
  return result;
}

}  // namespace tensafe::ckks
