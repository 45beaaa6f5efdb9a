#pragma once

// Attention over blocks of the cache. Scores of sixteen positions are the lanes of a vector, one chain over
// the head; values are the lanes of the head, one chain over the positions. Positions are taken in segments
// whose places do not depend on the query; the pieces are added in order. What a query gives does not depend
// on the queries beside it: positions it may not see are no part of any chain.

namespace tensafe::decoder {
namespace {

/// How a block of keys and values of one head is kept. Keys: [head / per][16 positions][per]; values:
/// [16 positions / per][head, to a multiple of 16][per], per = 2 numbers a step for bfloat16, else 1. Behind
/// them, of bytes only, a float32 scale for the key of each position, then for its value.
struct FloatCache {
  using Input = float;
  using Weights = Vec;
  static constexpr std::size_t kPer = 1;
  static constexpr std::size_t kStep = 64;  ///< bytes of sixteen lanes
  static inline Vec of_keys(const Vec& score, const float*) { return score; }
  static inline Vec of_values(const Vec& weight, const float*) { return weight; }
  static inline void put_query(Input* to, std::size_t at, const Vec& v, std::size_t count) {
    store_some(to + at, v, count);
  }
  static inline Vec weight(const Vec& p) { return p; }
  static inline void put_weights(Input* to, const Vec& p) { store(to, p); }
  static inline Weights load_step(const std::byte* at) { return load(reinterpret_cast<const float*>(at)); }
  static inline Weights load_half(const std::byte* at, bool) { return load_step(at); }
  static inline Vec add(const Vec& sum, const Input* x, const Weights& w) { return fma(all(*x), w, sum); }
};

struct PairCache {
  using Input = PairElement;
  using Weights = PairVec;
  static constexpr std::size_t kPer = 2;
  static constexpr std::size_t kStep = 64;
  static inline Vec of_keys(const Vec& score, const float*) { return score; }
  static inline Vec of_values(const Vec& weight, const float*) { return weight; }
  static inline void put_query(Input* to, std::size_t at, const Vec& v, std::size_t) {
    store_pairs(to + at / 2, rounded(v));
  }
  static inline Vec weight(const Vec& p) { return rounded(p); }
  static inline void put_weights(Input* to, const Vec& p) { store_pairs(to, p); }
  static inline Weights load_step(const std::byte* at) { return widen(reinterpret_cast<const std::uint32_t*>(at)); }
  static inline Weights load_half(const std::byte* at, bool odd) {
    return half_of(reinterpret_cast<const std::uint32_t*>(at), odd);
  }
  static inline Vec add(const Vec& sum, const Input* x, const Weights& w) { return dot(sum, broadcast(x), w); }
};

struct ByteCache {
  using Input = float;
  using Weights = Vec;
  static constexpr std::size_t kPer = 1;
  static constexpr std::size_t kStep = 16;
  static inline Vec of_keys(const Vec& score, const float* scales) { return score * load(scales); }
  static inline Vec of_values(const Vec& weight, const float* scales) { return weight * load(scales + kBlock); }
  static inline void put_query(Input* to, std::size_t at, const Vec& v, std::size_t count) {
    store_some(to + at, v, count);
  }
  static inline Vec weight(const Vec& p) { return p; }
  static inline void put_weights(Input* to, const Vec& p) { store(to, p); }
  static inline Weights load_step(const std::byte* at) { return load_bytes(reinterpret_cast<const std::int8_t*>(at)); }
  static inline Weights load_half(const std::byte* at, bool) { return load_step(at); }
  static inline Vec add(const Vec& sum, const Input* x, const Weights& w) { return fma(all(*x), w, sum); }
};

template <typename Cache>
struct Attention {
  using Input = typename Cache::Input;
  static constexpr std::size_t kPer = Cache::kPer;
  static constexpr std::size_t kKeySteps = kMaxHead / kPer;
  static constexpr std::size_t kValueSteps = kBlock / kPer;

  const AttentionTask& t;
  const std::size_t count = t.rows * t.share;
  const std::size_t key_steps = (t.head_dim + kPer - 1) / kPer;
  const std::size_t head_vecs = (t.head_dim + 15) / 16;
  static constexpr std::size_t kStep = Cache::kStep;
  const std::size_t key_bytes = key_steps * kStep;
  const std::size_t value_step = head_vecs * kStep;

