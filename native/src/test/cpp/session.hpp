#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/ciphertext.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/group_codec.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/wire/message.hpp"
#include "ring_kernel_sets.hpp"

// Both parties of a session in one place, for tests.

namespace tensafe::ckks::test {

inline Parameters fast() { return {2048, {1125899906826241}}; }
inline Parameters strict() { return {4096, {1125899906826241, 1125899906629633}}; }

inline Seed random_seed() {
  Seed seed;
  for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(test_random()());
  return seed;
}

/// The kind of a lane's secret: uniform unless the modulus is switched.
inline SecretKind lane_kind(const Context& context) {
  return context.limbs() == 1 ? SecretKind::kUniform : SecretKind::kTernary;
}

/// A codec that judges nothing: scales and norms of 1, no tag.
inline GroupCodec plain_codec(const Context& context, std::size_t columns, std::size_t rows, int scale_bits) {
  const std::vector<double> ones(rows, 1.0);
  const double error = 1;
  const std::vector<double> dithers(rows, 1.5e-5 / std::sqrt(static_cast<double>(columns)));
  return GroupCodec(context, {columns, rows, nullptr, scale_bits, 1.0, ones.data(), ones.data(), dithers.data(), 1,
                              &error, nullptr, {}, {}});
}

/// 0, 1, … : every token is its own row.
inline std::vector<std::int32_t> all_rows(std::size_t tokens) {
  std::vector<std::int32_t> rows(tokens);
  for (std::size_t t = 0; t < tokens; ++t) rows[t] = static_cast<std::int32_t>(t);
  return rows;
}

struct Session {
  explicit Session(const Context& c)
      : context(c),
        masks(random_seed()),
        halves(c, random_seed()),
        key(c, lane_kind(c), random_seed()),
        public_key(key, halves),
        rerandomizer(halves, 4) {}

  std::vector<std::uint8_t> encrypt(const InputShape& shape, const std::vector<float>& x, int scale_bits,
                                    std::vector<double>& magnitudes) const {
    std::vector<std::uint8_t> message(kHeadBytes + input_payload_bytes(context, shape));
    std::vector<TokenNote> notes(shape.tokens);
    encrypt_inputs(key, plain_codec(context, shape.columns, 1, scale_bits), shape, x.data(),
                   all_rows(shape.tokens).data(), masks, next_id, notes.data(), message.data());
    next_id += shape.ciphertexts(context.degree());
    magnitudes.clear();
    for (const TokenNote& note : notes) magnitudes.push_back(note.magnitude);
    return message;
  }

  EncryptedInputs receive(const std::vector<std::uint8_t>& message) const {
    return EncryptedInputs(context, masks, message);
  }

  std::vector<std::uint8_t> answer(const EncryptedInputs& inputs, const Weights& weights,
                                   Protection protection) {
    std::vector<std::uint8_t> message(kHeadBytes +
                                      answer_payload_bytes(context, answer_shape(inputs, weights)));
    evaluate(inputs, weights, rerandomizer, public_key, protection, message.data());
    return message;
  }

  /// The integers of an answer.
  std::vector<double> decrypt(const AnswerShape& shape, const std::vector<std::uint8_t>& message) const {
    std::vector<std::int64_t> out(shape.tokens * shape.rows);
    decrypt_integers(key, shape, message, out.data());
    return {out.begin(), out.end()};
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
  MaskExpander masks;
  PublicHalves halves;
  SecretKey key;
  PublicKey public_key;
  Rerandomizer rerandomizer;
  mutable std::uint64_t next_id = 0;
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
