#include "ckks/scheme/answer_pads.hpp"
#include "ckks/scheme/input_pads.hpp"
#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

/// Both halves of a block of one group.
struct Block {
  Block(Session& session, std::size_t tokens, std::size_t rows, std::size_t columns)
      : shape{tokens, columns, rows},
        w(random_weights(rows * columns)),
        weights(session.context, w.data(), rows, columns, Packing{tokens, 1}),
        dots(w.data(), rows, columns),
        first_id(session.next_id),
        inputs(session.context, session.masks, shape, first_id),
        message(pad_message_bytes(session.context, rows)),
        answers(session.masks, weights, session.halves, first_id, message.data()) {
    session.next_id += shape.masks(session.context);
  }

  PadShape shape;
  std::vector<std::int32_t> w;
  Weights weights;
  DotWeights dots;
  std::uint64_t first_id;
  InputBlock inputs;
  std::vector<std::uint8_t> message;
  AnswerBlock answers;
};

/// Both halves of a lane on a block.
struct Lane {
  Lane(Session& session, const Block& block)
      : key(session.context, SecretKind::kUniform, random_seed()),
        public_key(key, session.halves),
        pads(block.inputs, key),
        noise(block.answers, public_key) {}

  SecretKey key;
  PublicKey public_key;
  LanePads pads;
  LaneNoise noise;
};

template <typename Body>
bool refused(Body body) {
  try {
    body();
  } catch (const CkksError&) {
    return true;
  }
  return false;
}

}  // namespace

TENSAFE_TEST(pads_give_the_inner_products_at_every_position_of_every_lane) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  for (const PadShape& shape : {PadShape{32, 1, 1}, {32, 33, 5}, {128, 130, 18}, {8, 600, 3}}) {
    Block block(session, shape.tokens, shape.rows, shape.columns);
    block.inputs.absorb(block.message);
    const GroupCodec codec = plain_codec(context, shape.columns, shape.rows, 20);
    std::vector<std::unique_ptr<Lane>> lanes;
    for (int i = 0; i < 3; ++i) lanes.push_back(std::make_unique<Lane>(session, block));
    // runs of all lanes in one message, of different lengths, in ascending order
    std::vector<std::size_t> next(lanes.size());
    while (true) {
      std::vector<PadRun> up_runs;
      std::vector<NoiseRun> down_runs;
      std::size_t tokens = 0;
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        const std::size_t count = std::min(1 + test_random()() % 9, shape.tokens - next[i]);
        if (count == 0) continue;
        up_runs.push_back({&lanes[i]->pads, next[i], count});
        down_runs.push_back({&lanes[i]->noise, next[i], count});
        next[i] += count;
        tokens += count;
      }
      if (tokens == 0) break;
      const std::size_t columns = shape.columns;
      const auto x = random_floats(tokens * columns);
      // token t is not row t
      std::vector<std::int32_t> rows = all_rows(tokens);
      std::shuffle(rows.begin(), rows.end(), test_random());
      std::vector<TokenNote> notes(tokens);
      std::vector<Verdict> verdicts(tokens);
      std::vector<std::uint8_t> up(pad_token_bytes(context, tokens, columns));
      encrypt_tokens(codec, up_runs, x.data(), rows.data(), notes.data(), up.data());
      std::vector<std::uint8_t> down(pad_token_bytes(context, tokens, shape.rows));
      answer_tokens(block.dots, down_runs, up, down.data());
      std::vector<double> out(tokens * shape.rows);
      decrypt_tokens(codec, up_runs, down, notes.data(), verdicts.data(), out.data());
      for (std::size_t t = 0; t < tokens; ++t) {
        const float* token = x.data() + static_cast<std::size_t>(rows[t]) * columns;
        for (std::size_t k = 0; k < shape.rows; ++k) {
          double exact = 0;
          double squares = 0;
          for (std::size_t j = 0; j < columns; ++j) {
            const double scaled = static_cast<double>(token[j]) * 0x1p20 / notes[t].magnitude;
            exact += block.w[k * columns + j] * std::nearbyint(scaled);
            squares += static_cast<double>(block.w[k * columns + j]) * block.w[k * columns + j];
          }
          const double unit = 0x1p-20 * notes[t].magnitude;
          // errors times weights, the encryption of zero, the flood
          const double deviation = std::sqrt(10.32 * squares + 4.4e5 + 65536.0 * 65536.0);
          const double error = out[t * shape.rows + k] / unit - exact;
          TENSAFE_CHECK(std::abs(error) < 9 * deviation, << "d = " << columns << ": " << error);
        }
      }
    }
  }
}

TENSAFE_TEST(pads_hide_the_weights_in_what_travels_ahead) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  // one input block: without re-randomisation c1 would be a·W, and W its quotient, value by value
  Block block(session, 32, 2, 16);
  const Modulus& q = context.modulus(0);
  Words mask(context.degree());
  Words c1(context.degree());
  session.masks.expand(context, 1, block.first_id, mask.data());
  read_polynomial(context, 0, block.message.data(), c1.data());
  std::size_t repeated = 0;
  for (std::size_t i = 0; i + 1 < context.degree(); i += 2) {
    // a polynomial in X^T has each value T times in a row
    const std::uint64_t left = arithmetic::multiply(c1[i], arithmetic::inverse(mask[i], q), q);
    const std::uint64_t right = arithmetic::multiply(c1[i + 1], arithmetic::inverse(mask[i + 1], q), q);
    repeated += left == right ? 1 : 0;
  }
  TENSAFE_CHECK(repeated == 0, << repeated << " quotients repeat as those of weights do");
}

