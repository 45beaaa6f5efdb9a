#include "ckks/scheme/tag_request.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ckks/context/packing.hpp"
#include "ckks/errors.hpp"
#include "ckks/scheme/answer_noise.hpp"
#include "ckks/scheme/error_polynomial.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// Low bits that a distance is measured without, so that 64 bits hold it: the scale is at most 2^83.
constexpr int kDistanceCut = 20;

std::size_t limbs_bytes(const Context& context) {
  std::size_t bytes = 0;
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) bytes += polynomial_bytes(context, limb);
  return bytes;
}

/// The number in (−Q/2, Q/2) with these residues, Q the product of both primes.
__extension__ typedef __int128 int128;
int128 compose(std::uint64_t low, std::uint64_t high, const Modulus& q0, const Modulus& q1, std::uint64_t inverse) {
  // x = low + q0·((high − low)/q0 mod q1)
  const std::uint64_t difference =
      arithmetic::subtract(high, arithmetic::reduce_signed(static_cast<std::int64_t>(low), q1), q1);
  const std::uint64_t multiple = arithmetic::multiply(difference, inverse, q1);
  const uint128 x = static_cast<uint128>(multiple) * q0.value + low;
  const uint128 product = static_cast<uint128>(q0.value) * q1.value;
  const uint128 above = uint128{0} - static_cast<uint128>(x > product / 2);
  return static_cast<int128>(x - (product & above));
}

}  // namespace

std::size_t tag_constants_bytes(const Context& context, std::size_t rows) {
  return sizeof(Seed) + kHeadBytes + rows * limbs_bytes(context);
}

std::size_t tag_chunk_bytes(const Context& context, std::size_t columns) {
  std::size_t bytes = limbs_bytes(context);
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) bytes += residue_bytes(context, limb, columns);
  return bytes;
}

TagRequest::TagRequest(const Context& context, std::size_t rows, int scale_bits)
    : context_(context), scale_bits_(scale_bits), constants_(rows) {
  require(context.limbs() == 2, ErrorCode::kInvalidParameters, "tag: a ring with two limbs is needed");
  require(rows >= 1 && rows <= kMaxRows, ErrorCode::kInvalidArgument, "tag: rows must be 1 to 65536");
  require(scale_bits >= kMinTagScaleBits && scale_bits <= kMaxTagScaleBits, ErrorCode::kInvalidArgument,
          "tag: scale bits are not from 54 to 83");
  SecretWords random(rows);
  system_random(random.data(), rows * sizeof(std::uint64_t));
  constexpr std::uint64_t kLowest = std::uint64_t{1} << (kTagConstantBits - 1);
  for (std::size_t k = 0; k < rows; ++k) {
    const auto magnitude = static_cast<std::int64_t>(kLowest + (random[k] & (kLowest - 1)));
    const std::int64_t sign = 1 - 2 * static_cast<std::int64_t>(random[k] >> 63);
    constants_[k] = sign * magnitude;
  }
}

void TagRequest::require_key(const SecretKey& key) const {
  require(&key.context() == &context_ && key.kind() == SecretKind::kUniform, ErrorCode::kInvalidArgument,
          "tag: a uniform key of the same ring is needed");
}

void TagRequest::write(const SecretKey& key, std::uint8_t* out) const {
  require_key(key);
  const std::size_t n = context_.degree();
  const RingKernels& kernels = context_.kernels();
  Seed seed;
  system_random(seed.data(), seed.size());
  std::memcpy(out, seed.data(), seed.size());
  out += seed.size();
  MessageHead head{MessageKind::kTagConstants};
  head.limbs = context_.limbs();
  head.width = static_cast<std::uint32_t>(rows());
  write_head(context_, head, rows() * limbs_bytes(context_), out);
  out += kHeadBytes;
  const MaskExpander masks(seed);
  Words mask(context_.limbs() * n);
  SecretWords body(n);
  SecretWords constant(n);
  RandomStream stream = key.error_stream();
  for (std::size_t k = 0; k < rows(); ++k) {
    masks.expand(context_, context_.limbs(), k, mask.data());
    const ErrorPolynomial error(context_, stream);
    for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
      const Modulus& q = context_.modulus(limb);
      error.values(context_, limb, body.data());
      // a constant polynomial has one value everywhere
      const std::uint64_t scaled =
          arithmetic::multiply(arithmetic::reduce_signed(constants_[k], q),
                               arithmetic::power(2, static_cast<std::uint64_t>(scale_bits_), q), q);
      for (std::size_t i = 0; i < n; ++i) constant[i] = scaled;
      kernels.add(body.data(), constant.data(), n, q);
      kernels.multiply_subtract(body.data(), mask.data() + limb * n, key.values(limb), n, q);
      write_polynomial(context_, limb, body.data(), out);
      out += polynomial_bytes(context_, limb);
    }
  }
}

double TagRequest::read(const SecretKey& key, std::span<const std::uint8_t> chunks, std::size_t columns,
                        std::int64_t* out) const {
  require_key(key);
  const std::size_t n = context_.degree();
  const std::size_t full = columns / n;
  const std::size_t rest = columns % n;
  require(columns >= 1 && chunks.size() == full * tag_chunk_bytes(context_, n) +
                                               (rest == 0 ? 0 : tag_chunk_bytes(context_, rest)),
          ErrorCode::kMalformedMessage, "tag: chunks of another length");
  const Modulus& q0 = context_.modulus(0);
  const Modulus& q1 = context_.modulus(1);
  const std::uint64_t inverse = arithmetic::inverse(q0.value % q1.value, q1);
  const int128 half = int128{1} << (scale_bits_ - 1);
  Words c1(2 * n);
  Words c0(n);
  SecretWords phase(2 * n);
  const std::uint8_t* in = chunks.data();
  std::uint64_t farthest = 0;
  for (std::size_t first = 0; first < columns; first += n) {
    const std::size_t count = columns - first < n ? columns - first : n;
    for (std::size_t limb = 0; limb < 2; ++limb) {
      read_polynomial(context_, limb, in, c1.data() + limb * n);
      in += polynomial_bytes(context_, limb);
    }
    for (std::size_t limb = 0; limb < 2; ++limb) {
      const Modulus& q = context_.modulus(limb);
      read_residues(context_, limb, in, count, c0.data());
      in += residue_bytes(context_, limb, count);
      std::uint64_t* to = phase.data() + limb * n;
      context_.kernels().multiply(to, c1.data() + limb * n, key.values(limb), n, q);
      context_.kernels().ntt_inverse(to, context_.tables(limb));
      for (std::size_t j = 0; j < count; ++j) to[j] = arithmetic::add(to[j], c0[j], q);
    }
    for (std::size_t j = 0; j < count; ++j) {
      const int128 x = compose(phase[j], phase[n + j], q0, q1, inverse);
      const int128 rounded = (x + half) >> scale_bits_;
      const int128 residue = x - (rounded << scale_bits_);
      const auto high = static_cast<std::int64_t>(residue >> kDistanceCut);
      farthest = std::max(farthest, static_cast<std::uint64_t>(high < 0 ? -high : high));
      out[first + j] = static_cast<std::int64_t>(rounded);
    }
  }
  const double distance = std::ldexp(static_cast<double>(farthest), kDistanceCut);
  require(distance <= std::ldexp(1.01, kFloodBits), ErrorCode::kMalformedMessage,
          "tag: a coefficient is no multiple of the scale");
  return distance;
}

}  // namespace tensafe::ckks