  Input query[kQueries][kKeySteps + 8];
  float scores[kQueries][kSegment];
  Input weights[kQueries][kSegment / kPer];
  float piece[kQueries][kMaxHead];
  float total[kQueries][kMaxHead];
  float piece_max[kQueries];
  float piece_sum[kQueries];
  float total_max[kQueries];
  float total_sum[kQueries];
  bool begun[kQueries];

  explicit Attention(const AttentionTask& task) : t(task) {}

  std::size_t end_of(std::size_t m) const { return t.first_position + m / t.share + 1; }
  std::size_t begin_of(std::size_t m) const {
    const std::size_t end = end_of(m);
    return t.window == 0 || end <= t.window ? 0 : end - t.window;
  }
  const std::byte* keys(std::size_t block) const {
    return t.cache + static_cast<std::size_t>(t.blocks[block]) * t.block_stride;
  }
  const std::byte* values(std::size_t block) const { return keys(block) + key_bytes; }
  const float* scales(std::size_t block) const {
    return reinterpret_cast<const float*>(values(block) + kValueSteps * value_step);
  }

  void load_queries() {
    for (std::size_t m = 0; m < count; ++m) {
      const float* from = t.queries + m / t.share * t.query_stride + m % t.share * t.head_dim;
      each_vec(from, t.head_dim, [&](std::size_t i, const Vec& v) {
        Cache::put_query(query[m], i, v, t.head_dim - i < 16 ? t.head_dim - i : 16);
      });
      begun[m] = false;
    }
  }

  /// Scores of M queries from m on with Blocks blocks from `block` on, of the segment's first `origin`.
  template <int M, int Blocks>
  void score(std::size_t m, std::size_t block, std::size_t origin) {
    Vec sums[Blocks][M];
    const std::byte* at[Blocks];
    for (int b = 0; b < Blocks; ++b) {
      at[b] = keys(block + static_cast<std::size_t>(b));
      for (int i = 0; i < M; ++i) sums[b][i] = zero();
    }
    for (std::size_t s = 0; s < key_steps; ++s) {
#pragma GCC unroll 4
      for (int b = 0; b < Blocks; ++b) {
        const typename Cache::Weights k = Cache::load_step(at[b] + kStep * s);
#pragma GCC unroll 12
        for (int i = 0; i < M; ++i) sums[b][i] = Cache::add(sums[b][i], &query[m + i][s], k);
      }
    }
    const Vec scale = all(t.scale);
    for (int b = 0; b < Blocks; ++b) {
      const std::size_t own = block + static_cast<std::size_t>(b);
      for (int i = 0; i < M; ++i) {
        store(scores[m + i] + own * kBlock - origin, Cache::of_keys(sums[b][i] * scale, scales(own)));
      }
    }
  }

  template <int M>
  void score_range(std::size_t m, std::size_t block, std::size_t end, std::size_t origin) {
    constexpr int kTogether = M * 4 <= kSumVecs / 2 ? 4 : M * 2 <= kSumVecs / 2 ? 2 : 1;
    for (; block + kTogether <= end; block += kTogether) score<M, kTogether>(m, block, origin);
    for (; block < end; ++block) score<M, 1>(m, block, origin);
  }

  /// Largest score, weights and their sum of one query over positions [from, to) of a segment.
  void weigh(std::size_t m, std::size_t from, std::size_t to, std::size_t origin) {
    const float least = -__builtin_inff();
    float* score = scores[m];
    Vec largest = all(least);
    for (std::size_t at = from / kBlock * kBlock; at < to; at += kBlock) {
      const int first = at < from ? static_cast<int>(from - at) : 0;
      const int last = to - at < kBlock ? static_cast<int>(to - at) : static_cast<int>(kBlock);
      const Vec v = keep(load(score + at - origin), first, last, least);
      store(score + at - origin, v);
      largest = max(largest, v);
    }
    const float top = max_of(largest);
    const Vec base = all(top);
    Vec sum = zero();
    for (std::size_t at = from / kBlock * kBlock; at < to; at += kBlock) {
      const int first = at < from ? static_cast<int>(from - at) : 0;
      const int last = to - at < kBlock ? static_cast<int>(to - at) : static_cast<int>(kBlock);
      const Vec p = keep(Cache::weight(exponential(load(score + at - origin) - base)), first, last, 0.0f);
      sum = sum + p;
      const Vec weight = keep(Cache::of_values(p, scales(at / kBlock)), first, last, 0.0f);
      Cache::put_weights(weights[m] + (at - origin) / kPer, weight);
    }
    piece_max[m] = top;
    piece_sum[m] = sum_of(sum);
  }

