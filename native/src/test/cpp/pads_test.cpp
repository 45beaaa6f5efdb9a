#include "ckks/scheme/pads.hpp"

#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

constexpr std::size_t kTokens = 128;

struct Block {
  Block(Session& session, std::size_t rows, std::size_t columns)
      : rows(rows),
        columns(columns),
        w(random_weights(rows * columns)),
        weights(session.context, w.data(), rows, columns, Packing{kTokens, 1}),
        dots(w.data(), rows, columns),
        inputs(session.key, kTokens, columns, rows),
        message(pad_message_bytes(session.context, rows)),
        answers(session.key.masks(), weights, session.rerandomizer, inputs.first_id(), message.data()) {}

  std::size_t rows;
  std::size_t columns;
  std::vector<std::int32_t> w;
  Weights weights;
  DotWeights dots;
  InputPads inputs;
  std::vector<std::uint8_t> message;
  AnswerPads answers;
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

TENSAFE_TEST(pads_give_the_inner_products_at_every_position) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {5, 33}, {18, 130}}) {
    Block block(session, rows, columns);
    block.inputs.absorb(block.message);
    for (std::size_t first = 0; first < block.inputs.positions();) {
      const std::size_t count = std::min<std::size_t>(37, block.inputs.positions() - first);
      const auto x = random_floats(count * columns);
      std::vector<double> magnitudes(count);
      std::vector<std::uint8_t> up(pad_token_bytes(context, count, columns));
      block.inputs.encrypt(first, count, {x.data(), nullptr, 20}, magnitudes.data(), up.data());
      std::vector<std::uint8_t> down(pad_token_bytes(context, count, rows));
      block.answers.evaluate(block.dots, first, count, up, down.data());
      std::vector<double> out(count * rows);
      const std::vector<double> ones(count, 1.0);
      block.inputs.decrypt(first, count, down, ones.data(), nullptr, out.data());
      for (std::size_t t = 0; t < count; ++t) {
        for (std::size_t k = 0; k < rows; ++k) {
          double exact = 0;
          double squares = 0;
          for (std::size_t j = 0; j < columns; ++j) {
            const double scaled = static_cast<double>(x[t * columns + j]) * 0x1p20 / magnitudes[t];
            exact += block.w[k * columns + j] * std::nearbyint(scaled);
            squares += static_cast<double>(block.w[k * columns + j]) * block.w[k * columns + j];
          }
          // errors times weights, the encryption of zero, the flood
          const double deviation = std::sqrt(10.32 * squares + 2.4e5 + 65536.0 * 65536.0);
          const double error = out[t * rows + k] - exact;
          TENSAFE_CHECK(std::abs(error) < 9 * deviation, << "d = " << columns << ": " << error);
        }
      }
      first += count;
    }
  }
}

TENSAFE_TEST(pads_hide_the_weights_in_what_travels_ahead) {
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  // one input block: without re-randomisation c1 would be a·W, and W its quotient, value by value
  Block block(session, 2, 16);
  const Modulus& q = context.modulus(0);
  Words mask(context.degree());
  Words c1(context.degree());
  session.key.masks().expand(context, 1, block.inputs.first_id(), mask.data());
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
  Block block(session, 3, 20);
  const auto x = random_floats(4 * 20);
  std::vector<double> magnitudes(4);
  std::vector<std::uint8_t> up(pad_token_bytes(context, 4, 20));
  std::vector<std::uint8_t> down(pad_token_bytes(context, 4, 3));
  const InputValues values{x.data(), nullptr, 20};
  TENSAFE_CHECK(refused([&] { block.inputs.encrypt(0, 4, values, magnitudes.data(), up.data()); }));
  auto shorter = block.message;
  shorter.pop_back();
  TENSAFE_CHECK(refused([&] { block.inputs.absorb(shorter); }));
  block.inputs.absorb(block.message);
  block.inputs.encrypt(10, 4, values, magnitudes.data(), up.data());
  for (std::size_t first : {std::size_t{0}, std::size_t{10}, std::size_t{13}, std::size_t{253}, std::size_t{1} << 40,
                            ~std::size_t{0}}) {
    TENSAFE_CHECK(refused([&] { block.inputs.encrypt(first, 4, values, magnitudes.data(), up.data()); }), << first);
  }
  TENSAFE_CHECK(refused([&] {
    block.answers.evaluate(block.dots, 10, 4, std::span(up).first(up.size() - 1), down.data());
  }));
  block.answers.evaluate(block.dots, 10, 4, up, down.data());
  for (std::size_t first : {std::size_t{0}, std::size_t{10}, std::size_t{13}, std::size_t{253}, ~std::size_t{0}}) {
    TENSAFE_CHECK(refused([&] { block.answers.evaluate(block.dots, first, 4, up, down.data()); }), << first);
  }
  // residues that are none
  std::vector<std::uint8_t> ones(up.size(), 0xff);
  TENSAFE_CHECK(refused([&] { block.answers.evaluate(block.dots, 20, 4, ones, down.data()); }));
  const std::vector<std::int32_t> large(16, 1 << 24);
  TENSAFE_CHECK(refused([&] { DotWeights(large.data(), 1, 16); }));
  const Context wide(strict(), base::process_dispatch());
  const SecretKey key(wide);
  TENSAFE_CHECK(refused([&] { InputPads(key, kTokens, 20, 3); }));
}

TENSAFE_TEST(every_kernel_has_the_same_exact_sums) {
  for (std::size_t rows : {1, 3, 4, 9}) {
    for (std::size_t n : {4, 8, 60}) {
      std::vector<double> vectors(2 * n);
      std::vector<double> matrix(rows * n);
      for (double& v : vectors) v = static_cast<double>(test_random()() % (1u << 25));
      for (double& v : matrix) v = static_cast<double>(test_random()() % 40001) - 20000;
      std::vector<double> expected(2 * rows);
      scalar_kernels().dot_pairs(vectors.data(), matrix.data(), rows, n, expected.data());
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t half = 0; half < 2; ++half) {
          std::int64_t sum = 0;
          for (std::size_t j = 0; j < n; ++j) {
            sum += static_cast<std::int64_t>(vectors[half * n + j]) * static_cast<std::int64_t>(matrix[r * n + j]);
          }
          TENSAFE_CHECK(expected[2 * r + half] == static_cast<double>(sum), << rows << " " << n);
        }
      }
      for (const RingKernels* kernels : runnable_kernels()) {
        std::vector<double> out(2 * rows);
        kernels->dot_pairs(vectors.data(), matrix.data(), rows, n, out.data());
        TENSAFE_CHECK(out == expected, << kernels->name << " " << rows << " " << n);
      }
    }
  }
}

}  // namespace tensafe::ckks::test
