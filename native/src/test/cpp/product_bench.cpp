#include <chrono>
#include <cstdio>
#include <vector>

#include "base/denormals.hpp"
#include "decoder_numbers.hpp"
#include "decoder/matrix.hpp"

// What products of panels reach, one thread, operands in the second cache: G multiply-adds a second of every set,
// format and order at 1, 8 and 32 rows. Usage: native_product_bench

namespace tensafe::test {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

std::mt19937_64& test_random() {
  static std::mt19937_64 random;
  return random;
}

namespace {

using namespace decoder;

struct Kind {
  const char* name;
  Format format;
  Order order;
};

/// Best of some runs over a matrix of 576 × 1024.
double rate(const DecoderKernels& set, const Kind& kind, std::size_t rows) {
  constexpr std::size_t kInputs = 576, kOutputs = 1024;
  Matrix matrix(kind.format, kInputs, kOutputs);
  std::vector<std::byte> memory(matrix.bytes() + 4096);
  matrix.place(memory.data(), matrix.panel_bytes());
  const std::vector<float> weights = numbers(kInputs * kOutputs, Spread::kTame);
  matrix.put(Source::kFloat32, 0, kOutputs, reinterpret_cast<const std::byte*>(weights.data()));
  const std::size_t stride = matrix.steps() * set.step_bytes(kind.format) + 64;
  std::vector<std::byte> prepared(rows * stride);
  std::vector<float> scales(rows), tile(set.row_block * kPanel);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<float> x = numbers(kInputs, Spread::kTame);
    scales[r] = set.prepare(kind.format, x.data(), kInputs, matrix.steps(), prepared.data() + r * stride);
  }
  double best = 0;
  for (int run = 0; run < 30; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (int repeat = 0; repeat < 4; ++repeat) {
      for (std::size_t panel = 0; panel < matrix.panels(); ++panel) {
        for (std::size_t first = 0; first < rows; first += set.row_block) {
          set.product({kind.format, prepared.data() + first * stride, stride, scales.data() + first,
                       std::min(rows - first, set.row_block), matrix.panel(panel), matrix.steps(), kind.order},
                      tile.data());
        }
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::max(best, 4e-9 * static_cast<double>(kInputs * kOutputs * rows) / took.count());
  }
  set.rest();
  return best;
}

}  // namespace
}  // namespace tensafe::test

int main() {
  using namespace tensafe::test;
  const tensafe::base::FlushDenormals flush;
  constexpr Kind kKinds[] = {{"f32", Format::kFloat32, Order::kPairs},
                             {"bf16 pairs", Format::kBfloat16, Order::kPairs},
                             {"bf16 tiles", Format::kBfloat16, Order::kTiles},
                             {"int8", Format::kInt8, Order::kPairs}};
  for (const DecoderKernels* set : decoder_sets()) {
    if (set == decoder_sets().front() || set->name == std::string("emulated-amx")) continue;
    for (const Kind& kind : kKinds) {
      std::printf("%-12s %-10s", set->name, kind.name);
      for (std::size_t rows : {1, 8, 32}) std::printf(" %8.1f", rate(*set, kind, rows));
      std::printf("\n");
    }
  }
}
