#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "ckks/random/samplers.hpp"
#include "ckks/ring/ntt_tables.hpp"
#include "ring_kernel_sets.hpp"

namespace tensafe::ckks::test {
namespace {

// the profiles' primes, a small one, and one just above 2^49
const std::uint64_t kPrimes[] = {1125899906826241, 1125899906629633, 132120577, 562949954142209};

std::size_t reverse(std::size_t i, std::size_t degree) {
  std::size_t r = 0;
  for (std::size_t bit = 1; bit < degree; bit *= 2) r = 2 * r + ((i & bit) != 0 ? 1 : 0);
  return r;
}

Words random_residues(std::size_t count, const Modulus& q) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) {
    // the ends of the range as often as the middle
    switch (test_random()() % 4) {
      case 0: words[i] = q.value - 1 - test_random()() % 3; break;
      case 1: words[i] = test_random()() % 3; break;
      default: words[i] = test_random()() % q.value;
    }
  }
  return words;
}

Words copy(const Words& from) {
  Words to(from.size());
  std::copy(from.data(), from.data() + from.size(), to.data());
  return to;
}

bool same(const std::uint64_t* a, const std::uint64_t* b, std::size_t n) { return std::equal(a, a + n, b); }

template <typename Body>
void for_each_prime(std::initializer_list<std::size_t> degrees, Body body) {
  for (std::uint64_t prime : kPrimes) {
    for (std::size_t degree : degrees) {
      if (prime % (2 * degree) == 1 && is_prime(prime)) body(degree, make_modulus(prime));
    }
  }
}

}  // namespace

TENSAFE_TEST(transform_is_evaluation_at_odd_powers_in_bit_reversed_order) {
  for_each_prime({1024, 2048}, [](std::size_t n, const Modulus& q) {
    const NttTables tables(n, q);
    const Words p = random_residues(n, q);
    for (const RingKernels* kernels : runnable_kernels()) {
      Words values = copy(p);
      kernels->ntt_forward(values.data(), tables);
      for (int probe = 0; probe < 8; ++probe) {
        const std::size_t i = test_random()() % n;
        const std::uint64_t x = arithmetic::power(tables.root(), 2 * reverse(i, n) + 1, q);
        std::uint64_t sum = 0;
        for (std::size_t k = n; k-- > 0;) {
          sum = arithmetic::add(arithmetic::multiply(sum, x, q), p[k], q);
        }
        TENSAFE_CHECK(values[i] == sum, << kernels->name << " N=" << n << " entry " << i);
      }
    }
  });
}

