#include <array>

#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

template <typename Body>
void for_each_kernel(const Parameters& parameters, Body body) {
  for (const base::Dispatch& level : runnable_levels()) body(Context(parameters, level));
}

/// Coefficient `at` of the product of a polynomial with the weights of the rows of one answer.
std::uint64_t product_coefficient(const std::vector<std::uint64_t>& polynomial,
                                  const std::vector<std::int32_t>& weights, std::size_t rows,
                                  std::size_t columns, const Packing& packing, std::size_t answer,
                                  std::size_t block, std::size_t at, const Modulus& q) {
  const std::size_t n = polynomial.size();
  const std::size_t c = packing.columns(n);
  uint128 sum = 0;
  for (std::size_t o = 0; o < packing.outputs && answer * packing.outputs + o < rows; ++o) {
    for (std::size_t j = 0; j < c && block * c + j < columns; ++j) {
      const std::int64_t w = weights[(answer * packing.outputs + o) * columns + block * c + j];
      // x^(T·o − T·S·j) times x^i lands on `at` for this i, with a sign for each turn around x^N = −1
      const std::int64_t exponent = static_cast<std::int64_t>(packing.tokens * o) -
                                    static_cast<std::int64_t>(packing.tokens * packing.outputs * j);
      std::int64_t i = static_cast<std::int64_t>(at) - exponent;
      bool negative = false;
      while (i >= static_cast<std::int64_t>(n)) {
        i -= static_cast<std::int64_t>(n);
        negative = !negative;
      }
      while (i < 0) {
        i += static_cast<std::int64_t>(n);
        negative = !negative;
      }
      const std::int64_t factor = (negative ? -w : w) % static_cast<std::int64_t>(q.value);
      const std::uint64_t residue =
          static_cast<std::uint64_t>(factor < 0 ? factor + static_cast<std::int64_t>(q.value) : factor);
      sum += static_cast<uint128>(residue) * polynomial[static_cast<std::size_t>(i)] % q.value;
    }
  }
  return static_cast<std::uint64_t>(sum % q.value);
}

void check_exact(const Context& context, const Packing& packing, std::size_t tokens, std::size_t columns,
                 std::size_t rows) {
  Session session(context);
  const InputShape shape{tokens, columns, packing};
  std::vector<double> magnitudes;
  const auto x = random_floats(tokens * columns);
  const auto w = random_weights(rows * columns);
  const EncryptedInputs inputs = session.receive(session.encrypt(shape, x, 20, magnitudes));
  const Weights weights(context, w.data(), rows, columns, packing);
  const AnswerShape answers = answer_shape(inputs, weights);
  const auto out = session.decrypt(answers, session.answer(inputs, weights, Protection::kNone));
  const Modulus& q = context.modulus(0);
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    std::vector<std::vector<std::uint64_t>> phases;
    for (std::size_t b = 0; b < inputs.blocks(); ++b) phases.push_back(session.phase(inputs, group, b, 0));
    for (std::size_t t = 0; t < shape.group_tokens(group); ++t) {
      for (std::size_t k = 0; k < rows; ++k) {
        const std::size_t answer = k / packing.outputs;
        const std::size_t at = t + packing.tokens * (k % packing.outputs);
        std::uint64_t expected = 0;
        for (std::size_t b = 0; b < inputs.blocks(); ++b) {
          expected = arithmetic::add(
              expected, product_coefficient(phases[b], w, rows, columns, packing, answer, b, at, q), q);
        }
        const double got = out[(group * packing.tokens + t) * rows + k];
        TENSAFE_CHECK(got == static_cast<double>(arithmetic::centre(expected, q)),
                      << context.kernels().name << " T=" << packing.tokens << " S=" << packing.outputs
                      << " m=" << tokens << " d=" << columns << " r=" << rows << " token " << t << " row "
                      << k << ": " << got);
      }
    }
  }
}

}  // namespace

