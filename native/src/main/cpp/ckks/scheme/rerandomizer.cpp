#include "ckks/scheme/rerandomizer.hpp"

#include <utility>

#include "ckks/errors.hpp"
#include "ckks/scheme/error_polynomial.hpp"

namespace tensafe::ckks {

namespace {
constexpr std::size_t kMaxCapacity = std::size_t{1} << 16;
}

Rerandomizer::Rerandomizer(const PublicKey& key, std::size_t capacity) : key_(key), capacity_(capacity) {
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
  const std::size_t words = key_.context().limbs() * key_.context().degree();
  auto zero = std::make_unique<ZeroEncryption>();
  zero->c0 = SecretWords(words);
  zero->c1 = SecretWords(words);
  return zero;
}

void Rerandomizer::make(ZeroEncryption& zero, RandomStream& stream) const {
  const Context& context = key_.context();
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  const ErrorPolynomial u(context, stream);
  const ErrorPolynomial e2(context, stream);
  SecretWords values(n);
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    const Modulus& q = context.modulus(limb);
    u.values(context, limb, values.data());
    e2.values(context, limb, zero.c1.data() + limb * n);
    kernels.multiply(zero.c0.data() + limb * n, key_.p0(limb), values.data(), n, q);
    kernels.multiply_add(zero.c1.data() + limb * n, key_.p1(limb), values.data(), n, q);
  }
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

void Rerandomizer::add_zero(std::uint64_t* c0, std::uint64_t* c1) {
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
  const Context& context = key_.context();
  const std::size_t n = context.degree();
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    context.kernels().add(c0 + limb * n, zero->c0.data() + limb * n, n, context.modulus(limb));
    context.kernels().add(c1 + limb * n, zero->c1.data() + limb * n, n, context.modulus(limb));
  }
  // overwritten when it is filled again, freed (and wiped) when there are enough
  const std::lock_guard lock(mutex_);
  if (ready_.size() + spent_.size() < capacity_) spent_.push_back(std::move(zero));
}

}  // namespace tensafe::ckks