  /// Adds whole blocks [block, end) to the pieces of M queries, for `Vecs` vectors of the head.
  template <int M, int Vecs>
  void add_values(std::size_t m, std::size_t vec, std::size_t block, std::size_t end, std::size_t origin) {
    Vec sums[M][Vecs];
    for (int i = 0; i < M; ++i) {
      for (int v = 0; v < Vecs; ++v) sums[i][v] = load(piece[m + i] + 16 * (vec + static_cast<std::size_t>(v)));
    }
    for (; block < end; ++block) {
      const std::byte* at = values(block) + kStep * vec;
      const std::size_t first = (block * kBlock - origin) / kPer;
      for (std::size_t s = 0; s < kValueSteps; ++s) {
        typename Cache::Weights w[Vecs];
#pragma GCC unroll 4
        for (int v = 0; v < Vecs; ++v) w[v] = Cache::load_step(at + kStep * v);
#pragma GCC unroll 12
        for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
          for (int v = 0; v < Vecs; ++v) sums[i][v] = Cache::add(sums[i][v], &weights[m + i][first + s], w[v]);
        }
        at += value_step;
      }
    }
    for (int i = 0; i < M; ++i) {
      for (int v = 0; v < Vecs; ++v) store(piece[m + i] + 16 * (vec + static_cast<std::size_t>(v)), sums[i][v]);
    }
  }

  template <int M>
  void add_whole(std::size_t m, std::size_t block, std::size_t end, std::size_t origin) {
    if (block >= end) return;
    constexpr int kWide = M * 4 <= kSumVecs ? 4 : M * 2 <= kSumVecs ? 2 : 1;
    std::size_t vec = 0;
    for (; vec + kWide <= head_vecs; vec += kWide) add_values<M, kWide>(m, vec, block, end, origin);
    for (; vec < head_vecs; ++vec) add_values<M, 1>(m, vec, block, end, origin);
  }

  /// Adds positions [from, to) of one block to one query's piece.
  void add_part(std::size_t m, std::size_t block, std::size_t from, std::size_t to, std::size_t origin) {
    const std::size_t start = block * kBlock;
    for (std::size_t s = 0; s < kValueSteps; ++s) {
      const std::size_t first = start + s * kPer;
      const bool has_first = first >= from && first < to;
      const bool has_last = first + kPer - 1 >= from && first + kPer - 1 < to;
      if (!has_first && !has_last) continue;
      const std::byte* at = values(block) + s * value_step;
      for (std::size_t v = 0; v < head_vecs; ++v) {
        const auto w =
            has_first && has_last ? Cache::load_step(at + kStep * v) : Cache::load_half(at + kStep * v, has_last);
        float* sum = piece[m] + 16 * v;
        store(sum, Cache::add(load(sum), &weights[m][(first - origin) / kPer], w));
      }
    }
  }

  void merge(std::size_t m) {
    if (!begun[m]) {
      begun[m] = true;
      std::memcpy(total[m], piece[m], head_vecs * 64);
      total_max[m] = piece_max[m];
      total_sum[m] = piece_sum[m];
      return;
    }
    const float top = total_max[m] > piece_max[m] ? total_max[m] : piece_max[m];
    float factor[16];
    store(factor, exponential(keep(all(total_max[m] - top), 0, 1, piece_max[m] - top)));
    const Vec old = all(factor[0]);
    const Vec fresh = all(factor[1]);
    for (std::size_t v = 0; v < head_vecs; ++v) {
      store(total[m] + 16 * v, fma(load(piece[m] + 16 * v), fresh, load(total[m] + 16 * v) * old));
    }
    total_sum[m] = total_sum[m] * factor[0] + piece_sum[m] * factor[1];
    total_max[m] = top;
  }