// With one limb and without re-randomisation an answer is the schoolbook product of what was encrypted,
// error included, to the last bit.
TENSAFE_TEST(answers_are_exact_products_for_every_packing) {
  for_each_kernel(fast(), [](const Context& context) {
    for (std::size_t t = 1; t <= 2048; t *= 2) {
      for (std::size_t s = 1; t * s <= 2048; s *= 2) {
        const std::size_t c = 2048 / (t * s);
        const std::size_t tokens = std::min<std::size_t>(t + 1, 1 + test_random()() % (t + 3));
        const std::size_t rows = 1 + test_random()() % std::min<std::size_t>(2 * s, 20);
        const std::size_t columns = std::max<std::size_t>(1, std::min<std::size_t>(c + c / 2, 300));
        if (tokens * rows * columns > 60000) {
          check_exact(context, {t, s}, std::min<std::size_t>(tokens, 70), columns / 4 + 1, std::min<std::size_t>(rows, 6));
        } else {
          check_exact(context, {t, s}, tokens, columns, rows);
        }
      }
    }
    check_exact(context, {1, 1}, 2, 5000, 7);
    check_exact(context, {1, 4}, 3, 1500, 11);
  });
}

TENSAFE_TEST(answers_with_two_limbs_are_the_product_divided_and_rounded) {
  for_each_kernel(strict(), [](const Context& context) {
    for (const Packing packing : {Packing{1, 1}, Packing{4, 2}, Packing{64, 1}, Packing{1, 16}}) {
      Session session(context);
      const InputShape shape{5, 600, packing};
      std::vector<double> magnitudes;
      const auto x = random_floats(5 * 600);
      const auto w = random_weights(6 * 600);
      const int scale_bits = 62;
      const EncryptedInputs inputs = session.receive(session.encrypt(shape, x, scale_bits, magnitudes));
      const Weights weights(context, w.data(), 6, 600, packing);
      for (const Protection protection : {Protection::kNone, Protection::kRerandomized}) {
        const auto out = session.decrypt(answer_shape(inputs, weights),
                                         session.answer(inputs, weights, protection));
        for (std::size_t t = 0; t < 5; ++t) {
          for (std::size_t k = 0; k < 6; ++k) {
            long double sum = 0;
            for (std::size_t j = 0; j < 600; ++j) {
              const long double scaled =
                  static_cast<long double>(x[t * 600 + j]) * std::ldexp(1.0L, scale_bits) / magnitudes[t];
              sum += scaled * w[k * 600 + j];
            }
            sum /= static_cast<long double>(context.modulus(1).value);
            // errors times weights are below 2^-20 of the second prime; rounding meets a secret of
            // about 2N/3 ones: deviation √(2N/36) = 15; the flood adds at most 4
            TENSAFE_CHECK(std::fabs(static_cast<double>(sum - out[t * 6 + k])) < 120 + std::fabs(static_cast<double>(sum)) * 1e-12,
                          << context.kernels().name << " T=" << packing.tokens << " S=" << packing.outputs
                          << ": " << out[t * 6 + k] << " not " << static_cast<double>(sum));
          }
        }
      }
    }
  });
}

TENSAFE_TEST(all_kernels_read_each_others_messages) {
  const Context writer(fast(), runnable_levels().front());
  const Session session(writer);
  std::vector<double> magnitudes;
  const auto message = session.encrypt({3, 700, {2, 2}}, random_floats(2100), 20, magnitudes);
  const EncryptedInputs expected = session.receive(message);
  for_each_kernel(fast(), [&](const Context& context) {
    const EncryptedInputs inputs(context, session.masks, message);
    for (std::size_t tile = 0; tile < 2048 / kTile; ++tile) {
      const std::size_t words = inputs.blocks() * 2 * kTile;
      TENSAFE_CHECK(std::equal(inputs.tile(1, 0, tile), inputs.tile(1, 0, tile) + words, expected.tile(1, 0, tile)),
                    << context.kernels().name);
    }
  });
}

}  // namespace tensafe::ckks::test
