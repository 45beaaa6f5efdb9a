#include "ckks/scheme/answer_pads.hpp"
#include "ckks/scheme/input_pads.hpp"
#include "tagged_group.hpp"

namespace tensafe::ckks::test {
namespace {

/// z of many tokens must be a sample of the standard normal distribution.
void check_normal(const std::vector<double>& z, const char* what) {
  double sum = 0;
  double squares = 0;
  double fourth = 0;
  double largest = 0;
  for (double v : z) {
    sum += v;
    squares += v * v;
    fourth += v * v * v * v;
    largest = std::max(largest, std::fabs(v));
  }
  const double n = static_cast<double>(z.size());
  TENSAFE_CHECK(std::fabs(sum / n) < 6 / std::sqrt(n), << what << ": mean " << sum / n);
  // a tenth of a per cent for the model's own rounding, two for the secret's weight under a switched modulus
  TENSAFE_CHECK(std::fabs(squares / n - 1) < 6 * std::sqrt(2 / n) + 0.02, << what << ": variance " << squares / n);
  TENSAFE_CHECK(std::fabs(fourth / n - 3) < 6 * std::sqrt(96 / n) + 0.12, << what << ": fourth " << fourth / n);
  TENSAFE_CHECK(largest < 6.5, << what << ": largest " << largest);
}

std::vector<double> z_of(const std::vector<Verdict>& verdicts) {
  std::vector<double> z;
  for (const Verdict& v : verdicts) {
    TENSAFE_CHECK(v.excess < 1, << "excess " << v.excess);
    z.insert(z.end(), v.z, v.z + kChecks);
  }
  return z;
}

}  // namespace

TENSAFE_TEST(honest_answers_of_pads_have_standard_normal_z) {
  const Context context(fast(), base::process_dispatch());
  const MaskExpander masks(random_seed());
  const PublicHalves halves(context, random_seed());
  const std::size_t columns = 200;
  const std::size_t rows = 9;
  const PadShape shape{32, columns, rows};
  const Tagged group(context, columns, rows);
  const Weights weights(context, group.w.data(), rows, columns, {32, 1});
  const DotWeights dots(group.w.data(), rows, columns);
  InputBlock inputs(context, masks, shape, 0);
  std::vector<std::uint8_t> message(pad_message_bytes(context, rows));
  const AnswerBlock answers(masks, weights, halves, 0, message.data());
  inputs.absorb(message);
  std::vector<double> z;
  std::vector<double> foreign;
  for (int i = 0; i < 250; ++i) {
    const SecretKey key(context, SecretKind::kUniform, random_seed());
    const PublicKey public_key(key, halves);
    LanePads pads(inputs, key);
    LaneNoise noise(answers, public_key);
    const PadRun up_run{&pads, 0, 32};
    const NoiseRun down_run{&noise, 0, 32};
    const auto x = i % 2 == 0 ? random_floats(32 * columns) : outliers(32, columns);
    std::vector<TokenNote> notes(32);
    std::vector<Verdict> verdicts(32);
    std::vector<double> out(32 * rows);
    std::vector<std::uint8_t> up(pad_token_bytes(context, 32, columns));
    std::vector<std::uint8_t> down(pad_token_bytes(context, 32, rows));
    encrypt_tokens(*group.codec, {&up_run, 1}, x.data(), all_rows(32).data(), notes.data(), up.data());
    answer_tokens(dots, {&down_run, 1}, up, down.data());
    decrypt_tokens(*group.codec, {&up_run, 1}, down, notes.data(), verdicts.data(), out.data());
    const auto all = z_of(verdicts);
    z.insert(z.end(), all.begin(), all.end());
    for (std::size_t t = 0; t < 32; ++t) {
      for (std::size_t k = 0; k < rows; ++k) {
        double exact = 0;
        double squares = 0;
        for (std::size_t j = 0; j < columns; ++j) {
          exact += static_cast<double>(x[t * columns + j]) * group.w[k * columns + j];
          squares += static_cast<double>(x[t * columns + j]) * x[t * columns + j];
        }
        TENSAFE_CHECK(std::fabs(out[t * rows + k] / group.row_scales[k] - exact) <
                      1e-3 * std::sqrt(squares) * group.row_norms[k] / group.row_scales[k]);
      }
    }
  }
  check_normal(z, "pads");
}

TENSAFE_TEST(honest_answers_of_ciphertexts_have_standard_normal_z) {
  for (const Parameters& parameters : {fast(), strict()}) {
    const Context context(parameters, base::process_dispatch());
    const std::size_t columns = 150;
    const std::size_t rows = 7;
    const std::size_t tokens = 300;
    const Tagged group(context, columns, rows);
    std::vector<double> z;
    std::vector<double> conservative;
    for (int i = 0; i < 12; ++i) {
      Session session(context);
      for (const Packing packing : {Packing{64, 1}, Packing{1, 1}, Packing{16, 4}}) {
        const InputShape shape{packing.tokens == 1 ? 20 : tokens, columns, packing};
        const auto x = i % 2 == 0 ? random_floats(shape.tokens * columns) : outliers(shape.tokens, columns);
        std::vector<TokenNote> notes(shape.tokens);
        std::vector<Verdict> verdicts(shape.tokens);
        std::vector<std::uint8_t> up(kHeadBytes + input_payload_bytes(context, shape));
        encrypt_inputs(session.key, *group.codec, shape, x.data(), all_rows(shape.tokens).data(), session.masks,
                       session.next_id, notes.data(), up.data());
        session.next_id += shape.ciphertexts(context.degree());
        const EncryptedInputs inputs = session.receive(up);
        const Weights weights(context, group.w.data(), rows, columns, packing);
        const auto down = session.answer(inputs, weights, Protection::kRerandomized);
        std::vector<double> out(shape.tokens * rows);
        decrypt_answers(session.key, *group.codec, answer_shape(inputs, weights), down, notes.data(),
                        verdicts.data(), out.data());
        const auto all = z_of(verdicts);
        auto& to = packing.outputs == 1 ? z : conservative;
        to.insert(to.end(), all.begin(), all.end());
      }
    }
    check_normal(z, context.limbs() == 1 ? "fast" : "strict");
    // with the deviation of S = 1, other rows' errors show in fast and vanish in strict
    double squares = 0;
    for (double v : conservative) squares += v * v;
    const double variance = squares / static_cast<double>(conservative.size());
    TENSAFE_CHECK(context.limbs() == 1 ? variance > 1.1 : std::fabs(variance - 1) < 0.1, << variance);
  }
}

TENSAFE_TEST(what_deviates_shows_in_z_and_what_is_too_large_in_the_excess) {
  const Context context(fast(), base::process_dispatch());
  const std::size_t columns = 64;
  const std::size_t rows = 5;
  const Tagged group(context, columns, rows);
  const auto x = random_floats(columns);
  TokenNote note = group.codec->measure(x.data());
  std::vector<std::int64_t> integers(columns);
  group.codec->encode_integers(x.data(), note, 0, columns, integers.data());
  std::vector<std::int64_t> answer(rows);
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t j = 0; j < columns; ++j) answer[k] += integers[j] * group.w[k * columns + j];
  }
  const std::vector<double> dither(rows);
  std::vector<double> u(rows);
  const Verdict exact = group.codec->decode(answer.data(), note, 0, dither.data(), u.data());
  TENSAFE_CHECK(exact.excess < 1 && std::fabs(exact.z[0]) < 1e-3 && std::fabs(exact.z[1]) < 1e-3);
  for (std::size_t k = 0; k < rows; ++k) {
    auto wrong = answer;
    wrong[k] += std::int64_t{1} << 24;
    const Verdict verdict = group.codec->decode(wrong.data(), note, 0, dither.data(), u.data());
    for (std::size_t check = 0; check < kChecks; ++check) {
      const double expected = static_cast<double>(group.r[check][k]) * 0x1p24 / group.deviations[check];
      TENSAFE_CHECK(std::fabs(verdict.z[check] / expected - 1) < 1e-3, << verdict.z[check] << " " << expected);
      TENSAFE_CHECK(std::fabs(verdict.z[check]) > 8);
    }
    // the bound is ‖A'_k‖·‖x‖ and the error
    const double unit = std::ldexp(note.magnitude, -group.scale_bits) * group.row_scales[k];
    wrong[k] = static_cast<std::int64_t>(2 * group.row_norms[k] * note.norm / unit);
    const Verdict large = group.codec->decode(wrong.data(), note, 0, dither.data(), u.data());
    TENSAFE_CHECK(large.excess > 1.5 && large.excess < 2.1, << large.excess);
  }
}

