#include "ckks/measure/pads.hpp"

#include <vector>

#include "ckks/errors.hpp"
#include "ckks/measure/clock.hpp"
#include "ckks/measure/measured_codec.hpp"
#include "ckks/scheme/answer_pads.hpp"
#include "ckks/scheme/input_pads.hpp"

namespace tensafe::ckks {

PadTimes measure_pads(const Context& context, const PadShape& shape, std::size_t tokens, int repetitions) {
  require(repetitions >= 1 && tokens >= 1 && shape.tokens % tokens == 0, ErrorCode::kInvalidArgument,
          "measure: repetitions must be positive, and tokens a divisor of the block's");
  std::vector<std::int32_t> matrix(shape.rows * shape.columns);
  for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = static_cast<std::int32_t>(i * 7919 % 32768) - 16384;
  std::vector<float> x(tokens * shape.columns);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 31 % 97) - 48.0f;
  std::vector<std::int32_t> rows;
  for (std::size_t t = 0; t < tokens; ++t) rows.push_back(static_cast<std::int32_t>(t));
  const MaskExpander masks(Seed{});
  const PublicHalves halves(context, Seed{});
  const Weights weights(context, matrix.data(), shape.rows, shape.columns, {shape.tokens, 1});
  const DotWeights dots(matrix.data(), shape.rows, shape.columns);
  const GroupCodec codec = measured_codec(context, shape.columns, shape.rows, 20);
  std::vector<std::uint8_t> message(pad_message_bytes(context, shape.rows));
  std::vector<std::uint8_t> up(pad_token_bytes(context, tokens, shape.columns));
  std::vector<std::uint8_t> down(pad_token_bytes(context, tokens, shape.rows));
  std::vector<TokenNote> notes(tokens);
  std::vector<Verdict> verdicts(tokens);
  std::vector<double> out(tokens * shape.rows);
  InputBlock inputs(context, masks, shape, 0);
  std::vector<double> stages[6];
  double at = thread_seconds();
  const auto lap = [&](std::size_t stage, double units) {
    const double now = thread_seconds();
    stages[stage].push_back((now - at) / units);
    at = thread_seconds();
  };
  const AnswerBlock answers(masks, weights, halves, 0, message.data());
  lap(0, 1);
  inputs.absorb(message);
  const auto each = static_cast<double>(tokens);
  for (int i = 0; i < repetitions; ++i) {
    Seed seed{};
    seed[0] = static_cast<std::uint8_t>(i);
    const SecretKey key(context, SecretKind::kUniform, seed);
    const PublicKey public_key(key, halves);
    at = thread_seconds();
    LanePads pads(inputs, key);
    lap(1, 1);
    LaneNoise noise(answers, public_key);
    lap(2, 1);
    for (std::size_t first = 0; first < shape.tokens; first += tokens) {
      const PadRun pad_run{&pads, first, tokens};
      const NoiseRun noise_run{&noise, first, tokens};
      at = thread_seconds();
      encrypt_tokens(codec, {&pad_run, 1}, x.data(), rows.data(), notes.data(), up.data());
      lap(3, each);
      answer_tokens(dots, {&noise_run, 1}, up, down.data());
      lap(4, each);
      decrypt_tokens(codec, {&pad_run, 1}, down, notes.data(), verdicts.data(), out.data());
      lap(5, each);
    }
  }
  return {median(stages[0]), median(stages[1]), median(stages[2]),
          median(stages[3]), median(stages[4]), median(stages[5])};
}

}  // namespace tensafe::ckks
