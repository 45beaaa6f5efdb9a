#include <cstring>

#include "ckks/random/samplers.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

/// Coefficients of c0 + c1·s in (−q/2, q/2], by one limb's values.
std::vector<double> phase(const Context& context, const std::uint64_t* c0, const std::uint64_t* c1,
                          const SecretKey& key, std::size_t limb) {
  const std::size_t n = context.degree();
  const Modulus& q = context.modulus(limb);
  Words values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = arithmetic::add(c0[i], arithmetic::multiply(c1[i], key.values(limb)[i], q), q);
  }
  scalar_kernels().ntt_inverse(values.data(), context.tables(limb));
  std::vector<double> coefficients;
  for (std::size_t i = 0; i < n; ++i) {
    coefficients.push_back(static_cast<double>(arithmetic::centre(values[i], q)));
  }
  return coefficients;
}

/// log2 of the deviation.
double deviation_bits(const std::vector<double>& noise) {
  double squares = 0;
  for (double e : noise) squares += e * e;
  return 0.5 * std::log2(squares / static_cast<double>(noise.size()));
}

template <typename Body>
bool refused(Body body) {
  try {
    body();
  } catch (const CkksError& e) {
    return e.code() == ErrorCode::kInvalidArgument;
  }
  return false;
}

}  // namespace

TENSAFE_TEST(a_secret_and_its_public_key_follow_from_the_seed) {
  for (const Parameters& parameters : {fast(), strict()}) {
    const Context context(parameters, base::process_dispatch());
    const std::size_t n = context.degree();
    const PublicHalves halves(context, random_seed());
    for (const SecretKind kind : {SecretKind::kTernary, SecretKind::kUniform}) {
      const Seed seed = random_seed();
      const SecretKey first(context, kind, seed);
      const SecretKey second(context, kind, seed);
      const SecretKey other(context, kind, random_seed());
      std::vector<std::uint8_t> messages[3];
      const SecretKey* keys[3] = {&first, &second, &other};
      for (int i = 0; i < 3; ++i) {
        const PublicKey key(*keys[i], halves);
        messages[i].resize(public_key_bytes(context));
        write_public_key(key, messages[i].data());
        for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
          for (std::size_t sample = 0; sample < kSamples; ++sample) {
            for (double e : phase(context, key.p0(sample, limb), halves.p1(sample, limb), *keys[i], limb)) {
              TENSAFE_CHECK(std::fabs(e) <= 20, << e);
            }
          }
          TENSAFE_CHECK(std::memcmp(halves.p1(0, limb), halves.p1(1, limb), 8 * n) != 0);
        }
        // both samples once more give the same, other halves nothing: e − e would be a multiple of s
        const PublicKey again(*keys[i], halves);
        const PublicHalves foreign(context, random_seed());
        TENSAFE_CHECK(refused([&] { PublicKey(*keys[i], foreign); }));
      }
      TENSAFE_CHECK(messages[0] == messages[1] && messages[0] != messages[2]);
      TENSAFE_CHECK(std::memcmp(first.values(0), second.values(0), 8 * n) == 0);

      // the stream with nonce 0: the residues themselves, or the ternary coefficients
      const AesKey aes(seed.data());
      RandomStream stream(aes, 0);
      for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
        const Modulus& q = context.modulus(limb);
        Words expected(n);
        if (kind == SecretKind::kUniform) {
          sample_uniform(stream, scalar_kernels(), q, expected.data(), n);
        } else {
          RandomStream fresh(aes, 0);
          std::vector<std::int64_t> coefficients(n);
          sample_ternary(fresh, coefficients.data(), n);
          for (std::size_t i = 0; i < n; ++i) expected[i] = arithmetic::reduce_signed(coefficients[i], q);
          scalar_kernels().ntt_forward(expected.data(), context.tables(limb));
        }
        TENSAFE_CHECK(std::equal(expected.data(), expected.data() + n, first.values(limb)));
      }
    }
  }
}

TENSAFE_TEST(errors_of_encryptions_do_not_follow_from_the_seed) {
  const Context context(fast(), base::process_dispatch());
  const Seed seed = random_seed();
  const MaskExpander masks(random_seed());
  const std::vector<std::int64_t> zero(context.degree());
  std::vector<double> errors[2];
  for (auto& e : errors) {
    const SecretKey key(context, SecretKind::kUniform, seed);
    const Ciphertext c = Ciphertext::encrypt(key, masks, 5, Plaintext(context, 1, zero.data()));
    e = phase(context, c.c0(0), c.c1(0), key, 0);
  }
  TENSAFE_CHECK(errors[0] != errors[1]);
}

