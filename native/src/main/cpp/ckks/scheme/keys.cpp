#include "ckks/scheme/keys.hpp"

#include <utility>

#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/scheme/error_polynomial.hpp"

namespace tensafe::ckks {
namespace {

/// Nonces of p1 and p1'. No ciphertext has them as its id, so they are no masks even under one seed.
constexpr std::uint64_t kHalfNonces[kSamples] = {~std::uint64_t{0}, ~std::uint64_t{0} - 1};

/// Nonces under the seed of a secret.
constexpr std::uint64_t kSecretNonce = 0;
constexpr std::uint64_t kSampleNonces[kSamples] = {1, 2};

}  // namespace

void MaskExpander::expand(const Context& context, std::size_t limbs, std::uint64_t id,
                          std::uint64_t* out) const {
  RandomStream stream(key_, id);
  for (std::size_t limb = 0; limb < limbs; ++limb) {
    sample_uniform(stream, context.kernels(), context.modulus(limb), out + limb * context.degree(),
                   context.degree());
  }
}

PublicHalves::PublicHalves(const Context& context, const Seed& seed)
    : context_(context), seed_(seed), values_(kSamples * context.limbs() * context.degree()) {
  const MaskExpander expander(seed);
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    expander.expand(context, context.limbs(), kHalfNonces[sample],
                    values_.data() + sample * context.limbs() * context.degree());
  }
}

SecretKey::SecretKey(const Context& context, SecretKind kind, const Seed& seed)
    : context_(context), kind_(kind), seed_(seed.data()), values_(context.limbs() * context.degree()),
      prepared_(context.limbs() * context.degree()) {
  const std::size_t n = context.degree();
  RandomStream stream(seed_, kSecretNonce);
  if (kind == SecretKind::kUniform) {
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
      sample_uniform(stream, context.kernels(), context.modulus(limb), values_.data() + limb * n, n);
    }
  } else {
    AlignedArray<std::int64_t, true> coefficients(n);
    sample_ternary(stream, coefficients.data(), n);
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
      std::uint64_t* values = values_.data() + limb * n;
      context.kernels().reduce_signed(coefficients.data(), values, n, context.modulus(limb));
      context.kernels().ntt_forward(values, context.tables(limb));
    }
  }
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    context.kernels().prepare(values(limb), prepared_.data() + limb * n, n, context.modulus(limb));
  }
}

RandomStream SecretKey::sample_stream(const PublicHalves& halves, std::size_t sample) const {
  const std::lock_guard lock(mutex_);
  if (!halves_.has_value()) halves_ = halves.seed();
  require(*halves_ == halves.seed(), ErrorCode::kInvalidArgument,
          "public key: a second one of this secret, over other halves");
  return RandomStream(seed_, kSampleNonces[sample]);
}

PublicKey::PublicKey(const SecretKey& secret, const PublicHalves& halves)
    : halves_(halves), p0_(kSamples * halves.context().limbs() * halves.context().degree()) {
  const Context& context = halves.context();
  require(&secret.context() == &context, ErrorCode::kInvalidArgument,
          "public key: secret and halves are of different contexts");
  const std::size_t n = context.degree();
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    RandomStream stream = secret.sample_stream(halves, sample);
    const ErrorPolynomial error(context, stream);
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
      std::uint64_t* out = p0_.data() + (sample * context.limbs() + limb) * n;
      error.values(context, limb, out);
      context.kernels().multiply_subtract_prepared(out, halves.p1(sample, limb), secret.values(limb),
                                                   secret.prepared(limb), n, context.modulus(limb));
    }
  }
  prepare();
}

PublicKey::PublicKey(const PublicHalves& halves, Words p0) : halves_(halves), p0_(std::move(p0)) { prepare(); }

void PublicKey::prepare() {
  const std::size_t n = context().degree();
  prepared_ = Words(p0_.size());
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    for (std::size_t limb = 0; limb < context().limbs(); ++limb) {
      const std::size_t at = (sample * context().limbs() + limb) * n;
      context().kernels().prepare(p0_.data() + at, prepared_.data() + at, n, context().modulus(limb));
    }
  }
}

}  // namespace tensafe::ckks