TENSAFE_TEST(the_dither_has_its_deviation) {
  const Context context(fast(), base::process_dispatch());
  const std::size_t columns = 64;
  const std::size_t rows = 6;
  const Tagged group(context, columns, rows);
  const auto x = random_floats(columns);
  const TokenNote note = group.codec->measure(x.data());
  const std::vector<std::int64_t> nothing(rows);
  std::vector<double> u(rows);
  const std::size_t count = 4000;
  std::vector<double> squares(rows);
  const auto dither = group.codec->dither(count);
  for (std::size_t i = 0; i < count; ++i) {
    group.codec->decode(nothing.data(), note, 0, dither.data() + i * rows, u.data());
    for (std::size_t k = 0; k < rows; ++k) squares[k] += u[k] * u[k];
  }
  for (std::size_t k = 0; k < rows; ++k) {
    const double expected = 1.5e-5 * group.row_norms[k] * note.norm / std::sqrt(static_cast<double>(columns));
    TENSAFE_CHECK(std::fabs(std::sqrt(squares[k] / count) / expected - 1) < 6 * std::sqrt(0.5 / count),
                  << squares[k] / count << " " << expected);
  }
  // another message, another dither
  const auto other = group.codec->dither(1);
  TENSAFE_CHECK(other[0] != dither[0] && other[1] != dither[1]);
}