// The reason for two samples: with one, the second half of an encryption of zero has an error of its own to
// hide behind, and a secret that is not small multiplies it. What is local here exists nowhere else.
TENSAFE_TEST(two_samples_keep_the_noise_small_under_a_uniform_secret_where_one_does_not) {
  const Context context(fast(), base::process_dispatch());
  const std::size_t n = context.degree();
  const Modulus& q = context.modulus(0);
  const RingKernels& kernels = context.kernels();
  for (const SecretKind kind : {SecretKind::kUniform, SecretKind::kTernary}) {
    std::vector<double> two;
    std::vector<double> one;
    for (int i = 0; i < 8; ++i) {
      const PublicHalves halves(context, random_seed());
      const SecretKey secret(context, kind, random_seed());
      const PublicKey key(secret, halves);
      Rerandomizer rerandomizer(halves, 0);
      Words c0(n);
      Words c1(n);
      std::fill(c0.data(), c0.data() + n, 0);
      std::fill(c1.data(), c1.data() + n, 0);
      rerandomizer.add_zero(key, c0.data(), c1.data());
      for (double e : phase(context, c0.data(), c1.data(), secret, 0)) two.push_back(e);

      // (p0·u + e1, p1·u + e2)
      RandomSource random;
      RandomStream stream = random.next();
      const auto gaussian = [&] {
        AlignedArray<std::int8_t> e(n);
        sample_gaussian(stream, kernels, e.data(), n);
        Words values(n);
        kernels.small_residues(e.data(), values.data(), n, q);
        kernels.ntt_forward(values.data(), context.tables(0));
        return values;
      };
      const Words u = gaussian();
      Words single0 = gaussian();
      Words single1 = gaussian();
      kernels.multiply_add(single0.data(), key.p0(0, 0), u.data(), n, q);
      kernels.multiply_add(single1.data(), halves.p1(0, 0), u.data(), n, q);
      for (double e : phase(context, single0.data(), single1.data(), secret, 0)) one.push_back(e);
    }
    // e·u + e'·u' without e1: √(2N)·σ² = 2^9.37; the flood is 2^16
    TENSAFE_CHECK(std::fabs(deviation_bits(two) - 9.37) < 0.1, << deviation_bits(two));
    // uniform modulo q is 2^50/√12 = 2^48.2; ternary 2^8.9
    const double expected = kind == SecretKind::kUniform ? 48.2 : 8.9;
    TENSAFE_CHECK(std::fabs(deviation_bits(one) - expected) < 0.2, << deviation_bits(one));
  }
}

TENSAFE_TEST(a_uniform_secret_refuses_what_had_its_modulus_switched) {
  const Context context(strict(), base::process_dispatch());
  const MaskExpander masks(random_seed());
  const std::vector<std::int64_t> zero(context.degree());
  for (const SecretKind kind : {SecretKind::kTernary, SecretKind::kUniform}) {
    const SecretKey key(context, kind, random_seed());
    const Ciphertext fresh = Ciphertext::encrypt(key, masks, 0, Plaintext(context, 2, zero.data()));
    const Ciphertext rescaled = fresh.rescale();
    std::vector<std::uint64_t> out(2 * context.degree());
    fresh.decrypt(key, 1, out.data());
    fresh.drop_limb().decrypt(key, 1, out.data());
    const bool uniform = kind == SecretKind::kUniform;
    TENSAFE_CHECK(refused([&] { rescaled.decrypt(key, 1, out.data()); }) == uniform);
    TENSAFE_CHECK(refused([&] { rescaled.add(rescaled).decrypt(key, 1, out.data()); }) == uniform);

    const PublicHalves halves(context, random_seed());
    const PublicKey public_key(key, halves);
    Rerandomizer rerandomizer(halves, 0);
    const GroupCodec codec = plain_codec(context, 5, 1, 40);
    const InputShape shape{1, 5, {1, 1}};
    const float x[5] = {1, 2, 3, 4, 5};
    const std::int32_t row = 0;
    TokenNote note;
    std::vector<std::uint8_t> message(kHeadBytes + input_payload_bytes(context, shape));
    encrypt_inputs(key, codec, shape, x, &row, masks, 1, &note, message.data());
    const EncryptedInputs inputs(context, masks, message);
    const auto w = random_weights(5);
    const Weights weights(context, w.data(), 1, 5, shape.packing);
    std::vector<std::uint8_t> answer(kHeadBytes + answer_payload_bytes(context, answer_shape(inputs, weights)));
    evaluate(inputs, weights, rerandomizer, public_key, Protection::kRerandomized, answer.data());
    Verdict verdict;
    double u;
    TENSAFE_CHECK(refused([&] {
                    decrypt_answers(key, codec, answer_shape(inputs, weights), answer, &note, &verdict, &u);
                  }) == uniform);
  }
}

}  // namespace tensafe::ckks::test