TENSAFE_TEST(pads_are_used_once_and_refuse_what_does_not_fit) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  Block block(session, 32, 3, 20);
  const auto x = random_floats(4 * 20);
  const auto rows = all_rows(4);
  std::vector<TokenNote> notes(4);
  std::vector<Verdict> verdicts(4);
  std::vector<double> out(4 * 3);
  std::vector<std::uint8_t> up(pad_token_bytes(context, 4, 20));
  std::vector<std::uint8_t> down(pad_token_bytes(context, 4, 3));
  const GroupCodec codec = plain_codec(context, 20, 3, 20);
  const SecretKey early(context, SecretKind::kUniform, random_seed());
  TENSAFE_CHECK(refused([&] { LanePads(block.inputs, early); }));
  auto shorter = block.message;
  shorter.pop_back();
  TENSAFE_CHECK(refused([&] { block.inputs.absorb(shorter); }));
  block.inputs.absorb(block.message);
  TENSAFE_CHECK(refused([&] { block.inputs.absorb(block.message); }));
  Lane lane(session, block);
  const auto encrypt = [&](std::size_t first) {
    const PadRun run{&lane.pads, first, 4};
    encrypt_tokens(codec, {&run, 1}, x.data(), rows.data(), notes.data(), up.data());
  };
  const auto answer = [&](std::size_t first, std::span<const std::uint8_t> message) {
    const NoiseRun run{&lane.noise, first, 4};
    answer_tokens(block.dots, {&run, 1}, message, down.data());
  };
  const auto decrypt = [&](std::size_t first) {
    const PadRun run{&lane.pads, first, 4};
    decrypt_tokens(codec, {&run, 1}, down, notes.data(), verdicts.data(), out.data());
  };
  const std::size_t wrong[] = {0, 10, 13, 29, std::size_t{1} << 40, ~std::size_t{0}};
  TENSAFE_CHECK(refused([&] { decrypt(10); }));
  encrypt(10);
  for (std::size_t first : wrong) TENSAFE_CHECK(refused([&] { encrypt(first); }), << first);
  TENSAFE_CHECK(refused([&] { answer(10, std::span(up).first(up.size() - 1)); }));
  answer(10, up);
  for (std::size_t first : wrong) TENSAFE_CHECK(refused([&] { answer(first, up); }), << first);
  decrypt(10);
  for (std::size_t first : wrong) TENSAFE_CHECK(refused([&] { decrypt(first); }), << first);
  // a number that is none uses no position
  std::vector<float> bad = x;
  bad[7] = INFINITY;
  const PadRun run{&lane.pads, 14, 4};
  TENSAFE_CHECK(refused([&] {
    encrypt_tokens(codec, {&run, 1}, bad.data(), rows.data(), notes.data(), up.data());
  }));
  encrypt(14);
  // residues that are none
  std::vector<std::uint8_t> ones(up.size(), 0xff);
  TENSAFE_CHECK(refused([&] { answer(20, ones); }));
  const std::vector<std::int32_t> large(16, 1 << 24);
  TENSAFE_CHECK(refused([&] { DotWeights(large.data(), 1, 16); }));
  TENSAFE_CHECK(refused([&] {
    encrypt_tokens(plain_codec(context, 21, 3, 20), {&run, 1}, x.data(), rows.data(), notes.data(), up.data());
  }));
  TENSAFE_CHECK(refused([&] {
    encrypt_tokens(plain_codec(context, 20, 3, 50), {&run, 1}, x.data(), rows.data(), notes.data(), up.data());
  }));
  const PublicHalves others(context, random_seed());
  const SecretKey stranger(context, SecretKind::kUniform, random_seed());
  const PublicKey foreign(stranger, others);
  TENSAFE_CHECK(refused([&] { LaneNoise(block.answers, foreign); }));
  const Context wide(strict(), base::process_dispatch());
  TENSAFE_CHECK(refused([&] { InputBlock(wide, session.masks, {32, 20, 3}, 0); }));
}

TENSAFE_TEST(every_kernel_has_the_same_exact_sums) {
  for (std::size_t rows : {1, 3, 4, 9, 18}) {
    for (std::size_t columns : {8, 13, 64, 5000}) {
      std::vector<std::int32_t> matrix(rows * columns);
      for (std::int32_t& v : matrix) v = static_cast<std::int32_t>(test_random()() % 40001) - 20000;
      const DotWeights weights(matrix.data(), rows, columns);
      const std::size_t n = weights.stride();
      for (std::size_t count : {1, 2, 4, 6, 8, 15}) {
        std::vector<double> vectors(count * n);
        std::vector<double> expected;
        for (std::size_t v = 0; v < count; ++v) {
          for (std::size_t j = 0; j < columns; ++j) vectors[v * n + j] = static_cast<double>(test_random()() % (1u << 25));
          for (std::size_t r = 0; r < weights.all_rows(); ++r) {
            std::int64_t sum = 0;
            for (std::size_t j = 0; r < rows && j < columns; ++j) {
              sum += static_cast<std::int64_t>(vectors[v * n + j]) * matrix[r * columns + j];
            }
            expected.push_back(static_cast<double>(sum));
          }
        }
        for (const RingKernels* kernels : runnable_kernels()) {
          std::vector<double> out(expected.size(), 9);
          kernels->dot(vectors.data(), count, weights.data(), weights.all_rows(), n, out.data());
          TENSAFE_CHECK(out == expected, << kernels->name << " " << rows << " " << count << " " << columns);
        }
      }
    }
  }
}

}  // namespace tensafe::ckks::test
