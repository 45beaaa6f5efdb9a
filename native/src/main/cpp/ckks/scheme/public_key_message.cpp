#include "ckks/scheme/public_key_message.hpp"

#include <utility>

#include "ckks/errors.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

std::size_t public_key_bytes(const Context& context) {
  std::size_t bytes = kHeadBytes;
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) bytes += kSamples * polynomial_bytes(context, limb);
  return bytes;
}

void write_public_key(const PublicKey& key, std::uint8_t* out) {
  const Context& context = key.context();
  MessageHead head{MessageKind::kPublicKey};
  head.limbs = context.limbs();
  write_head(context, head, public_key_bytes(context) - kHeadBytes, out);
  out += kHeadBytes;
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
      write_polynomial(context, limb, key.p0(sample, limb), out);
      out += polynomial_bytes(context, limb);
    }
  }
}

PublicKey read_public_key(const PublicHalves& halves, std::span<const std::uint8_t> message) {
  const Context& context = halves.context();
  const MessageHead head = read_head(context, MessageKind::kPublicKey, message);
  require(head.limbs == context.limbs() && message.size() == public_key_bytes(context),
          ErrorCode::kMalformedMessage, "public key: length does not follow from the parameters");
  Words p0(kSamples * context.limbs() * context.degree());
  const std::uint8_t* in = message.data() + kHeadBytes;
  std::uint64_t* to = p0.data();
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
      read_polynomial(context, limb, in, to);
      in += polynomial_bytes(context, limb);
      to += context.degree();
    }
  }
  return PublicKey(halves, std::move(p0));
}

}  // namespace tensafe::ckks
