#include "ckks/measure/product.hpp"

#include <vector>

#include "ckks/errors.hpp"
#include "ckks/measure/clock.hpp"
#include "ckks/measure/measured_codec.hpp"
#include "ckks/random/stream.hpp"
#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

std::vector<std::uint32_t> random_words(std::size_t count) {
  std::vector<std::uint32_t> words((count + 3) / 4 * 4);
  RandomSource source;
  source.next().fill(words.data(), words.size() * sizeof(std::uint32_t));
  return words;
}

}  // namespace

ProductTimes measure_product(const Context& context, std::size_t tokens, std::size_t columns,
                             std::size_t rows, const Packing& packing, int repetitions) {
  require(repetitions >= 1 && repetitions <= 100000, ErrorCode::kInvalidArgument,
          "measure: repetitions must be 1 to 100000");
  const InputShape shape{tokens, columns, packing};
  const AnswerShape answers{tokens, rows, packing};
  validate(shape, context.degree());
  validate(answers, context.degree());
  const std::size_t count = answers.groups() * answers.ciphertexts_per_group();
  const MaskExpander masks(Seed{});
  const PublicHalves halves(context, Seed{});
  const SecretKey key(context, SecretKind::kTernary, Seed{});
  const PublicKey public_key(key, halves);
  Rerandomizer rerandomizer(halves, count);
  const GroupCodec codec = measured_codec(context, columns, rows, 20);
  std::vector<std::int32_t> token_rows;
  for (std::size_t t = 0; t < tokens; ++t) token_rows.push_back(static_cast<std::int32_t>(t));
  std::vector<float> x;
  for (std::uint32_t word : random_words(tokens * columns)) x.push_back(static_cast<float>(word) - 0x1p31f);
  std::vector<std::int32_t> w;
  for (std::uint32_t word : random_words(rows * columns)) {
    w.push_back(static_cast<std::int32_t>(word % 32768) - 16384);
  }
  const Weights weights(context, w.data(), rows, columns, packing);
  std::vector<std::uint8_t> up(kHeadBytes + input_payload_bytes(context, shape));
  std::vector<std::uint8_t> down(kHeadBytes + answer_payload_bytes(context, answers));
  std::vector<TokenNote> notes(tokens);
  std::vector<Verdict> verdicts(tokens);
  std::vector<double> out(tokens * rows);
  std::vector<double> stages[5];
  // one round to warm up
  for (int i = 0; i <= repetitions; ++i) {
    double at[6];
    at[0] = thread_seconds();
    rerandomizer.fill(count);
    at[1] = thread_seconds();
    encrypt_inputs(key, codec, shape, x.data(), token_rows.data(), masks,
                   static_cast<std::uint64_t>(i) * shape.ciphertexts(context.degree()), notes.data(), up.data());
    at[2] = thread_seconds();
    const EncryptedInputs inputs(context, masks, up);
    at[3] = thread_seconds();
    evaluate(inputs, weights, rerandomizer, public_key, Protection::kRerandomized, down.data());
    at[4] = thread_seconds();
    decrypt_answers(key, codec, answers, down, notes.data(), verdicts.data(), out.data());
    at[5] = thread_seconds();
    for (int stage = 0; i > 0 && stage < 5; ++stage) stages[stage].push_back(at[stage + 1] - at[stage]);
  }
  return {median(stages[0]), median(stages[1]), median(stages[2]), median(stages[3]), median(stages[4])};
}

}  // namespace tensafe::ckks
