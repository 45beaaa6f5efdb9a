#include "ckks/scheme/answer_noise.hpp"

#include "ckks/random/samplers.hpp"

namespace tensafe::ckks {

AnswerNoise::AnswerNoise(const Context& context)
    : context_(context), errors_(context.degree()), flood_(context.degree()) {}

void AnswerNoise::add(RandomStream& stream, const WantedCoefficients& wanted, std::uint64_t* c0) {
  const std::size_t n = context_.degree();
  // streams are read in blocks of four 32-bit or two 64-bit words
  const std::size_t count = (wanted.count() + 3) / 4 * 4;
  sample_gaussian(stream, context_.kernels(), errors_.data(), count);
  if (context_.limbs() == 1) {
    sample_wide_gaussian(stream, context_.kernels(), kFloodDeviation, flood_.data(), count);
  } else {
    sample_flood(stream, kFloodBits, flood_.data(), count);
  }
  std::size_t i = 0;
  for (std::size_t row = 0; row < wanted.rows; ++row) {
    for (std::size_t token = 0; token < wanted.tokens; ++token, ++i) {
      const std::int64_t noise = flood_[i] + errors_[i];
      for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
        const Modulus& q = context_.modulus(limb);
        std::uint64_t& at = c0[limb * n + wanted.position(token, row)];
        at = arithmetic::add(at, arithmetic::reduce_signed(noise, q), q);
      }
    }
  }
}

}  // namespace tensafe::ckks
