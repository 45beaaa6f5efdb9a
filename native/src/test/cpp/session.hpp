#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/ciphertext.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/wire/message.hpp"
#include "ring_kernel_sets.hpp"

// Both parties of a session in one place, for tests.

namespace tensafe::ckks::test {

inline Parameters fast() { return {2048, {1125899906826241}}; }
inline Parameters strict() { return {4096, {1125899906826241, 1125899906629633}}; }

struct Session {
  explicit Session(const Context& c) : context(c), key(c), public_key(key, Seed{7}), rerandomizer(public_key, 4) {}

  std::vector<std::uint8_t> encrypt(const InputShape& shape, const std::vector<float>& x, int scale_bits,
                                    std::vector<double>& magnitudes) const {
    std::vector<std::uint8_t> message(kHeadBytes + input_payload_bytes(context, shape));
    magnitudes.resize(shape.tokens);
    encrypt_inputs(key, shape, {x.data(), nullptr, scale_bits}, magnitudes.data(), message.data());
    return message;
  }

  EncryptedInputs receive(const std::vector<std::uint8_t>& message) const {
    return EncryptedInputs(context, key.masks(), message);
  }

  std::vector<std::uint8_t> answer(const EncryptedInputs& inputs, const Weights& weights,
                                   Protection protection) {
    std::vector<std::uint8_t> message(kHeadBytes +
                                      answer_payload_bytes(context, answer_shape(inputs, weights)));
    evaluate(inputs, weights, rerandomizer, protection, message.data());
    return message;
  }

  std::vector<double> decrypt(const AnswerShape& shape, const std::vector<std::uint8_t>& message) const {
    std::vector<double> out(shape.tokens * shape.rows);
    const std::vector<double> ones(shape.tokens, 1.0);
    decrypt_answers(key, shape, message, ones.data(), nullptr, out.data());
    return out;
  }

  /// What the ciphertext of a received batch decrypts to: message and error, residues of a limb.
  std::vector<std::uint64_t> phase(const EncryptedInputs& inputs, std::size_t group, std::size_t block,
                                   std::size_t limb) const {
    const std::size_t n = context.degree();
    const Modulus& q = context.modulus(limb);
    Words values(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t* at = inputs.tile(group, limb, i / kTile) + block * 2 * kTile + i % kTile;
      values[i] = arithmetic::add(at[0], arithmetic::multiply(at[kTile], key.values(limb)[i], q), q);
    }
    scalar_kernels().ntt_inverse(values.data(), context.tables(limb));
    return {values.data(), values.data() + n};
  }

  const Context& context;
  SecretKey key;
  PublicKey public_key;
  Rerandomizer rerandomizer;
};

inline std::vector<float> random_floats(std::size_t count) {
  std::vector<float> x(count);
  std::normal_distribution<float> normal;
  for (float& v : x) v = normal(test_random());
  return x;
}

inline std::vector<std::int32_t> random_weights(std::size_t count, double deviation = 8192) {
  std::vector<std::int32_t> w(count);
  std::normal_distribution<double> normal(0, deviation);
  for (std::int32_t& v : w) v = static_cast<std::int32_t>(std::lround(normal(test_random())));
  return w;
}

}  // namespace tensafe::ckks::test