TENSAFE_TEST(all_kernels_give_the_same_words) {
  for_each_prime({1024, 2048, 4096, 8192}, [](std::size_t n, const Modulus& q) {
    const NttTables tables(n, q);
    const RingKernels& scalar = scalar_kernels();
    const Words a = random_residues(n, q);
    const Words b = random_residues(n, q);
    const Words c = random_residues(n, q);
    Words extreme(n);
    for (std::size_t i = 0; i < n; ++i) extreme[i] = q.value - 1;
    for (const RingKernels* kernels : runnable_kernels()) {
      const auto check = [&](const char* what, const Words& start, auto operation) {
        Words expected = copy(start);
        Words actual = copy(start);
        operation(scalar, expected.data());
        operation(*kernels, actual.data());
        TENSAFE_CHECK(same(expected.data(), actual.data(), n),
                      << kernels->name << " " << what << " N=" << n << " q=" << q.value);
      };
      for (const Words* start : {&a, static_cast<const Words*>(&extreme)}) {
        check("forward", *start, [&](const RingKernels& k, std::uint64_t* p) { k.ntt_forward(p, tables); });
        check("inverse", *start, [&](const RingKernels& k, std::uint64_t* p) { k.ntt_inverse(p, tables); });
        check("multiply", *start,
              [&](const RingKernels& k, std::uint64_t* p) { k.multiply(p, start->data(), b.data(), n, q); });
        check("multiply add", *start,
              [&](const RingKernels& k, std::uint64_t* p) { k.multiply_add(p, b.data(), c.data(), n, q); });
        check("multiply subtract", *start,
              [&](const RingKernels& k, std::uint64_t* p) { k.multiply_subtract(p, b.data(), c.data(), n, q); });
        check("multiply pairs", *start, [&](const RingKernels& k, std::uint64_t* p) {
          k.multiply_pairs(p, start->data(), b.data(), c.data(), start->data(), n, q);
        });
        check("multiply pairs add", *start, [&](const RingKernels& k, std::uint64_t* p) {
          k.multiply_pairs_add(p, start->data(), b.data(), c.data(), start->data(), n, q);
        });
        check("forward subtract", *start, [&](const RingKernels& k, std::uint64_t* p) {
          Words prepared(n);
          k.prepare(c.data(), prepared.data(), n, q);
          k.ntt_forward_subtract(p, start->data(), c.data(), prepared.data(), tables);
        });
        check("add", *start, [&](const RingKernels& k, std::uint64_t* p) { k.add(p, b.data(), n, q); });
        check("subtract", *start, [&](const RingKernels& k, std::uint64_t* p) { k.subtract(p, b.data(), n, q); });
        check("scale", *start, [&](const RingKernels& k, std::uint64_t* p) { k.scale(p, q.value - 2, n, q); });
      }
      for (std::size_t wanted = 1; wanted <= n; wanted *= 2) {
        Words whole = copy(a);
        Words low = copy(a);
        scalar.ntt_inverse(whole.data(), tables);
        kernels->ntt_inverse_low(low.data(), wanted, tables);
        TENSAFE_CHECK(same(whole.data(), low.data(), wanted),
                      << kernels->name << " lowest " << wanted << " of " << n);
      }
      Words back = copy(a);
      kernels->ntt_forward(back.data(), tables);
      kernels->ntt_inverse(back.data(), tables);
      TENSAFE_CHECK(same(back.data(), a.data(), n), << kernels->name << " round trip");
    }
  });
}

TENSAFE_TEST(prepared_products_are_products) {
  for_each_prime({1024, 2048, 4096}, [](std::size_t n, const Modulus& q) {
    const NttTables tables(n, q);
    Words factors[2][2] = {{random_residues(n, q), random_residues(n, q)}, {random_residues(n, q), random_residues(n, q)}};
    for (std::size_t i = 0; i < 16; ++i) {
      factors[0][0][i] = q.value - 1;
      factors[0][1][i] = i < 8 ? q.value - 1 : i - 8;
    }
    for (const RingKernels* kernels : runnable_kernels()) {
      Words prepared[2] = {Words(n), Words(n)};
      for (int i = 0; i < 2; ++i) kernels->prepare(factors[i][1].data(), prepared[i].data(), n, q);
      Words product(n);
      kernels->multiply_prepared(product.data(), factors[0][0].data(), factors[0][1].data(), prepared[0].data(), n, q);
      Words difference = copy(factors[1][0]);
      kernels->multiply_subtract_prepared(difference.data(), factors[0][0].data(), factors[0][1].data(),
                                          prepared[0].data(), n, q);
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint64_t expected = arithmetic::multiply(factors[0][0][i], factors[0][1][i], q);
        TENSAFE_CHECK(product[i] == expected, << kernels->name << " " << i);
        TENSAFE_CHECK(difference[i] == arithmetic::subtract(factors[1][0][i], expected, q), << kernels->name);
      }
      for (std::size_t wanted = 8; LowTables::supports(n, wanted); wanted *= 2) {
        const LowTables low(tables, wanted);
        Words arranged[2][3];
        LowFactors low_factors[2];
        for (int i = 0; i < 2; ++i) {
          const Words* parts[3] = {&factors[i][0], &factors[i][1], &prepared[i]};
          for (int k = 0; k < 3; ++k) {
            arranged[i][k] = Words(n);
            kernels->arrange(parts[k]->data(), tables, low, arranged[i][k].data());
          }
          low_factors[i] = {arranged[i][0].data(), arranged[i][1].data(), arranged[i][2].data()};
        }
        Words expected = copy(product);
        for (std::size_t count = 1; count <= 2; ++count) {
          if (count == 2) {
            Words other(n);
            scalar_kernels().multiply(other.data(), factors[1][0].data(), factors[1][1].data(), n, q);
            expected = copy(product);
            scalar_kernels().add(expected.data(), other.data(), n, q);
          }
          scalar_kernels().ntt_inverse(expected.data(), tables);
          Words scratch(3 * n + 32);
          std::vector<std::uint64_t> out(wanted);
          kernels->low_products(low_factors, count, tables, low, scratch.data(), out.data());
          TENSAFE_CHECK(same(out.data(), expected.data(), wanted),
                        << kernels->name << " N=" << n << " lowest " << wanted << " of " << count << " q " << q.value);
        }
      }
    }
  });
}

