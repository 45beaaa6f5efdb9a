#include "ckks/wire/message.hpp"

#include <bit>
#include <cstring>

#include "ckks/errors.hpp"
#include "ckks/wire/bits.hpp"

namespace tensafe::ckks {
namespace {

constexpr std::uint8_t kMagic[4] = {'T', 'S', 'H', 'E'};

template <typename T>
void put(std::uint8_t* out, std::size_t offset, T value) {
  std::memcpy(out + offset, &value, sizeof value);
}

template <typename T>
T get(const std::uint8_t* in, std::size_t offset) {
  T value;
  std::memcpy(&value, in + offset, sizeof value);
  return value;
}

void expect(bool condition, const char* message) {
  require(condition, ErrorCode::kMalformedMessage, message);
}

}  // namespace

int residue_bits(const Context& context, std::size_t limb) {
  return std::bit_width(context.modulus(limb).value - 1);
}

std::size_t polynomial_bytes(const Context& context, std::size_t limb) {
  return packed_bytes(context.degree(), residue_bits(context, limb));
}

void write_head(const Context& context, const MessageHead& head, std::uint64_t payload_bytes,
                std::uint8_t* out) {
  std::memset(out, 0, kHeadBytes);
  std::memcpy(out, kMagic, sizeof kMagic);
  put(out, 4, kMessageVersion);
  put(out, 6, static_cast<std::uint16_t>(head.kind));
  put(out, 8, static_cast<std::uint8_t>(std::countr_zero(context.degree())));
  put(out, 9, static_cast<std::uint8_t>(head.limbs));
  put(out, 12, head.packing_tokens);
  put(out, 16, head.packing_outputs);
  put(out, 20, head.tokens);
  put(out, 24, head.width);
  put(out, 32, head.first_id);
  for (std::size_t limb = 0; limb < head.limbs; ++limb) {
    put(out, 40 + 8 * limb, context.modulus(limb).value);
  }
  put(out, 56, payload_bytes);
}

MessageHead read_head(const Context& context, MessageKind kind, std::span<const std::uint8_t> message) {
  expect(message.size() >= kHeadBytes, "message: shorter than its 64-byte head");
  const std::uint8_t* in = message.data();
  expect(std::memcmp(in, kMagic, sizeof kMagic) == 0, "message: does not start with TSHE");
  expect(get<std::uint16_t>(in, 4) == kMessageVersion, "message: version is not 1");
  expect(get<std::uint16_t>(in, 6) == static_cast<std::uint16_t>(kind), "message: of another kind");
  expect(get<std::uint8_t>(in, 8) == std::countr_zero(context.degree()),
         "message: ring degree is not this context's");
  MessageHead head{kind};
  head.limbs = get<std::uint8_t>(in, 9);
  expect(head.limbs >= 1 && head.limbs <= context.limbs(), "message: number of limbs is not this context's");
  expect(get<std::uint16_t>(in, 10) == 0 && get<std::uint32_t>(in, 28) == 0,
         "message: reserved bytes are not zero");
  head.packing_tokens = get<std::uint32_t>(in, 12);
  head.packing_outputs = get<std::uint32_t>(in, 16);
  head.tokens = get<std::uint32_t>(in, 20);
  head.width = get<std::uint32_t>(in, 24);
  head.first_id = get<std::uint64_t>(in, 32);
  for (std::size_t limb = 0; limb < kMaxLimbs; ++limb) {
    const std::uint64_t expected = limb < head.limbs ? context.modulus(limb).value : 0;
    expect(get<std::uint64_t>(in, 40 + 8 * limb) == expected, "message: modulus is not this context's");
  }
  expect(get<std::uint64_t>(in, 56) == message.size() - kHeadBytes,
         "message: payload length is not what the head says");
  return head;
}

std::uint64_t input_payload_bytes(const Context& context, const InputShape& shape) {
  std::uint64_t bytes = 0;
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) bytes += polynomial_bytes(context, limb);
  return bytes * shape.ciphertexts(context.degree());
}

