#include <cmath>
#include <cstring>
#include <map>
#include <new>
#include <vector>

#include "ckks/random/aes.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/random/stream.hpp"
#include "ring_kernel_sets.hpp"

namespace tensafe::ckks::test {
namespace {

/// A stream of given words, then zeros.
class CraftedStream {
 public:
  explicit CraftedStream(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  void fill(void* out, std::size_t bytes) {
    auto* to = static_cast<std::uint64_t*>(out);
    for (std::size_t i = 0; i < bytes / 8; ++i) to[i] = at_ < words_.size() ? words_[at_++] : 0;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t at_ = 0;
};

/// Upper bound of chi-square with k degrees that chance exceeds about once in 10^9 (Wilson–Hilferty).
double chi_square_bound(double k) {
  const double z = 6.0;
  const double c = 1.0 - 2.0 / (9.0 * k) + z * std::sqrt(2.0 / (9.0 * k));
  return k * c * c * c;
}

double normal_interval(double low, double high, double deviation) {
  return 0.5 * (std::erfc(low / deviation / std::sqrt(2.0)) - std::erfc(high / deviation / std::sqrt(2.0)));
}

}  // namespace

TENSAFE_TEST(aes_256_agrees_with_fips_197_and_sp_800_38a) {
  // SP 800-38A, F.5.5: CTR-AES256.Encrypt; key stream = ciphertext xor plaintext
  const std::uint8_t key[32] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae,
                                0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61,
                                0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
  const std::uint8_t plain[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                  0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
  const std::uint8_t cipher[16] = {0x60, 0x1e, 0xc3, 0x13, 0x77, 0x57, 0x89, 0xa5,
                                   0xb7, 0xa7, 0xf5, 0x04, 0xbb, 0xf3, 0xd2, 0x28};
  std::uint8_t out[16];
  aes_counter_portable(AesKey(key), 0xf0f1f2f3f4f5f6f7ULL, 0xf8f9fafbfcfdfeffULL, out, 1);
  for (int i = 0; i < 16; ++i) TENSAFE_CHECK((out[i] ^ plain[i]) == cipher[i], << i);
}

TENSAFE_TEST(all_aes_implementations_give_the_same_stream) {
  std::uint8_t key[32];
  for (auto& byte : key) byte = static_cast<std::uint8_t>(test_random()());
  const AesKey schedule(key);
  for (std::size_t blocks : {1, 2, 15, 16, 17, 33, 100}) {
    std::vector<std::uint8_t> a(16 * blocks);
    std::vector<std::uint8_t> b(16 * blocks);
    const std::uint64_t nonce = test_random()();
    aes_counter_portable(schedule, nonce, 5, a.data(), blocks);
    for (const AesImplementation& implementation : aes_implementations()) {
      if (!base::cpu_features().contains(implementation.needs)) continue;
      std::fill(b.begin(), b.end(), std::uint8_t{0});
      implementation.counter_mode(schedule, nonce, 5, b.data(), blocks);
      TENSAFE_CHECK(a == b, << implementation.name << ", " << blocks);
    }
  }
}

TENSAFE_TEST(uniform_sampling_skips_words_that_are_not_residues) {
  const Modulus q = make_modulus(1125899906826241);
  const std::uint64_t high = std::uint64_t{1} << 63;
  CraftedStream stream({high | 7, q.value, q.value - 1, (std::uint64_t{1} << 50) - 1,  // first fill
                        high | q.value, 11, 13, 17});
  for (const RingKernels* kernels : runnable_kernels()) {
    CraftedStream copy = stream;
    std::uint64_t out[4];
    sample_uniform(copy, *kernels, q, out, 4);
    TENSAFE_CHECK(out[0] == 7 && out[1] == q.value - 1 && out[2] == 11 && out[3] == 13, << kernels->name);
  }
}

TENSAFE_TEST(uniform_residues_pass_chi_square) {
  const Modulus q = make_modulus(1125899906826241);
  constexpr std::size_t kCount = 1 << 20;
  constexpr std::size_t kBins = 1024;
  RandomSource source;
  RandomStream stream = source.next();
  Words words(kCount);
  sample_uniform(stream, scalar_kernels(), q, words.data(), kCount);
  std::vector<double> high(kBins);
  std::vector<double> low(kBins);
  for (std::size_t i = 0; i < kCount; ++i) {
    high[static_cast<std::size_t>(static_cast<uint128>(words[i]) * kBins / q.value)] += 1;
    low[words[i] % kBins] += 1;
  }
  const double expected = static_cast<double>(kCount) / kBins;
  for (const auto* bins : {&high, &low}) {
    double chi = 0;
    for (double n : *bins) chi += (n - expected) * (n - expected) / expected;
    TENSAFE_CHECK(chi < chi_square_bound(kBins - 1), << chi);
  }
}

TENSAFE_TEST(ternary_secrets_pass_chi_square) {
  constexpr std::size_t kCount = 3 << 18;
  RandomSource source;
  RandomStream stream = source.next();
  std::vector<std::int64_t> values(kCount);
  sample_ternary(stream, values.data(), kCount);
  double bins[9] = {};
  for (std::size_t i = 0; i < kCount; i += 2) {
    TENSAFE_CHECK(values[i] >= -1 && values[i] <= 1);
    bins[3 * (values[i] + 1) + values[i + 1] + 1] += 1;
  }
  double chi = 0;
  const double expected = kCount / 2.0 / 9.0;
  for (double n : bins) chi += (n - expected) * (n - expected) / expected;
  TENSAFE_CHECK(chi < chi_square_bound(8), << chi);
}

TENSAFE_TEST(rounded_gaussians_pass_chi_square) {
  constexpr std::size_t kCount = 1 << 22;
  RandomSource source;
  RandomStream stream = source.next();
  AlignedArray<std::int8_t> values(kCount);
  sample_gaussian(stream, kernels_for(base::process_dispatch()), values.data(), kCount);
  std::map<std::int32_t, double> bins;
  double square = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    bins[values[i]] += 1;
    square += static_cast<double>(values[i]) * values[i];
  }
  double chi = 0;
  double used = 0;
  for (int z = -14; z <= 14; ++z) {
    const double expected = kCount * normal_interval(z - 0.5, z + 0.5, kErrorDeviation);
    chi += (bins[z] - expected) * (bins[z] - expected) / expected;
    used += 1;
  }
  TENSAFE_CHECK(chi < chi_square_bound(used - 1), << chi);
  // rounding adds 1/12
  TENSAFE_CHECK(std::fabs(square / kCount / (3.2 * 3.2 + 1.0 / 12) - 1) < 0.006, << square / kCount);
}

TENSAFE_TEST(gaussian_thresholds_reach_the_tails_exactly) {
  const std::int32_t* t = gaussian_thresholds();
  for (std::size_t k = 1; k < kGaussianThresholds; ++k) TENSAFE_CHECK(t[k] >= t[k - 1], << k);
  // in units of 2^-31: P(|z| ≥ 20) = 2.38, P(|z| ≥ 19) = 15.6
  TENSAFE_CHECK(t[kGaussianThresholds - 1] == 2147483648LL - 2);
  TENSAFE_CHECK(t[kGaussianThresholds - 2] == 2147483648LL - 16);
  TENSAFE_CHECK(std::fabs(t[0] / 2147483648.0 - (1 - std::erfc(0.5 / 3.2 / std::sqrt(2.0)))) < 1e-9);
}

TENSAFE_TEST(wide_gaussians_pass_chi_square) {
  constexpr std::size_t kCount = 1 << 20;
  constexpr double kDeviation = 65536.0;
  RandomSource source;
  RandomStream stream = source.next();
  std::vector<std::int64_t> values(kCount);
  sample_wide_gaussian(stream, kernels_for(base::process_dispatch()), kDeviation, values.data(), kCount);
  constexpr int kBins = 200;
  std::vector<double> bins(kBins);
  double low_bits[16] = {};
  for (std::int64_t v : values) {
    // equally likely bins by the distribution function
    const double p = 0.5 * std::erfc(-static_cast<double>(v) / kDeviation / std::sqrt(2.0));
    bins[static_cast<std::size_t>(std::min(kBins - 1.0, p * kBins))] += 1;
    low_bits[v & 15] += 1;
  }
  double chi = 0;
  for (double n : bins) chi += (n - kCount / double{kBins}) * (n - kCount / double{kBins}) / (kCount / double{kBins});
  TENSAFE_CHECK(chi < chi_square_bound(kBins - 1), << chi);
  double chi_low = 0;
  for (double n : low_bits) chi_low += (n - kCount / 16.0) * (n - kCount / 16.0) / (kCount / 16.0);
  TENSAFE_CHECK(chi_low < chi_square_bound(15), << chi_low);
}

TENSAFE_TEST(floods_are_uniform_in_their_range) {
  constexpr std::size_t kCount = 1 << 18;
  RandomSource source;
  RandomStream stream = source.next();
  std::vector<std::int64_t> values(kCount);
  sample_flood(stream, 52, values.data(), kCount);
  double bins[64] = {};
  for (std::int64_t v : values) {
    TENSAFE_CHECK(v >= -(std::int64_t{1} << 52) && v < std::int64_t{1} << 52);
    bins[(v >> 47) + 32] += 1;
  }
  double chi = 0;
  for (double n : bins) chi += (n - kCount / 64.0) * (n - kCount / 64.0) / (kCount / 64.0);
  TENSAFE_CHECK(chi < chi_square_bound(63), << chi);
}

TENSAFE_TEST(a_key_schedule_leaves_zeros_behind) {
  AlignedArray<unsigned char> place(sizeof(AesKey));
  std::uint8_t key[32];
  for (auto& byte : key) byte = static_cast<std::uint8_t>(test_random()() | 1);
  AesKey* schedule = new (place.data()) AesKey(key);
  TENSAFE_CHECK(schedule->rounds()[0] != 0);
  schedule->~AesKey();
  // the compiler may not know that nobody has written there since
  asm volatile("" : : "r"(place.data()) : "memory");
  // what follows the fifteen round keys is padding
  for (std::size_t i = 0; i < 15 * 16; ++i) TENSAFE_CHECK(place[i] == 0, << i);
}

TENSAFE_TEST(streams_of_a_source_differ) {
  RandomSource source;
  std::uint64_t a[2];
  std::uint64_t b[2];
  source.next().fill(a, sizeof a);
  source.next().fill(b, sizeof b);
  TENSAFE_CHECK(a[0] != b[0] && a[1] != b[1]);
}

}  // namespace tensafe::ckks::test