TENSAFE_TEST(accumulation_is_the_plain_sum_of_products) {
  for (std::uint64_t prime : kPrimes) {
    if (!is_prime(prime)) continue;
    const Modulus q = make_modulus(prime);
    // past the points where sums are folded: 16, 2048 (IFMA), 4096 (AVX2)
    for (std::size_t blocks : {1, 2, 7, 15, 16, 2048, 2049, 4096, 4097, 8200}) {
      for (std::size_t rows : {1, 2, 4}) {
        for (std::size_t distinct : {1, 2, 4, 8}) {
          if (blocks > 16 && (rows + distinct) % 3 != 0) continue;
          Words tile = random_residues(blocks * 2 * kTile, q);
          Words weights = random_residues(blocks * rows * distinct, q);
          if (rows == 2) {
            for (std::size_t i = 0; i < tile.size(); ++i) tile[i] = q.value - 1;
            for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = q.value - 1;
          }
          Words expected(rows * 2 * kTile);
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < 2; ++c) {
              for (std::size_t i = 0; i < kTile; ++i) {
                uint128 sum = 0;
                for (std::size_t b = 0; b < blocks; ++b) {
                  sum += static_cast<uint128>(tile[(b * 2 + c) * kTile + i]) *
                         weights[(b * rows + r) * distinct + i / (kTile / distinct)] % prime;
                }
                expected[(r * 2 + c) * kTile + i] = static_cast<std::uint64_t>(sum % prime);
              }
            }
          }
          for (const RingKernels* kernels : runnable_kernels()) {
            Words out(rows * 2 * kTile);
            kernels->accumulate_tile(tile.data(), weights.data(), blocks, rows, distinct, out.data(), q);
            TENSAFE_CHECK(same(out.data(), expected.data(), out.size()),
                          << kernels->name << " blocks " << blocks << " rows " << rows << " distinct "
                          << distinct << " q " << prime);
          }
        }
      }
    }
  }
}

