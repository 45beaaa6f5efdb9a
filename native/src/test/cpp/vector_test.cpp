#include "ckks/random/samplers.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "session.hpp"

// What travels, from fixed seeds: the same bytes with every set of kernels, in every build, for ever. Whoever
// changes one of these digests changes the wire format.

namespace tensafe::ckks::test {
namespace {

/// FNV-1a of 64 bits.
std::uint64_t digest(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

Seed fixed_seed(std::uint8_t first) {
  Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(first + i);
  return seed;
}

/// The body of one ciphertext, packed, as an encryption makes it; its errors come from a seed, which they never
/// do outside of this test.
std::vector<std::uint8_t> ciphertext(const Context& context, const RingKernels& kernels) {
  const std::size_t n = context.degree();
  const Modulus& q = context.modulus(0);
  const SecretKey key(context, SecretKind::kUniform, fixed_seed(1));
  std::vector<float> x(n);
  std::vector<float> factors(n);
  const std::vector<double> combination(n, 1.0);
  for (std::size_t j = 0; j < n; ++j) {
    x[j] = static_cast<float>(static_cast<int>(j * 7919 % 2001) - 1000) / 1000.0f;
    factors[j] = std::ldexp(1.0f, static_cast<int>(j % 5) - 4);
  }
  const AesKey errors_key(fixed_seed(2).data());
  RandomStream stream(errors_key, 3);
  std::vector<std::int8_t> errors(n);
  sample_gaussian(stream, kernels, errors.data(), n);
  Words body(n);
  double sums[2];
  kernels.encode_body(x.data(), factors.data(), 0x1.8p30, errors.data(), combination.data(), combination.data(),
                      body.data(), n, q, sums);
  Words mask(n);
  MaskExpander(fixed_seed(4)).expand(context, 1, 5, mask.data());
  Words prepared(n);
  kernels.prepare(key.values(0), prepared.data(), n, q);
  kernels.ntt_forward_subtract(body.data(), mask.data(), key.values(0), prepared.data(), context.tables(0));
  std::vector<std::uint8_t> packed(polynomial_bytes(context, 0));
  kernels.pack(body.data(), n / 4, packed.data());
  return packed;
}

}  // namespace

TENSAFE_TEST(a_public_key_and_a_ciphertext_from_fixed_seeds_never_change) {
  const std::uint64_t expected[] = {0xd1c76252ce396367, 0x2a4a4209dfba3c37};
  for (const base::Dispatch& level : runnable_levels()) {
    std::size_t at = 0;
    for (const Parameters& parameters : {fast(), strict()}) {
      const Context context(parameters, level);
      const PublicHalves halves(context, fixed_seed(0));
      const PublicKey key(SecretKey(context, SecretKind::kUniform, fixed_seed(1)), halves);
      std::vector<std::uint8_t> message(public_key_bytes(context));
      write_public_key(key, message.data());
      TENSAFE_CHECK(digest(message) == expected[at], << context.kernels().name << std::hex << " 0x" << digest(message));
      ++at;
    }
  }
  const Context context(fast(), base::process_dispatch());
  for (const RingKernels* kernels : runnable_kernels()) {
    const std::uint64_t got = digest(ciphertext(context, *kernels));
    TENSAFE_CHECK(got == 0x6dc877d6d39f1f0a, << kernels->name << std::hex << " 0x" << got);
  }
}

}  // namespace tensafe::ckks::test
