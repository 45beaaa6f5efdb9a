#include "ckks/scheme/rerandomizer.hpp"

#include <utility>

#include "ckks/errors.hpp"
#include "ckks/scheme/error_polynomial.hpp"

namespace tensafe::ckks {

namespace {
constexpr std::size_t kMaxCapacity = std::size_t{1} << 16;
}

void make_zero(const PublicHalves& halves, RandomStream& stream, std::uint64_t* c1,
               std::uint64_t* const (&u)[kSamples]) {
  const Context& context = halves.context();
  const std::size_t n = context.degree();
  for (std::uint64_t* values : u) {
    const ErrorPolynomial gaussian(context, stream);
    for (std::size_t limb = 0; limb < context.limbs(); ++limb) gaussian.values(context, limb, values + limb * n);
  }
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    context.kernels().multiply_pairs(c1 + limb * n, halves.p1(0, limb), u[0] + limb * n, halves.p1(1, limb),
                                     u[1] + limb * n, n, context.modulus(limb));
  }
}

Rerandomizer::Rerandomizer(const PublicHalves& halves, std::size_t capacity) : halves_(halves), capacity_(capacity) {
  require(capacity <= kMaxCapacity, ErrorCode::kInvalidArgument,
          "re-randomisation: a pool holds at most 65536 encryptions of zero");
  // no push_back below may throw with an entry in hand
  ready_.reserve(capacity);
  spent_.reserve(capacity);
}

Rerandomizer::~Rerandomizer() = default;

std::unique_ptr<ZeroEncryption> Rerandomizer::blank() {
  {
    const std::lock_guard lock(mutex_);
    if (!spent_.empty()) {
      std::unique_ptr<ZeroEncryption> zero = std::move(spent_.back());
      spent_.pop_back();
      return zero;
    }
  }
  const std::size_t words = halves_.context().limbs() * halves_.context().degree();
  auto zero = std::make_unique<ZeroEncryption>();
  zero->c1 = SecretWords(words);
  for (SecretWords& u : zero->u) u = SecretWords(words);
  return zero;
}

void Rerandomizer::make(ZeroEncryption& zero, RandomStream& stream) const {
  make_zero(halves_, stream, zero.c1.data(), {zero.u[0].data(), zero.u[1].data()});
}

std::size_t Rerandomizer::fill(std::size_t count) {
  RandomStream stream = random_.next();
  std::size_t added = 0;
  while (added < count && level() < capacity_) {
    std::unique_ptr<ZeroEncryption> zero = blank();
    make(*zero, stream);
    const std::lock_guard lock(mutex_);
    if (ready_.size() >= capacity_) break;
    ready_.push_back(std::move(zero));
    ++added;
  }
  return added;
}

std::size_t Rerandomizer::level() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

void Rerandomizer::add_zero(const PublicKey& key, std::uint64_t* c0, std::uint64_t* c1) {
  require(&key.halves() == &halves_, ErrorCode::kInvalidArgument,
          "re-randomisation: the key is over other halves");
  std::unique_ptr<ZeroEncryption> zero;
  {
    const std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      zero = std::move(ready_.back());
      ready_.pop_back();
    }
  }
  if (zero == nullptr) {
    zero = blank();
    RandomStream stream = random_.next();
    make(*zero, stream);
  }
  const Context& context = halves_.context();
  const std::size_t n = context.degree();
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    context.kernels().multiply_pairs_add(c0 + limb * n, key.p0(0, limb), zero->u[0].data() + limb * n,
                                         key.p0(1, limb), zero->u[1].data() + limb * n, n, context.modulus(limb));
    context.kernels().add(c1 + limb * n, zero->c1.data() + limb * n, n, context.modulus(limb));
  }
  // overwritten when it is filled again, freed (and wiped) when there are enough
  const std::lock_guard lock(mutex_);
  if (ready_.size() + spent_.size() < capacity_) spent_.push_back(std::move(zero));
}

}  // namespace tensafe::ckks