TENSAFE_TEST(small_loops_agree) {
  const Modulus q = make_modulus(kPrimes[0]);
  constexpr std::size_t kCount = 1000;
  AlignedArray<std::uint32_t> uniform(kCount);
  AlignedArray<std::int64_t> numbers(kCount);
  Words words(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    uniform[i] = static_cast<std::uint32_t>(test_random()());
    numbers[i] = static_cast<std::int64_t>(test_random()()) >> (i % 64);
    words[i] = test_random()();
  }
  uniform[0] = 0;
  uniform[1] = ~0U;
  const std::int64_t edges[] = {INT64_MAX, INT64_MIN, -(std::int64_t{1} << 62) - 5, 0, -1,
                                static_cast<std::int64_t>(q.value), -static_cast<std::int64_t>(q.value)};
  std::copy(std::begin(edges), std::end(edges), numbers.data());
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 50) - 1;
  for (const RingKernels* kernels : runnable_kernels()) {
    AlignedArray<std::int8_t> a(kCount);
    AlignedArray<std::int8_t> b(kCount);
    scalar_kernels().gaussian(uniform.data(), a.data(), kCount, gaussian_thresholds());
    kernels->gaussian(uniform.data(), b.data(), kCount, gaussian_thresholds());
    TENSAFE_CHECK(std::equal(a.data(), a.data() + kCount, b.data()), << kernels->name);
    Words c(kCount);
    kernels->reduce_signed(numbers.data(), c.data(), kCount, q);
    for (std::size_t i = 0; i < kCount; ++i) {
      TENSAFE_CHECK(c[i] == arithmetic::reduce_signed(numbers[i], q), << kernels->name);
    }
    AlignedArray<float> reals(kCount);
    AlignedArray<float> factors(kCount);
    AlignedArray<std::int64_t> near(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      reals[i] = static_cast<float>(static_cast<double>(numbers[i]) * 0x1p-63);
      factors[i] = std::ldexp(1.0f, static_cast<int>(i % 5) - 4);
    }
    float largest = 0;
    for (std::size_t i = 0; i < kCount; ++i) largest = std::max(largest, std::fabs(reals[i] * factors[i]));
    // no multiple of a vector
    for (const std::size_t count : {kCount, kCount - 3}) {
      double squares[2];
      double expected[2];
      TENSAFE_CHECK(kernels->measure(reals.data(), factors.data(), count, squares) ==
                        std::bit_cast<std::uint32_t>(largest),
                    << kernels->name);
      scalar_kernels().measure(reals.data(), factors.data(), count, expected);
      double sums[2] = {};
      for (std::size_t i = 0; i < count; ++i) {
        const double product = static_cast<double>(reals[i] * factors[i]);
        sums[0] += static_cast<double>(reals[i]) * reals[i];
        sums[1] += product * product;
      }
      for (int part = 0; part < 2; ++part) {
        TENSAFE_CHECK(squares[part] == expected[part], << kernels->name);
        TENSAFE_CHECK(std::fabs(squares[part] / sums[part] - 1) < 1e-12, << kernels->name);
      }
    }
    for (const float bad : {INFINITY, -INFINITY, NAN}) {
      const float kept = std::exchange(reals[kCount / 3], bad);
      double squares[2];
      TENSAFE_CHECK(kernels->measure(reals.data(), factors.data(), kCount, squares) >= 0x7f800000U,
                    << kernels->name);
      reals[kCount / 3] = kept;
    }
    kernels->quantize(reals.data(), factors.data(), 0x1.8p47, near.data(), kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      const double scaled = static_cast<double>(reals[i] * factors[i]) * 0x1.8p47;
      TENSAFE_CHECK(near[i] == std::llrint(scaled), << kernels->name << " " << scaled);
    }
    for (const double scale : {0x1.8p3, 0x1.8p47, 0x1.5555555555555p54, 0x1p62}) {
      AlignedArray<std::int64_t> wide(kCount);
      kernels->quantize_wide(reals.data(), factors.data(), scale, wide.data(), kCount);
      for (std::size_t i = 0; i < kCount; ++i) {
        const double scaled = static_cast<double>(reals[i] * factors[i]) * scale;
        TENSAFE_CHECK(wide[i] == std::llrint(scaled), << kernels->name << " " << scaled);
      }
    }
    kernels->near_residues(near.data(), c.data(), kCount, q);
    for (std::size_t i = 0; i < kCount; ++i) {
      TENSAFE_CHECK(c[i] == arithmetic::reduce_signed(near[i], q), << kernels->name);
    }
    Words d = copy(words);
    TENSAFE_CHECK(!kernels->mask_words(d.data(), kCount, kMask, q.value), << kernels->name);
    for (std::size_t i = 0; i < kCount; ++i) TENSAFE_CHECK(d[i] == (words[i] & kMask), << kernels->name);
    for (std::size_t at : {std::size_t{0}, std::size_t{3}, kCount - 1}) {
      Words e = copy(words);
      e[at] = q.value | std::uint64_t{1} << 60;
      TENSAFE_CHECK(kernels->mask_words(e.data(), kCount, kMask, q.value), << kernels->name << " " << at);
    }
  }
}

