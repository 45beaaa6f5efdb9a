#include <algorithm>
#include <cstdio>
#include <vector>

#include "ckks/measure/clock.hpp"
#include "ckks/measure/pads.hpp"
#include "ckks/measure/primitives.hpp"
#include "ckks/measure/product.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "ckks/scheme/tag_answer.hpp"
#include "ckks/scheme/tag_request.hpp"

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

/// One set-up of κ tags: bytes both ways and CPU time of either side.
void print_tag(const base::Dispatch& level, std::size_t groups, std::size_t d, std::size_t rows, std::size_t checks) {
  const Context context({4096, {1125899906826241, 1125899906629633}}, level);
  const std::size_t n = context.degree();
  const std::vector<std::int32_t> matrix(rows * d, 8192);
  const std::size_t columns = groups * d;
  std::size_t up = 0;
  std::size_t down = 0;
  double host = 0;
  double model = 0;
  for (std::size_t check = 0; check < checks; ++check) {
    const double start = thread_seconds();
    const PublicHalves halves(context, Seed{1});
    const SecretKey key(context, SecretKind::kUniform, Seed{2});
    const PublicKey public_key(key, halves);
    const TagRequest request(context, rows, 58);
    std::vector<std::uint8_t> message(tag_constants_bytes(context, rows));
    request.write(key, message.data());
    up += message.size() + public_key_bytes(context);
    const double asked = thread_seconds();
    TagAnswer answer(context, rows, message);
    std::vector<std::uint8_t> out;
    for (std::size_t from = 0; from < columns; from += n) {
      const std::size_t width = std::min(n, columns - from);
      for (std::size_t at = 0; at < width;) {
        const std::size_t first = (from + at) % d;
        const std::size_t count = std::min(d - first, width - at);
        answer.put(matrix.data(), rows, d, first, count, at);
        at += count;
      }
      out.resize(out.size() + tag_chunk_bytes(context, width));
      answer.write(public_key, width, Protection::kRerandomized,
                   out.data() + out.size() - tag_chunk_bytes(context, width));
    }
    down += out.size();
    const double answered = thread_seconds();
    std::vector<std::int64_t> f(columns);
    request.read(key, out, columns, f.data());
    host += answered - asked;
    model += thread_seconds() - answered + asked - start;
  }
  std::printf("tag: %zu groups d=%zu r'=%zu kappa=%zu: up %.2f MB, down %.2f MB, adapter host %.1f ms, model host %.1f ms\n",
              groups, d, rows, checks, 1e-6 * static_cast<double>(up), 1e-6 * static_cast<double>(down), 1e3 * host,
              1e3 * model);
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
  print_tag(level, 30, 576, 32, 2);
  print_tag(level, 32, 4096, 32, 2);
  return 0;
}
