#include <cstdio>

#include "ckks/measure/pads.hpp"
#include "ckks/measure/primitives.hpp"
#include "ckks/measure/product.hpp"

// Times for work on the kernels; `tensafe bench ckks` is what the documents quote.
// Usage: native_bench [level]

using namespace tensafe;
using namespace tensafe::ckks;

namespace {

void print(const Context& context, std::size_t m, std::size_t d, const Packing& packing) {
  const ProductTimes t = measure_product(context, m, d, 16, packing, m * d > 100000 ? 31 : 301);
  const double unit = 1e6 / static_cast<double>(m);
  const double pool = t.encrypt + t.receive + t.evaluate + t.decrypt;
  std::printf(
      "d=%-5zu m=%-3zu T=%-3zu S=%-2zu refill %6.1f encrypt %6.1f receive %6.1f evaluate %6.1f decrypt %6.1f"
      " | pool %6.1f all-in %6.1f us/token\n",
      d, m, packing.tokens, packing.outputs, t.refill * unit, t.encrypt * unit, t.receive * unit,
      t.evaluate * unit, t.decrypt * unit, pool * unit, (pool + t.refill) * unit);
}

void print_pads(const Context& context, const PadShape& shape, std::size_t tokens) {
  const PadTimes t = measure_pads(context, shape, tokens, 31);
  std::printf("pads d=%-5zu r'=%-3zu T=%-3zu m=%-2zu block %7.0f pads %6.1f noise %6.1f us/lane"
              " | encrypt %5.2f answer %5.2f decrypt %5.2f us/token\n",
              shape.columns, shape.rows, shape.tokens, tokens, 1e6 * t.block, 1e6 * t.pads, 1e6 * t.noise,
              1e6 * t.encrypt, 1e6 * t.answer, 1e6 * t.decrypt);
}

}  // namespace

int main(int count, char** arguments) {
  const base::Dispatch level =
      base::dispatch_for(base::cpu_features(), count > 1 ? arguments[1] : "", "the argument");
  const Context context({2048, {1125899906826241}}, level);
  const char* names[] = {"forward", "inverse",    "multiply",     "uniform", "gaussian", "encrypt",
                         "receive", "mac shared", "mac distinct", "zero",    "answer",   "decrypt"};
  for (int i = 0; i < 12; ++i) {
    const double s = measure(context, static_cast<Primitive>(i), 301);
    const bool rate = i == 7 || i == 8;
    std::printf("%-14s %8.2f %s\n", names[i], rate ? 1e-9 / s : 1e6 * s, rate ? "G/s" : "us");
  }
  for (std::size_t tokens : {1, 8, 32}) {
    print_pads(context, {32, 576, 32}, tokens);
    print_pads(context, {32, 1536, 32}, tokens);
    print_pads(context, {32, 4096, 32}, tokens);
    print_pads(context, {128, 576, 32}, tokens);
    print_pads(context, {128, 4096, 32}, tokens);
  }
  for (std::size_t s : {1, 4, 8, 16}) print(context, 1, 512, {1, s});
  for (std::size_t s : {1, 2, 4}) print(context, 8, 512, {8, s});
  print(context, 64, 512, {64, 1});
  for (std::size_t s : {2, 4, 8}) print(context, 1, 4096, {1, s});
  for (std::size_t s : {1, 2, 4}) print(context, 8, 4096, {8, s});
  print(context, 64, 4096, {64, 1});
  return 0;
}
