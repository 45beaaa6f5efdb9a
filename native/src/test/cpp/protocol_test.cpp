#include <array>

#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

const char* const kKernels[] = {"scalar", "avx2", "avx512ifma"};

template <typename Body>
void for_each_kernel(const Parameters& parameters, Body body) {
  for (const char* name : kKernels) {
    std::optional<Context> context;
    try {
      context.emplace(parameters, name);
    } catch (const CkksError&) {
      continue;  // main() has said so
    }
    body(*context);
  }
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
  const Context writer(fast(), "scalar");
  const Session session(writer);
  std::vector<double> magnitudes;
  const auto message = session.encrypt({3, 700, {2, 2}}, random_floats(2100), 20, magnitudes);
  const EncryptedInputs expected = session.receive(message);
  for_each_kernel(fast(), [&](const Context& context) {
    const EncryptedInputs inputs(context, session.key.masks(), message);
    for (std::size_t tile = 0; tile < 2048 / kTile; ++tile) {
      const std::size_t words = inputs.blocks() * 2 * kTile;
      TENSAFE_CHECK(std::equal(inputs.tile(1, 0, tile), inputs.tile(1, 0, tile) + words, expected.tile(1, 0, tile)),
                    << context.kernels().name);
    }
  });
}

// Section 5 of the design: c1 of an answer is Σ a_b·A'_b, value by value; the key holder knows all a_b,
// so as many tokens as there are blocks give it the weights by elimination.
namespace {

/// Solves Σ_b a[g][b]·w[b] = y[g] modulo q by Gauss–Jordan elimination; w is left in y.
bool solve(std::vector<std::vector<std::uint64_t>>& a, std::vector<std::uint64_t>& y, const Modulus& q) {
  const std::size_t n = y.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    while (pivot < n && a[pivot][column] == 0) ++pivot;
    if (pivot == n) return false;
    std::swap(a[pivot], a[column]);
    std::swap(y[pivot], y[column]);
    const std::uint64_t inverse = arithmetic::inverse(a[column][column], q);
    for (std::size_t k = 0; k < n; ++k) a[column][k] = arithmetic::multiply(a[column][k], inverse, q);
    y[column] = arithmetic::multiply(y[column], inverse, q);
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const std::uint64_t factor = a[row][column];
      for (std::size_t k = 0; k < n; ++k) {
        a[row][k] = arithmetic::subtract(a[row][k], arithmetic::multiply(factor, a[column][k], q), q);
      }
      y[row] = arithmetic::subtract(y[row], arithmetic::multiply(factor, y[column], q), q);
    }
  }
  return true;
}

/// How many of the first row's weights the solver gets right from one batch.
std::size_t recovered_weights(Session& session, Protection protection) {
  const Context& context = session.context;
  const std::size_t n = context.degree();
  const std::size_t columns = 3 * n;
  const Packing packing{1, 1};
  const InputShape shape{3, columns, packing};
  std::vector<double> magnitudes;
  const auto w = random_weights(columns);
  const EncryptedInputs inputs =
      session.receive(session.encrypt(shape, random_floats(3 * columns), 20, magnitudes));
  const Weights weights(context, w.data(), 1, columns, packing);
  const auto message = session.answer(inputs, weights, protection);

  // the attacker reads c1 of every token from the message
  std::vector<Words> c1;
  const std::uint8_t* in = message.data() + kHeadBytes;
  const std::size_t stride = (message.size() - kHeadBytes) / 3;
  for (std::size_t t = 0; t < 3; ++t) {
    c1.emplace_back(n);
    read_polynomial(context, 0, in + t * stride, c1.back().data());
  }
  std::vector<Words> solution;
  for (std::size_t b = 0; b < 3; ++b) solution.emplace_back(n);
  const Modulus& q = context.modulus(0);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::vector<std::uint64_t>> a(3, std::vector<std::uint64_t>(3));
    std::vector<std::uint64_t> y(3);
    for (std::size_t t = 0; t < 3; ++t) {
      for (std::size_t b = 0; b < 3; ++b) {
        a[t][b] = inputs.tile(t, 0, i / kTile)[b * 2 * kTile + kTile + i % kTile];
      }
      y[t] = c1[t][i];
    }
    if (!solve(a, y, q)) return 0;
    for (std::size_t b = 0; b < 3; ++b) solution[b][i] = y[b];
  }
  std::size_t right = 0;
  for (std::size_t b = 0; b < 3; ++b) {
    scalar_kernels().ntt_inverse(solution[b].data(), context.tables(0));
    for (std::size_t j = 0; j < n; ++j) {
      // column j is at exponent −j: coefficient N − j with a minus sign
      const std::int64_t at = arithmetic::centre(solution[b][(n - j) % n], q);
      right += (j == 0 ? at : -at) == w[b * n + j] ? 1 : 0;
    }
  }
  return right;
}

}  // namespace

TENSAFE_TEST(one_batch_gives_the_weights_away_without_re_randomisation_and_not_with_it) {
  const Context context(fast(), "");
  Session session(context);
  const std::size_t all = 3 * context.degree();
  TENSAFE_CHECK(recovered_weights(session, Protection::kNone) == all);
  const std::size_t right = recovered_weights(session, Protection::kRerandomized);
  TENSAFE_CHECK(right <= 2, << right << " of " << all);
}

TENSAFE_TEST(a_pool_changes_nothing_but_where_the_zeros_come_from) {
  const Context context(fast(), "");
  Session session(context);
  TENSAFE_CHECK(session.rerandomizer.fill(3) == 3 && session.rerandomizer.level() == 3);
  TENSAFE_CHECK(session.rerandomizer.fill(9) == 1 && session.rerandomizer.level() == 4);
  const InputShape shape{1, 64, {1, 1}};
  std::vector<double> magnitudes;
  const auto x = random_floats(64);
  const auto w = random_weights(6 * 64);
  const EncryptedInputs inputs = session.receive(session.encrypt(shape, x, 24, magnitudes));
  const Weights weights(context, w.data(), 6, 64, {1, 1});
  const AnswerShape answers = answer_shape(inputs, weights);
  const auto exact = session.decrypt(answers, session.answer(inputs, weights, Protection::kNone));
  const auto first = session.answer(inputs, weights, Protection::kRerandomized);
  TENSAFE_CHECK(session.rerandomizer.level() == 0);
  const auto second = session.answer(inputs, weights, Protection::kRerandomized);
  TENSAFE_CHECK(first != second);
  for (const auto& message : {first, second}) {
    const auto out = session.decrypt(answers, message);
    for (std::size_t k = 0; k < out.size(); ++k) {
      TENSAFE_CHECK(out[k] != exact[k] && std::fabs(out[k] - exact[k]) < 10 * kFloodDeviation, << k);
    }
  }
}

}  // namespace tensafe::ckks::test
