#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/context/context.hpp"
#include "ckks/context/packing.hpp"

namespace tensafe::ckks {

/// What a message holds. The byte layout is specified in docs/CKKS.md, "Messages".
enum class MessageKind : std::uint16_t {
  kInputs = 1,      ///< masked halves b of a batch of inputs
  kAnswers = 2,     ///< c1 and the wanted coefficients of c0
  kPublicKey = 3,   ///< p0
  kSeeded = 4,      ///< one ciphertext: b and its id
  kCiphertext = 5,  ///< one ciphertext: c0 and c1
  kTagConstants = 6,  ///< masked halves of the encrypted constants of a tag
};

/// The fixed 64-byte head of every message, little-endian. All numbers that a payload's length depends
/// on are in it; a reader checks that the length follows before it allocates anything.
struct MessageHead {
  MessageKind kind;
  std::size_t limbs = 0;         ///< limbs of the polynomials in the payload
  std::uint32_t packing_tokens = 0;   ///< T; 0 where the kind has none
  std::uint32_t packing_outputs = 0;  ///< S
  std::uint32_t tokens = 0;           ///< m
  std::uint32_t width = 0;            ///< d of inputs, r' of answers
  std::uint64_t first_id = 0;         ///< id of the first ciphertext of inputs or of a seeded one
};

constexpr std::size_t kHeadBytes = 64;
constexpr std::uint16_t kMessageVersion = 1;

/// Bytes of one packed polynomial of a limb.
std::size_t polynomial_bytes(const Context& context, std::size_t limb);
/// Bits of a residue of a limb, ⌈log2 q⌉.
int residue_bits(const Context& context, std::size_t limb);

void write_head(const Context& context, const MessageHead& head, std::uint64_t payload_bytes,
                std::uint8_t* out);

/// Throws kMalformedMessage unless `message` starts with a head of this kind for these parameters and
/// is exactly as long as the head says.
MessageHead read_head(const Context& context, MessageKind kind, std::span<const std::uint8_t> message);

/// The shape that a head of inputs or answers declares, checked, with the payload length it implies.
InputShape input_shape(const Context& context, const MessageHead& head, std::size_t message_bytes);
AnswerShape answer_shape(const Context& context, const MessageHead& head, std::size_t message_bytes);

/// Payload bytes that follow from a shape. Answers have one limb left: the modulus is switched.
std::uint64_t input_payload_bytes(const Context& context, const InputShape& shape);
std::uint64_t answer_payload_bytes(const Context& context, const AnswerShape& shape);

/// Bytes of `count` packed residues of a limb.
std::size_t residue_bytes(const Context& context, std::size_t limb, std::size_t count);
void write_residues(const Context& context, std::size_t limb, const std::uint64_t* values, std::size_t count,
                    std::uint8_t* out);
/// Throws kMalformedMessage if a number is no residue.
void read_residues(const Context& context, std::size_t limb, const std::uint8_t* in, std::size_t count,
                   std::uint64_t* out);

/// The same as digits of kDigitBits bits in doubles: low + 2^kDigitBits·high.
void read_digits(const Context& context, std::size_t limb, const std::uint8_t* in, std::size_t count, double* low,
                 double* high);

/// One packed polynomial.
void write_polynomial(const Context& context, std::size_t limb, const std::uint64_t* values, std::uint8_t* out);
/// Throws kMalformedMessage.
void read_polynomial(const Context& context, std::size_t limb, const std::uint8_t* in, std::uint64_t* out);

}  // namespace tensafe::ckks