TENSAFE_TEST(normal_numbers_are_the_same_words_with_every_kernel) {
  constexpr std::size_t kCount = 246;
  std::vector<std::uint64_t> random(kCount);
  for (std::uint64_t& word : random) word = test_random()();
  random[0] = 0;
  random[1] = ~std::uint64_t{0};
  random[kCount / 2] = 0;
  random[kCount / 2 + 1] = ~std::uint64_t{0};
  std::vector<double> expected(kCount);
  scalar_kernels().normal(random.data(), expected.data(), kCount);
  for (std::size_t i = 0; i < kCount / 2; ++i) {
    // the Box–Muller transform by the library's functions
    const double u = 1.0 - std::ldexp(static_cast<double>(random[i] >> 12), -52);
    const double t = std::ldexp(static_cast<double>(random[kCount / 2 + i] >> 12), -52);
    const double radius = std::sqrt(-2 * std::log(u));
    TENSAFE_CHECK(std::fabs(expected[i] - radius * std::cos(2 * M_PI * t)) < 1e-13, << expected[i]);
    TENSAFE_CHECK(std::fabs(expected[kCount / 2 + i] - radius * std::sin(2 * M_PI * t)) < 1e-13, << expected[i]);
  }
  for (const RingKernels* kernels : runnable_kernels()) {
    std::vector<double> out(kCount);
    kernels->normal(random.data(), out.data(), kCount);
    TENSAFE_CHECK(out == expected, << kernels->name);
  }
}

TENSAFE_TEST(tokens_are_encoded_the_same_with_every_kernel) {
  for (std::uint64_t prime : kPrimes) {
    const Modulus q = make_modulus(prime);
    for (std::size_t n : {1, 7, 8, 19, 576}) {
      std::vector<float> x(n);
      std::vector<float> factors(n);
      std::vector<std::int8_t> errors(n);
      std::vector<double> f[2] = {std::vector<double>(n), std::vector<double>(n)};
      Words pad = random_residues(n, q);
      std::normal_distribution<float> normal;
      for (std::size_t j = 0; j < n; ++j) {
        x[j] = normal(test_random());
        factors[j] = std::ldexp(1.0f, static_cast<int>(j % 5) - 4);
        errors[j] = static_cast<std::int8_t>(test_random()() % 41 - 20);
        for (auto& values : f) values[j] = static_cast<double>(test_random()() % 100001) - 50000;
      }
      const double factor = 123457.25;
      double sums[2] = {};
      Words expected(n);
      for (std::size_t j = 0; j < n; ++j) {
        const std::int64_t m = std::llrint(static_cast<double>(x[j] * factors[j]) * factor);
        expected[j] = arithmetic::add(pad[j], arithmetic::reduce_signed(m, q), q);
        for (int i = 0; i < 2; ++i) sums[i] += f[i][j] * static_cast<double>(m + errors[j]);
      }
      for (const RingKernels* kernels : runnable_kernels()) {
        Words actual = copy(pad);
        double got[2];
        kernels->encode(x.data(), factors.data(), factor, errors.data(), f[0].data(), f[1].data(), actual.data(), n,
                        q, got);
        TENSAFE_CHECK(same(actual.data(), expected.data(), n), << kernels->name << " " << n);
        Words body(n);
        double fresh[2];
        kernels->encode_body(x.data(), factors.data(), factor, errors.data(), f[0].data(), f[1].data(), body.data(), n,
                             q, fresh);
        for (std::size_t j = 0; j < n; ++j) {
          const std::int64_t m = std::llrint(static_cast<double>(x[j] * factors[j]) * factor);
          TENSAFE_CHECK(body[j] == arithmetic::reduce_signed(m + errors[j], q), << kernels->name << " " << j);
        }
        TENSAFE_CHECK(fresh[0] == sums[0] && fresh[1] == sums[1], << kernels->name << " " << n);
        // whole numbers far below 2^53: sums are exact in any order
        TENSAFE_CHECK(got[0] == sums[0] && got[1] == sums[1], << kernels->name << " " << n);
      }
    }
  }
}

