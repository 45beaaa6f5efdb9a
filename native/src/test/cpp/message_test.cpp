#include <cstring>

#include "ckks/scheme/public_key_message.hpp"
#include "ckks/wire/bits.hpp"
#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

/// Reads bytes as each kind of message; only typed errors may come out.
template <typename Read>
void check_refused(const char* what, const std::vector<std::uint8_t>& bytes, Read read) {
  try {
    read(bytes);
  } catch (const CkksError& e) {
    TENSAFE_CHECK(e.code() == ErrorCode::kMalformedMessage, << what << ": " << e.what());
    return;
  }
  throw std::runtime_error(std::string(what) + ": was accepted");
}

template <typename Read>
void check_mutations(const std::vector<std::uint8_t>& good, Read read) {
  read(good);
  check_refused("empty", {}, read);
  check_refused("head only", {good.begin(), good.begin() + kHeadBytes}, read);
  check_refused("one byte short", {good.begin(), good.end() - 1}, read);
  auto longer = good;
  longer.push_back(0);
  check_refused("one byte more", longer, read);
  // every bit of the head but the id (32–39), which any value is right for
  for (std::size_t byte = 0; byte < kHeadBytes; ++byte) {
    if (byte >= 32 && byte < 40) continue;
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = good;
      bad[byte] = static_cast<std::uint8_t>(bad[byte] ^ (1 << bit));
      try {
        read(bad);
        TENSAFE_CHECK(byte >= 12 && byte < 28, << "head byte " << byte << " bit " << bit << " was accepted");
      } catch (const CkksError& e) {
        TENSAFE_CHECK(e.code() == ErrorCode::kMalformedMessage, << e.what());
      }
    }
  }
  auto above = good;
  std::fill(above.begin() + kHeadBytes, above.begin() + kHeadBytes + 8, std::uint8_t{0xff});
  check_refused("a coefficient that is no residue", above, read);
}

}  // namespace

TENSAFE_TEST(packed_bits_come_back_and_unused_bits_must_be_zero) {
  auto& random = test_random();
  for (const RingKernels* each : runnable_kernels()) {
    const RingKernels& kernels = *each;
    for (int bits : {1, 7, 8, 27, 49, 50, 63}) {
      for (std::size_t count : {1, 2, 3, 4, 5, 8, 12, 31, 100, 128}) {
        std::vector<std::uint64_t> values(count);
        for (auto& v : values) v = random() >> (64 - bits);
        const std::size_t bytes = packed_bytes(count, bits);
        std::vector<std::uint8_t> packed(bytes + 1, 0xaa);
        pack_bits(kernels, values.data(), count, bits, packed.data());
        TENSAFE_CHECK(packed[bytes] == 0xaa, << "wrote past the end");
        // bit i of number k is bit k·bits + i of the bytes
        for (std::size_t k = 0; k < count; ++k) {
          for (int i = 0; i < bits; ++i) {
            const std::size_t at = k * static_cast<std::size_t>(bits) + static_cast<std::size_t>(i);
            TENSAFE_CHECK((packed[at / 8] >> (at % 8) & 1) == static_cast<int>(values[k] >> i & 1));
          }
        }
        // exactly as many bytes as are there
        const std::vector<std::uint8_t> exact(packed.begin(), packed.end() - 1);
        std::vector<std::uint64_t> back(count);
        TENSAFE_CHECK(unpack_bits(kernels, exact.data(), count, bits, std::uint64_t{1} << bits, back.data()));
        TENSAFE_CHECK(back == values);
        for (std::uint64_t value : values) {
          const bool below = unpack_bits(kernels, exact.data(), count, bits, value, back.data());
          TENSAFE_CHECK(!below || value == 0);
        }
        if (count * static_cast<std::size_t>(bits) % 8 != 0) {
          packed[bytes - 1] |= 0x80;
          TENSAFE_CHECK(!unpack_bits(kernels, packed.data(), count, bits, std::uint64_t{1} << bits, back.data()));
        }
      }
    }
  }
}

TENSAFE_TEST(hostile_messages_are_refused_with_a_typed_error) {
  for (const Parameters& parameters : {fast(), strict()}) {
    const Context context(parameters, base::process_dispatch());
    Session session(context);
    std::vector<double> magnitudes;
    const InputShape shape{3, 100, {2, 4}};
    const auto inputs = session.encrypt(shape, random_floats(300), 20, magnitudes);
    check_mutations(inputs, [&](const auto& bytes) { session.receive(bytes); });

    const auto w = random_weights(7 * 100);
    const Weights weights(context, w.data(), 7, 100, shape.packing);
    const EncryptedInputs received = session.receive(inputs);
    const AnswerShape answers = answer_shape(received, weights);
    const auto answer = session.answer(received, weights, Protection::kRerandomized);
    check_mutations(answer, [&](const auto& bytes) { session.decrypt(answers, bytes); });
    check_refused("an answer of another shape", answer,
                  [&](const auto& bytes) { session.decrypt({3, 6, {2, 4}}, bytes); });
    check_refused("inputs as answers", inputs, [&](const auto& bytes) { session.decrypt(answers, bytes); });

    std::vector<std::uint8_t> public_key(public_key_bytes(context));
    write_public_key(session.public_key, public_key.data());
    check_mutations(public_key, [&](const auto& bytes) { read_public_key(session.halves, bytes); });

    const std::vector<std::int64_t> coefficients(context.degree(), 5);
    const Ciphertext ciphertext =
        Ciphertext::encrypt(session.key, session.masks, 7, Plaintext(context, context.limbs(), coefficients.data()));
    for (const bool seeded : {true, false}) {
      std::vector<std::uint8_t> message(ciphertext.message_bytes(seeded));
      ciphertext.write(seeded, message.data());
      check_mutations(message, [&](const auto& bytes) {
        seeded ? Ciphertext::read_seeded(context, session.masks, bytes)
               : Ciphertext::read(context, bytes);
      });
    }
  }
}

TENSAFE_TEST(sizes_in_a_head_cannot_make_it_allocate) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  std::vector<double> magnitudes;
  auto message = session.encrypt({1, 10, {1, 1}}, random_floats(10), 20, magnitudes);
  for (std::size_t offset : {12, 16, 20, 24}) {
    for (std::uint32_t size : {0U, 2U, 3U, 0x10000U, 0x80000000U, 0xffffffffU}) {
      auto bad = message;
      std::memcpy(bad.data() + offset, &size, sizeof size);
      try {
        session.receive(bad);
        // another split of the same bytes is a message too
        TENSAFE_CHECK(size < 0x10000U, << offset << " " << size);
      } catch (const CkksError& e) {
        TENSAFE_CHECK(e.code() == ErrorCode::kMalformedMessage, << e.what());
      }
    }
  }
}

}  // namespace tensafe::ckks::test
