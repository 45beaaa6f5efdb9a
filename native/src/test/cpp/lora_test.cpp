#include <cmath>
#include <cstring>

#include "check.hpp"
#include "lora/adapter.hpp"
#include "lora/errors.hpp"
#include "lora/low_rank_kernels.hpp"

// Low-rank products against double precision, for every kernel set, storage and odd size.

using namespace tensafe::lora;
using namespace tensafe::test;

namespace {

std::vector<const LowRankKernels*> runnable() {
  std::vector<const LowRankKernels*> sets;
  for (const tensafe::base::Dispatch& level : runnable_levels()) {
    const LowRankKernels* set = &kernels_for(level);
    if (sets.empty() || sets.back() != set) sets.push_back(set);
  }
  return sets;
}

std::size_t up_to(std::size_t limit) { return 1 + test_random()() % limit; }

float uniform() { return static_cast<float>(test_random()() >> 40) / 8388608.0f - 1.0f; }

std::uint16_t upper_half(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

float widened(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// Fills a factor and returns what it holds, row-major.
std::vector<float> fill(Module& module, Side side, std::size_t count) {
  std::vector<float> values(count);
  std::vector<std::uint16_t> narrow(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = uniform();
    narrow[i] = upper_half(values[i]);
    if (module.storage == Storage::kBfloat16) values[i] = widened(narrow[i]);
  }
  const bool wide = module.storage == Storage::kFloat32;
  const auto* bytes = wide ? reinterpret_cast<const std::uint8_t*>(values.data())
                           : reinterpret_cast<const std::uint8_t*>(narrow.data());
  const std::size_t cut = test_random()() % (count + 1);
  const std::size_t size = wide ? 4 : 2;
  const Source source = wide ? Source::kFloat32 : Source::kBfloat16;
  module.put(side, source, 0, bytes, cut);
  module.put(side, source, cut, bytes + size * cut, count - cut);
  return values;
}

}  // namespace

TENSAFE_TEST(low_rank_products_agree_with_double_precision) {
  for (int round = 0; round < 200; ++round) {
    const std::size_t in = up_to(70), out = up_to(100), rank = up_to(20), total = 12;
    const Storage storage = round % 2 == 0 ? Storage::kFloat32 : Storage::kBfloat16;
    Adapter adapter(1);
    adapter.add(0, in, out, rank, 0.5f + uniform() / 4, storage);
    Module& module = adapter.module(0);
    const std::vector<float> a = fill(module, Side::kA, rank * in);
    const std::vector<float> b = fill(module, Side::kB, out * rank);
    std::vector<float> x(total * in), y(total * out);
    for (float& v : x) v = uniform();
    for (float& v : y) v = uniform();
    std::vector<std::int32_t> rows(up_to(total));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int32_t>((5 * i + 3) % total);
    std::vector<float> of_scalar;
    for (const LowRankKernels* set : runnable()) {
      const std::size_t stride = module.padded_rank + 8;
      std::vector<float> u(rows.size() * stride, NAN), result = y;
      set->shrink(module, 0, panels(rank, kRankPanel), x.data(), rows.data(), rows.size(), u.data(), stride);
      set->expand(module, u.data(), stride, rows.data(), rows.size(), result.data());
      if (of_scalar.empty()) of_scalar = result;
      TENSAFE_CHECK(std::memcmp(of_scalar.data(), result.data(), result.size() * sizeof(float)) == 0,
                    << set->name << " rounds in another order than " << runnable().front()->name);
      std::vector<double> expected(y.begin(), y.end());
      for (const std::int32_t row : rows) {
        const auto r = static_cast<std::size_t>(row);
        for (std::size_t k = 0; k < rank; ++k) {
          double sum = 0;
          for (std::size_t j = 0; j < in; ++j) sum += static_cast<double>(a[k * in + j]) * x[r * in + j];
          for (std::size_t o = 0; o < out; ++o) expected[r * out + o] += module.scaling * sum * b[o * rank + k];
        }
      }
      for (std::size_t i = 0; i < result.size(); ++i) {
        TENSAFE_CHECK(std::abs(result[i] - expected[i]) < 1e-4, << set->name << " in " << in << " out " << out
                                                                          << " rank " << rank);
      }
      // alone, each row comes out the same to the last bit
      for (const std::int32_t row : rows) {
        std::vector<float> single(stride), one = y;
        set->shrink(module, 0, panels(rank, kRankPanel), x.data(), &row, 1, single.data(), stride);
        set->expand(module, single.data(), stride, &row, 1, one.data());
        const std::size_t at = static_cast<std::size_t>(row) * out;
        TENSAFE_CHECK(std::memcmp(one.data() + at, result.data() + at, out * sizeof(float)) == 0, << set->name);
      }
    }
  }
}

TENSAFE_TEST(half_precision_is_widened_exactly) {
  Adapter adapter(1);
  adapter.add(0, 1, 1, 1, 1.0f, Storage::kFloat32);
  Module& module = adapter.module(0);
  const std::pair<std::uint16_t, float> cases[] = {{0x3c00, 1.0f},      {0xc000, -2.0f},     {0x7bff, 65504.0f},
                                                   {0x0001, 0x1p-24f},  {0x83ff, -1023 * 0x1p-24f},
                                                   {0x0400, 0x1p-14f},  {0x0000, 0.0f}};
  for (const auto& [bits, value] : cases) {
    module.put(Side::kA, Source::kFloat16, 0, reinterpret_cast<const std::uint8_t*>(&bits), 1);
    float stored;
    std::memcpy(&stored, module.a.data(), sizeof stored);
    TENSAFE_CHECK(stored == value, << stored << " for " << value);
  }
}

TENSAFE_TEST(low_rank_adapters_refuse_what_does_not_fit) {
  const auto refused = [](auto&& action) {
    try {
      action();
      return false;
    } catch (const LoraError&) {
      return true;
    }
  };
  Adapter adapter(2);
  adapter.add(1, 4, 4, 2, 1.0f, Storage::kFloat32);
  const std::uint8_t bytes[64] = {};
  TENSAFE_CHECK(adapter.find(0) == nullptr && adapter.find(1) != nullptr);
  TENSAFE_CHECK(refused([&] { adapter.add(1, 4, 4, 2, 1.0f, Storage::kFloat32); }));
  TENSAFE_CHECK(refused([&] { adapter.add(2, 4, 4, 2, 1.0f, Storage::kFloat32); }));
  TENSAFE_CHECK(refused([&] { adapter.add(0, 4, 0, 2, 1.0f, Storage::kFloat32); }));
  TENSAFE_CHECK(refused([&] { adapter.module(0); }));
  TENSAFE_CHECK(refused([&] { adapter.module(1).put(Side::kA, Source::kFloat32, 5, bytes, 4); }));
  TENSAFE_CHECK(refused([&] { adapter.module(1).put(Side::kA, Source::kBfloat16, 0, bytes, 4); }));
}