TENSAFE_TEST(the_gaussian_counts_thresholds) {
  const std::int32_t* thresholds = gaussian_thresholds();
  std::vector<std::uint32_t> random;
  for (std::size_t k = 0; k < kGaussianThresholds; ++k) {
    for (int d = -2; d <= 2; ++d) {
      const std::int64_t uniform = std::clamp<std::int64_t>(std::int64_t{thresholds[k]} + d, 0, INT32_MAX);
      for (std::uint32_t sign : {0U, 1U}) random.push_back(static_cast<std::uint32_t>(uniform) << 1 | sign);
    }
  }
  for (const RingKernels* kernels : runnable_kernels()) {
    std::vector<std::int8_t> out(random.size());
    kernels->gaussian(random.data(), out.data(), out.size(), thresholds);
    for (std::size_t i = 0; i < random.size(); ++i) {
      int count = 0;
      for (std::size_t k = 0; k < kGaussianThresholds; ++k) {
        count += random[i] >> 1 >= static_cast<std::uint32_t>(thresholds[k]) ? 1 : 0;
      }
      TENSAFE_CHECK(out[i] == ((random[i] & 1) != 0 ? -count : count), << kernels->name << " " << random[i]);
    }
  }
}

TENSAFE_TEST(matrices_are_transposed) {
  for (std::size_t rows : {1, 2, 4, 8, 24, 64}) {
    for (std::size_t columns : {1, 2, 4, 8, 9, 32}) {
      const Words matrix = random_residues(rows * columns, make_modulus(kPrimes[0]));
      for (const RingKernels* kernels : runnable_kernels()) {
        Words out(rows * columns);
        kernels->transpose(matrix.data(), rows, columns, out.data());
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t c = 0; c < columns; ++c) {
            TENSAFE_CHECK(out[c * rows + r] == matrix[r * columns + c], << kernels->name << " " << rows << " " << columns);
          }
        }
      }
    }
  }
}

TENSAFE_TEST(sums_for_the_tag_are_the_same_words_with_every_kernel) {
  for (std::size_t n : {1, 8, 21, 300}) {
    std::vector<std::int64_t> values(n);
    std::vector<double> f[2] = {std::vector<double>(n), std::vector<double>(n)};
    double exact[2] = {};
    double size = 0;
    for (std::size_t j = 0; j < n; ++j) {
      values[j] = static_cast<std::int64_t>(test_random()()) >> 2;
      for (auto& part : f) part[j] = static_cast<double>(test_random()() % 100001) - 50000;
      for (int i = 0; i < 2; ++i) exact[i] += f[i][j] * static_cast<double>(values[j]);
      size += 50000 * std::fabs(static_cast<double>(values[j]));
    }
    double expected[2];
    scalar_kernels().combine(values.data(), f[0].data(), f[1].data(), n, expected);
    for (int i = 0; i < 2; ++i) TENSAFE_CHECK(std::fabs(expected[i] - exact[i]) < 1e-12 * size);
    for (const RingKernels* kernels : runnable_kernels()) {
      double got[2];
      kernels->combine(values.data(), f[0].data(), f[1].data(), n, got);
      TENSAFE_CHECK(got[0] == expected[0] && got[1] == expected[1], << kernels->name << " " << n);
    }
  }
}