TENSAFE_TEST(a_token_of_zeros_is_judged_by_the_error_alone) {
  const Context context(fast(), base::process_dispatch());
  const Tagged group(context, 8, 2);
  const std::vector<float> x(8);
  TokenNote note = group.codec->measure(x.data());
  TENSAFE_CHECK(note.magnitude == 0 && note.norm == 0);
  const std::int64_t small[2] = {1 << 18, -(1 << 18)};
  const std::int64_t large[2] = {0, std::int64_t{1} << 22};
  const double dither[2] = {1, -1};
  double u[2];
  TENSAFE_CHECK(group.codec->decode(small, note, 0, dither, u).excess < 1);
  TENSAFE_CHECK(u[0] == 0 && u[1] == 0);
  TENSAFE_CHECK(group.codec->decode(large, note, 0, dither, u).excess > 1);
}

// The processor is slow at them, which would show how many there are.
TENSAFE_TEST(activations_below_the_normal_range_are_zeros_and_others_keep_theirs) {
  volatile float denormal = 1e-40f;
  const auto is_zero = [&] { return denormal * 1.0f == 0.0f; };
  TENSAFE_CHECK(!is_zero());
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  const InputShape shape{2, 16, {2, 1}};
  std::vector<float> x(32, 1e-40f);
  x[0] = 2;
  std::vector<double> magnitudes;
  const EncryptedInputs inputs = session.receive(session.encrypt(shape, x, 20, magnitudes));
  TENSAFE_CHECK(magnitudes[0] == 2 && magnitudes[1] == 0, << magnitudes[1]);
  const auto phase = session.phase(inputs, 0, 0, 0);
  for (std::size_t i = 0; i < 32; ++i) {
    const std::int64_t integer = arithmetic::centre(phase[i], context.modulus(0));
    TENSAFE_CHECK(std::abs(integer - (i == 0 ? 1 << 20 : 0)) <= 20, << i << ": " << integer);
  }
  TENSAFE_CHECK(!is_zero());
}

}  // namespace tensafe::ckks::test