std::uint64_t answer_payload_bytes(const Context& context, const AnswerShape& shape) {
  const std::uint64_t c1 = polynomial_bytes(context, 0);
  const int bits = residue_bits(context, 0);
  std::uint64_t bytes = 0;
  const std::size_t full_groups = shape.tokens / shape.packing.tokens;
  const std::size_t rest = shape.tokens % shape.packing.tokens;
  for (std::size_t block = 0; block < shape.ciphertexts_per_group(); ++block) {
    const std::size_t rows = shape.block_rows(block);
    bytes += full_groups * (c1 + packed_bytes(shape.packing.tokens * rows, bits));
    if (rest != 0) bytes += c1 + packed_bytes(rest * rows, bits);
  }
  return bytes;
}

InputShape input_shape(const Context& context, const MessageHead& head, std::size_t message_bytes) {
  expect(head.limbs == context.limbs(), "inputs: number of limbs is not this context's");
  const InputShape shape{head.tokens, head.width, {head.packing_tokens, head.packing_outputs}};
  try {
    validate(shape, context.degree());
  } catch (const CkksError& e) {
    throw CkksError(ErrorCode::kMalformedMessage, e.what());
  }
  expect(message_bytes - kHeadBytes == input_payload_bytes(context, shape),
         "inputs: payload length does not follow from the shape");
  expect(head.first_id + shape.ciphertexts(context.degree()) >= head.first_id,
         "inputs: ciphertext ids run over");
  return shape;
}

AnswerShape answer_shape(const Context& context, const MessageHead& head, std::size_t message_bytes) {
  expect(head.limbs == 1, "answers: have one limb");
  const AnswerShape shape{head.tokens, head.width, {head.packing_tokens, head.packing_outputs}};
  try {
    validate(shape, context.degree());
  } catch (const CkksError& e) {
    throw CkksError(ErrorCode::kMalformedMessage, e.what());
  }
  expect(message_bytes - kHeadBytes == answer_payload_bytes(context, shape),
         "answers: payload length does not follow from the shape");
  return shape;
}

std::size_t residue_bytes(const Context& context, std::size_t limb, std::size_t count) {
  return packed_bytes(count, residue_bits(context, limb));
}

void write_residues(const Context& context, std::size_t limb, const std::uint64_t* values, std::size_t count,
                    std::uint8_t* out) {
  pack_bits(context.kernels(), values, count, residue_bits(context, limb), out);
}

void read_residues(const Context& context, std::size_t limb, const std::uint8_t* in, std::size_t count,
                   std::uint64_t* out) {
  expect(unpack_bits(context.kernels(), in, count, residue_bits(context, limb), context.modulus(limb).value, out),
         "message: a coefficient is not below the modulus");
}

void read_digits(const Context& context, std::size_t limb, const std::uint8_t* in, std::size_t count, double* low,
                 double* high) {
  const std::uint64_t bound = context.modulus(limb).value;
  const int bits = residue_bits(context, limb);
  const std::size_t fours = bits == kKernelBits ? count / 4 : 0;
  bool residues = !context.kernels().unpack_digits(in, fours, bound, low, high);
  // fewer than four, or numbers of another width
  std::uint64_t rest[64];
  in += fours * packed_bytes(4, bits);
  for (std::size_t i = 4 * fours; i < count;) {
    // a multiple of 8 numbers ends with a byte
    const std::size_t some = count - i < 64 ? count - i : 64;
    residues &= unpack_bits(context.kernels(), in, some, bits, bound, rest);
    for (std::size_t k = 0; k < some; ++k, ++i) {
      low[i] = static_cast<double>(rest[k] & ((std::uint64_t{1} << kDigitBits) - 1));
      high[i] = static_cast<double>(rest[k] >> kDigitBits);
    }
    in += packed_bytes(some, bits);
  }
  expect(residues, "message: a coefficient is not below the modulus");
}

void write_polynomial(const Context& context, std::size_t limb, const std::uint64_t* values, std::uint8_t* out) {
  write_residues(context, limb, values, context.degree(), out);
}

void read_polynomial(const Context& context, std::size_t limb, const std::uint8_t* in, std::uint64_t* out) {
  read_residues(context, limb, in, context.degree(), out);
}

}  // namespace tensafe::ckks