TENSAFE_TEST(digits_come_apart_and_together) {
  for (std::uint64_t prime : kPrimes) {
    const Modulus q = make_modulus(prime);
    for (std::size_t n : {4, 8, 12, 16, 20, 100}) {
      const Words values = random_residues(n, q);
      std::vector<double> sums[2] = {std::vector<double>(n), std::vector<double>(n)};
      for (std::size_t i = 0; i < n; ++i) {
        for (auto& part : sums) {
          // up to the ends of the range
          const std::int64_t largest = (std::int64_t{1} << 52) - 1;
          const std::int64_t number = static_cast<std::int64_t>(test_random()()) >> (11 + test_random()() % 40);
          part[i] = static_cast<double>(test_random()() % 5 == 0 ? (test_random()() % 2 == 0 ? largest : -largest) : number);
        }
      }
      for (const RingKernels* kernels : runnable_kernels()) {
        Words out = copy(values);
        kernels->add_digits(out.data(), sums[0].data(), sums[1].data(), n, q);
        for (std::size_t i = 0; i < n; ++i) {
          const std::uint64_t high = arithmetic::multiply(
              arithmetic::reduce_signed(static_cast<std::int64_t>(sums[1][i]), q), (1 << kDigitBits) % prime, q);
          const std::uint64_t low = arithmetic::reduce_signed(static_cast<std::int64_t>(sums[0][i]), q);
          TENSAFE_CHECK(out[i] == arithmetic::add(values[i], arithmetic::add(low, high, q), q), << kernels->name);
        }
        if (prime >> 49 == 0) continue;
        std::vector<std::uint8_t> packed(n / 4 * 25);
        kernels->pack(values.data(), n / 4, packed.data());
        std::vector<std::uint8_t> plainly(n / 4 * 25);
        scalar_kernels().pack(values.data(), n / 4, plainly.data());
        TENSAFE_CHECK(packed == plainly, << kernels->name << " " << n);
        Words unpacked(n);
        TENSAFE_CHECK(!kernels->unpack(packed.data(), n / 4, prime, unpacked.data()));
        TENSAFE_CHECK(same(unpacked.data(), values.data(), n), << kernels->name << " " << n);
        for (std::size_t i = 0; i < n; ++i) {
          TENSAFE_CHECK(kernels->unpack(packed.data(), n / 4, values[i], unpacked.data()), << kernels->name << " " << i);
        }
        std::vector<double> low(n);
        std::vector<double> high(n);
        TENSAFE_CHECK(!kernels->unpack_digits(packed.data(), n / 4, prime, low.data(), high.data()));
        for (std::size_t i = 0; i < n; ++i) {
          TENSAFE_CHECK(low[i] == static_cast<double>(values[i] % (1 << kDigitBits)), << kernels->name << " " << i);
          TENSAFE_CHECK(high[i] == static_cast<double>(values[i] >> kDigitBits), << kernels->name << " " << i);
          TENSAFE_CHECK(kernels->unpack_digits(packed.data(), n / 4, values[i], low.data(), high.data()),
                        << kernels->name << " " << i);
        }
      }
    }
  }
}

TENSAFE_TEST(bodies_are_dealt_to_tokens) {
  const Modulus q = make_modulus(kPrimes[0]);
  const NttTables tables(2048, q);
  for (std::size_t tokens : {8, 32, 128}) {
    for (std::size_t columns : {std::size_t{1}, std::size_t{5}, std::size_t{13}, 2048 / tokens}) {
      const Words a = random_residues(2048, q);
      const Words b = random_residues(2048, q);
      Words product(2048);
      scalar_kernels().multiply(product.data(), a.data(), b.data(), 2048, q);
      scalar_kernels().ntt_inverse(product.data(), tables);
      const std::size_t stride = columns + 3;
      std::vector<std::int8_t> errors(tokens * stride);
      for (std::int8_t& e : errors) e = static_cast<std::int8_t>(test_random()() % 41 - 20);
      for (const RingKernels* kernels : runnable_kernels()) {
        Words factor(2048);
        Words prepared(2048);
        kernels->prepare_deal(b.data(), tables, factor.data(), prepared.data());
        Words out(tokens * stride);
        std::fill(out.data(), out.data() + out.size(), 7);
        kernels->deal(copy(a).data(), factor.data(), prepared.data(), tables, tokens, columns, errors.data(), out.data(),
                      stride);
        for (std::size_t t = 0; t < tokens; ++t) {
          for (std::size_t j = 0; j < stride; ++j) {
            const std::uint64_t error = arithmetic::reduce_signed(errors[t * stride + j], q);
            const std::uint64_t body = j < columns ? arithmetic::subtract(error, product[t + tokens * j], q) : 7;
            TENSAFE_CHECK(out[t * stride + j] == body, << kernels->name << " " << tokens << " " << j);
          }
        }
      }
    }
  }
}

}  // namespace tensafe::ckks::test
