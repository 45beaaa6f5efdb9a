#include "base/denormals.hpp"
#include "decoder/cache.hpp"
#include "decoder_numbers.hpp"
#include "decoder_twin.hpp"

// Attention of every set of kernels against the twin, with anything in the positions that nobody may see.

namespace tensafe::test {
namespace {

using namespace decoder;

struct Case {
  Shape shape;
  std::size_t rows;   ///< of the sequence that ask, its last ones
  std::size_t start;  ///< position of the first
  std::size_t window;
  Spread spread;
};

Case any_case() {
  Case c;
  constexpr std::size_t kHeads[] = {2, 4, 6, 8, 16, 18, 30, 32, 64, 80, 96, 128, 160, 256};
  c.shape.layers = between(1, 2);
  c.shape.kv_heads = between(1, 3);
  c.shape.head_dim = kHeads[below(std::size(kHeads))];
  c.shape.cache = static_cast<Format>(below(2));
  c.rows = between(1, 12);
  c.start = one_in(3) ? below(900) : one_in(2) ? 250 + below(12) : below(40);
  c.window = one_in(2) ? 0 : one_in(2) ? between(1, 40) : between(1, 600);
  c.spread = any_spread();
  return c;
}

}  // namespace

TENSAFE_TEST(attention_is_the_twins_to_the_bit_whatever_lies_beside_it) {
  const base::FlushDenormals flush;
  for (int round = 0; round < 150; ++round) {
    const Case c = any_case();
    const std::size_t head = c.shape.head_dim, length = c.start + c.rows;
    const std::size_t own = padded(length, kBlock) / kBlock, blocks = own + 3;
    std::vector<std::int32_t> table(blocks);
    for (std::size_t i = 0; i < blocks; ++i) table[i] = static_cast<std::int32_t>(i);
    std::shuffle(table.begin(), table.end(), test_random());
    const std::size_t layer = below(c.shape.layers), kv_head = below(c.shape.kv_heads);
    Cache cache(c.shape, blocks);
    const std::vector<float> poison(head, one_in(4) ? INFINITY : one_in(3) ? 3e38f : NAN);
    for (std::size_t p = 0; p < blocks * kBlock; ++p) {
      cache.put(layer, kv_head, p / kBlock, p % kBlock, poison.data(), poison.data());
    }
    const std::vector<float> keys = numbers(length * head, c.spread), values = numbers(length * head, c.spread);
    // what a window has left behind is not to be read either
    const std::size_t first_seen = c.window == 0 || c.start + 1 <= c.window ? 0 : c.start + 1 - c.window;
    for (std::size_t p = first_seen; p < length; ++p) {
      cache.put(layer, kv_head, static_cast<std::size_t>(table[p / kBlock]), p % kBlock, &keys[p * head],
                &values[p * head]);
    }
    const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(head)));
    const std::size_t share = between(1, 12);
    const std::vector<float> queries = numbers(c.rows * share * head, c.spread);
    std::vector<float> wanted;
    for (std::size_t q = 0; q < c.rows * share; ++q) {
      const std::vector<float> one = twin::attend(c.shape.cache, &queries[q * head], keys.data(), values.data(),
                                                  head, head, c.start + q / share, c.window, scale);
      wanted.insert(wanted.end(), one.begin(), one.end());
    }
    for (const DecoderKernels* set : decoder_sets()) {
      std::vector<float> out(queries.size(), 12345.0f);
      for (std::size_t row = 0; row < c.rows;) {
        for (std::size_t h = 0; h < share;) {
          const std::size_t some = between(1, std::min(share - h, set->queries));
          AttentionTask task{};
          task.format = c.shape.cache;
          task.queries = &queries[(row * share + h) * head];
          task.query_stride = task.out_stride = share * head;
          task.out = &out[(row * share + h) * head];
          task.rows = 1;
          task.share = some;
          task.head_dim = head;
          task.first_position = c.start + row;
          task.window = c.window;
          task.scale = scale;
          task.cache = cache.head(layer, kv_head);
          task.block_stride = cache.block_stride();
          task.blocks = table.data();
          if (some == share) task.rows = between(1, std::min(c.rows - row, set->queries / share));
          set->attend(task);
          if (some == share) row += task.rows - 1;
          h += some;
        }
        ++row;
      }
      const std::size_t at = difference(out.data(), wanted.data(), out.size());
      TENSAFE_CHECK(at == out.size(), << set->name << " head " << head << " start " << c.start << " rows " << c.rows
                                      << " window " << c.window << " cache " << static_cast<int>(c.shape.cache)
                                      << " query " << at / head << " place " << at % head << ": " << out[at]
                                      << " for " << wanted[at]);
    }
  }
}

}  // namespace tensafe::test
