#include "check.hpp"
#include "ckks/context/parameters.hpp"
#include "ckks/errors.hpp"
#include "ckks/ring/modulus.hpp"
#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::ckks::test {

using namespace ::tensafe::test;

namespace {

constexpr std::uint64_t kFirst = 1125899906826241;
constexpr std::uint64_t kSecond = 1125899906629633;

ErrorCode refusal(const Parameters& parameters) {
  try {
    validate(parameters);
  } catch (const CkksError& e) {
    return e.code();
  }
  throw std::runtime_error("parameters were accepted");
}

}  // namespace

TENSAFE_TEST(primality_agrees_with_trial_division) {
  for (std::uint64_t n = 0; n < 20000; ++n) {
    bool prime = n >= 2;
    for (std::uint64_t d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    TENSAFE_CHECK(is_prime(n) == prime, << n);
  }
  TENSAFE_CHECK(is_prime(kFirst) && is_prime(kSecond));
  // strong pseudoprimes to base 2 and to the first nine primes
  TENSAFE_CHECK(!is_prime(2047) && !is_prime(3825123056546413051ULL));
}

TENSAFE_TEST(both_profiles_are_accepted_and_nothing_beyond_the_table) {
  validate({2048, {kFirst}});
  validate({4096, {kFirst, kSecond}});
  TENSAFE_CHECK(refusal({2048, {kFirst, kSecond}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({1024, {kFirst}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({512, {12289}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({3000, {kFirst}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({4096, {}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({4096, {kFirst, kFirst}}) == ErrorCode::kInvalidParameters);
  // ≡ 1 mod 4096, but composite; prime, but not ≡ 1 mod 4096; a prime above 2^50
  TENSAFE_CHECK(refusal({2048, {kFirst - 4096 * 2}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({2048, {1125899906842597}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({2048, {0}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({2048, {1}}) == ErrorCode::kInvalidParameters);
  TENSAFE_CHECK(refusal({4096, {1152921504606830593ULL}}) == ErrorCode::kInvalidParameters);
}

TENSAFE_TEST(reductions_agree_with_division) {
  auto& random = test_random();
  for (std::uint64_t prime : {std::uint64_t{12289}, kFirst, kSecond}) {
    const Modulus q = make_modulus(prime);
    for (int i = 0; i < 100000; ++i) {
      uint128 x = static_cast<uint128>(random()) << 64 | random();
      x >>= random() % 128;
      TENSAFE_CHECK(arithmetic::reduce128(x, q) == static_cast<std::uint64_t>(x % prime));
      const std::int64_t v = static_cast<std::int64_t>(random()) >> (1 + random() % 63);
      const std::int64_t m = v % static_cast<std::int64_t>(prime);
      const std::uint64_t expected = static_cast<std::uint64_t>(m < 0 ? m + static_cast<std::int64_t>(prime) : m);
      TENSAFE_CHECK(arithmetic::reduce_signed(v, q) == expected, << v);
      const std::int64_t c = arithmetic::centre(expected, q);
      TENSAFE_CHECK(c <= static_cast<std::int64_t>(prime / 2) && c >= -static_cast<std::int64_t>(prime / 2));
      TENSAFE_CHECK(arithmetic::reduce_signed(c, q) == expected);
    }
    TENSAFE_CHECK(arithmetic::reduce_signed(0, q) == 0);
    TENSAFE_CHECK(arithmetic::reduce_signed(-static_cast<std::int64_t>(prime), q) == 0);
  }
}

TENSAFE_TEST(the_root_is_the_smallest_primitive_one) {
  const Modulus q = make_modulus(12289);
  std::uint64_t smallest = 0;
  for (std::uint64_t c = 2; smallest == 0; ++c) {
    if (arithmetic::power(c, 1024, q) == 12288) smallest = c;
  }
  TENSAFE_CHECK(minimal_primitive_root(2048, q) == smallest);
}

}  // namespace tensafe::ckks::test
