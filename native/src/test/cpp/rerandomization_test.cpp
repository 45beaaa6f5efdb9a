#include "ckks/random/samplers.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "session.hpp"

namespace tensafe::ckks::test {

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
  const Context context(fast(), base::process_dispatch());
  Session session(context);
  const std::size_t all = 3 * context.degree();
  TENSAFE_CHECK(recovered_weights(session, Protection::kNone) == all);
  const std::size_t right = recovered_weights(session, Protection::kRerandomized);
  TENSAFE_CHECK(right <= 2, << right << " of " << all);
}

TENSAFE_TEST(a_pool_changes_nothing_but_where_the_zeros_come_from) {
  const Context context(fast(), base::process_dispatch());
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


// (z0, z1) = (p0·u + p0'·u', p1·u + p1'·u'): u and u' by Cramer's rule, value by value. Both must be errors.
TENSAFE_TEST(an_encryption_of_zero_has_two_secrets) {
  for (const Parameters& parameters : {fast(), strict()}) {
    const Context context(parameters, base::process_dispatch());
    Session session(context);
    const std::size_t n = context.degree();
    for (int pooled = 0; pooled < 2; ++pooled) {
      if (pooled == 1) session.rerandomizer.fill(1);
      Words z0(context.limbs() * n);
      Words z1(context.limbs() * n);
      std::fill(z0.data(), z0.data() + z0.size(), 0);
      std::fill(z1.data(), z1.data() + z1.size(), 0);
      session.rerandomizer.add_zero(session.public_key, z0.data(), z1.data());
      for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
        const Modulus& q = context.modulus(limb);
        Words u[2] = {Words(n), Words(n)};
        for (std::size_t i = 0; i < n; ++i) {
          const auto times = [&](std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
            return arithmetic::subtract(arithmetic::multiply(a, d, q), arithmetic::multiply(b, c, q), q);
          };
          const std::uint64_t a = session.public_key.p0(0, limb)[i];
          const std::uint64_t b = session.public_key.p0(1, limb)[i];
          const std::uint64_t c = session.halves.p1(0, limb)[i];
          const std::uint64_t d = session.halves.p1(1, limb)[i];
          const std::uint64_t determinant = times(a, b, c, d);
          TENSAFE_CHECK(determinant != 0);
          const std::uint64_t inverse = arithmetic::inverse(determinant, q);
          u[0][i] = arithmetic::multiply(times(z0[limb * n + i], b, z1[limb * n + i], d), inverse, q);
          u[1][i] = arithmetic::multiply(times(a, z0[limb * n + i], c, z1[limb * n + i]), inverse, q);
        }
        for (Words& error : u) {
          scalar_kernels().ntt_inverse(error.data(), context.tables(limb));
          double squares = 0;
          for (std::size_t i = 0; i < n; ++i) {
            const double e = static_cast<double>(arithmetic::centre(error[i], q));
            TENSAFE_CHECK(std::fabs(e) <= 20);
            squares += e * e;
          }
          // six deviations of the variance of 2048 samples
          TENSAFE_CHECK(std::fabs(squares / static_cast<double>(n) / 10.32 - 1) < 0.19, << squares);
        }
        // independent: two of them are equal with probability 0.088
        std::size_t equal = 0;
        for (std::size_t i = 0; i < n; ++i) equal += u[0][i] == u[1][i] ? 1 : 0;
        TENSAFE_CHECK(equal < n / 6, << equal);
      }
    }
  }
}

TENSAFE_TEST(wanted_coefficients_are_flooded_and_no_others) {
  for (const Parameters& parameters : {fast(), strict()}) {
    const Context context(parameters, base::process_dispatch());
    const std::size_t n = context.degree();
    AnswerNoise noise(context);
    RandomSource random;
    RandomStream stream = random.next();
    Words c0(context.limbs() * n);
    std::fill(c0.data(), c0.data() + c0.size(), 0);
    const WantedCoefficients wanted{7, 100, 16, 2048};
    noise.add(stream, wanted, c0.data());
    double squares = 0;
    std::size_t changed = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const bool is_wanted = i % 16 < 7 && i / 16 < 100;
      changed += c0[i] != 0 ? 1 : 0;
      TENSAFE_CHECK(is_wanted || c0[i] == 0, << i);
      if (!is_wanted) continue;
      double value = static_cast<double>(arithmetic::centre(c0[i], context.modulus(0)));
      if (context.limbs() == 2) {
        // |noise| < 2^53 from both residues: r0 + q0·k for the few k in question
        const std::uint64_t q0 = context.modulus(0).value;
        bool found = false;
        for (std::int64_t k = -5; k <= 5 && !found; ++k) {
          const std::int64_t candidate = arithmetic::centre(c0[i], context.modulus(0)) +
                                         k * static_cast<std::int64_t>(q0);
          found = arithmetic::reduce_signed(candidate, context.modulus(1)) == c0[n + i];
          value = static_cast<double>(candidate);
        }
        TENSAFE_CHECK(found, << "limbs disagree at " << i);
      }
      squares += value * value;
    }
    const double expected = context.limbs() == 1 ? 0x1p32 : 0x1p106 / 12;
    TENSAFE_CHECK(changed >= 698, << changed);
    // six deviations of the variance of 700 samples
    TENSAFE_CHECK(std::fabs(squares / 700 / expected - 1) < 0.33, << squares / 700 << " " << expected);
  }
}

}  // namespace tensafe::ckks::test