  template <int M>
  void group(std::size_t m) {
    const std::size_t end = end_of(m + M - 1);
    const std::size_t begin = begin_of(m);
    for (std::size_t origin = begin / kSegment * kSegment; origin < end; origin += kSegment) {
      segment<M>(m, origin, origin + kSegment);
    }
    for (int i = 0; i < M; ++i) {
      const std::size_t own = m + static_cast<std::size_t>(i);
      float* to = t.out + own / t.share * t.out_stride + own % t.share * t.head_dim;
      const Vec sum = all(total_sum[own]);
      for (std::size_t v = 0; v < head_vecs; ++v) {
        const std::size_t left = t.head_dim - 16 * v;
        store_some(to + 16 * v, load(total[own] + 16 * v) / sum, left < 16 ? left : 16);
      }
    }
  }

  template <int M>
  void segment(std::size_t m, std::size_t origin, std::size_t limit) {
    std::size_t from[M];
    std::size_t to[M];
    std::size_t lowest = limit;
    std::size_t highest = origin;
    std::size_t whole_from = origin;
    std::size_t whole_to = limit;
    bool every = true;
    for (int i = 0; i < M; ++i) {
      from[i] = begin_of(m + i) > origin ? begin_of(m + i) : origin;
      to[i] = end_of(m + i) < limit ? end_of(m + i) : limit;
      if (from[i] >= to[i]) {
        every = false;
        continue;
      }
      lowest = from[i] < lowest ? from[i] : lowest;
      highest = to[i] > highest ? to[i] : highest;
      whole_from = from[i] > whole_from ? from[i] : whole_from;
      whole_to = to[i] < whole_to ? to[i] : whole_to;
    }
    if (lowest >= highest) return;
    score_range<M>(m, lowest / kBlock, (highest + kBlock - 1) / kBlock, origin);
    for (int i = 0; i < M; ++i) {
      if (from[i] >= to[i]) continue;
      weigh(m + i, from[i], to[i], origin);
      std::memset(piece[m + i], 0, head_vecs * 64);
    }
    // Blocks that every query sees whole are added for all at once, between what each adds alone.
    std::size_t first = (whole_from + kBlock - 1) / kBlock;
    std::size_t last = whole_to / kBlock;
    if (!every || first >= last) first = last = highest / kBlock + 1;
    for (int i = 0; i < M; ++i) add_alone(m + i, from[i], to[i], 0, first, origin);
    if (first <= highest / kBlock) add_whole<M>(m, first, last, origin);
    for (int i = 0; i < M; ++i) {
      add_alone(m + i, from[i], to[i], last, static_cast<std::size_t>(-1), origin);
      if (from[i] < to[i]) merge(m + i);
    }
  }

  /// Adds what one query sees, [from, to), of blocks [block, end).
  void add_alone(std::size_t m, std::size_t from, std::size_t to, std::size_t block, std::size_t end,
                 std::size_t origin) {
    if (from >= to) return;
    const std::size_t first = from / kBlock;
    for (std::size_t b = first > block ? first : block; b < end && b * kBlock < to; ++b) {
      if (b * kBlock >= from && (b + 1) * kBlock <= to) {
        add_whole<1>(m, b, b + 1, origin);
      } else {
        add_part(m, b, from, to, origin);
      }
    }
  }

  void run() {
    load_queries();
    with_rows<kQueries>(count, [&](auto queries) { group<decltype(queries)::value>(0); });
  }
};

inline void attend(const AttentionTask& task) {
  switch (task.format) {
    case Format::kFloat32: {
      Attention<FloatCache> attention(task);
      return attention.run();
    }
    case Format::kBfloat16: {
      Attention<PairCache> attention(task);
      return attention.run();
    }
    case Format::kInt8: {
      Attention<ByteCache> attention(task);
      return attention.run();
    }
  }
}

}  // namespace
}  // namespace tensafe::decoder
