#include "ckks/scheme/keys.hpp"

#include <utility>

#include "ckks/random/samplers.hpp"
#include "ckks/scheme/error_polynomial.hpp"

namespace tensafe::ckks {

void MaskExpander::expand(const Context& context, std::size_t limbs, std::uint64_t id,
                          std::uint64_t* out) const {
  RandomStream stream(key_, id);
  for (std::size_t limb = 0; limb < limbs; ++limb) {
    sample_uniform(stream, context.kernels(), context.modulus(limb), out + limb * context.degree(),
                   context.degree());
  }
}

Seed SecretKey::random_seed() {
  Seed seed;
  system_random(seed.data(), seed.size());
  return seed;
}

SecretKey::SecretKey(const Context& context)
    : context_(context),
      values_(context.limbs() * context.degree()),
      mask_seed_(random_seed()),
      masks_(mask_seed_) {
  const std::size_t n = context.degree();
  AlignedArray<std::int64_t, true> coefficients(n);
  RandomStream stream = errors_.next();
  sample_ternary(stream, coefficients.data(), n);
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    std::uint64_t* values = values_.data() + limb * n;
    context.kernels().reduce_signed(coefficients.data(), values, n, context.modulus(limb));
    context.kernels().ntt_forward(values, context.tables(limb));
  }
}

Words PublicKey::expand(const Context& context, const Seed& seed) {
  Words p1(context.limbs() * context.degree());
  MaskExpander(seed).expand(context, context.limbs(), kPublicKeyNonce, p1.data());
  return p1;
}

PublicKey::PublicKey(const SecretKey& secret, const Seed& seed)
    : context_(secret.context()),
      p0_(context_.limbs() * context_.degree()),
      p1_(expand(context_, seed)) {
  const std::size_t n = context_.degree();
  RandomStream stream = secret.error_stream();
  const ErrorPolynomial error(context_, stream);
  for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
    std::uint64_t* out = p0_.data() + limb * n;
    error.values(context_, limb, out);
    context_.kernels().multiply_subtract(out, p1(limb), secret.values(limb), n, context_.modulus(limb));
  }
}

PublicKey::PublicKey(const Context& context, Words p0, const Seed& seed)
    : context_(context), p0_(std::move(p0)), p1_(expand(context, seed)) {}

}  // namespace tensafe::ckks
