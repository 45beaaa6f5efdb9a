#define TENSAFE_DECODER_BF16
#define TENSAFE_DECODER_VNNI
#include "decoder/kernels/vector_avx512.hpp"

#include <algorithm>

#include "decoder/kernels/decoder_kernels.hpp"
#include "decoder/kernels/panel_steps.hpp"

#if defined(TENSAFE_EMULATED_AMX)
#include "emulated_amx.hpp"
#endif

// Products by tiles; everything else is what avx512_bf16.cpp has. A panel is read where it lies: of 16 steps of 128
// bytes the first 64 bytes are a tile for outputs 0 … 15, the others one for outputs 16 … 31. Intel SDM volume 1,
// chapter 18.

namespace tensafe::decoder {
namespace {

/// Rows of a tile, and the most of one product: two tiles of rows with two of outputs are four sums.
constexpr std::size_t kTile = 16;
constexpr std::size_t kAmxRows = 2 * kTile;
static_assert(kAmxRows <= kMaxRowBlock);

/// Rows of bytes from which tiles are faster than VPDPBUSD, by the table of adr/0053; the integers are the same.
constexpr std::size_t kLeastByteRows = 4;

/// What LDTILECFG reads.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64);

/// Rows that this thread's tiles are set up for; 0 when it holds none.
thread_local std::size_t configured_rows = 0;

/// Tiles 0 and 1: sums of the first 16 rows, 2 and 3: of the rows behind; 4 and 5: those rows; 6 and 7: weights.
void configure(std::size_t rows) {
  if (configured_rows == rows) return;
  TileConfig config;
  const auto set = [&](int tile, std::size_t count) {
    config.row_bytes[tile] = count == 0 ? 0 : 64;
    config.rows[tile] = static_cast<std::uint8_t>(count);
  };
  const std::size_t low = std::min(rows, kTile);
  for (int tile : {0, 1, 4}) set(tile, low);
  for (int tile : {2, 3, 5}) set(tile, rows - low);
  for (int tile : {6, 7}) set(tile, kTile);
  // GCC 12 declares 8 of these 64 bytes as read, and would drop the stores of the others
  asm volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
  configured_rows = rows;
}

void release() {
  if (configured_rows == 0) return;
  _tile_release();
  configured_rows = 0;
}

/// The sums of a product, [rows][kPanel] of 4 bytes: float32 of pairs, int32 of bytes.
template <bool Bytes>
void tile_sums(const PanelProduct& p, void* out) {
  configure(p.rows);
  const bool two = p.rows > kTile;
  const std::byte* low = p.x;
  const std::byte* high = p.x + kTile * p.x_stride;
  const std::byte* w = p.panel;
  // loads of tiles are not declared to read memory
  asm volatile("" : : : "memory");
  _tile_zero(0);
  _tile_zero(1);
  if (two) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t s = 0; s < p.steps; s += kTileSteps) {
    _tile_loadd(6, w, kStepBytes);
    _tile_loadd(7, w + 64, kStepBytes);
    _tile_loadd(4, low, p.x_stride);
    if (p.rows <= 2) {
      for (std::size_t ahead = 0; ahead < kTileSteps * kStepBytes; ahead += 64) {
        __builtin_prefetch(w + kAhead + ahead, 0, 3);
      }
    }
    if constexpr (Bytes) {
      _tile_dpbusd(0, 4, 6);
      _tile_dpbusd(1, 4, 7);
    } else {
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (two) {
      _tile_loadd(5, high, p.x_stride);
      if constexpr (Bytes) {
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
      } else {
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
      high += 64;
    }
    low += 64;
    w += kTileSteps * kStepBytes;
  }
  auto* to = static_cast<std::byte*>(out);
  _tile_stored(0, to, kStepBytes);
  _tile_stored(1, to + 64, kStepBytes);
  if (two) {
    _tile_stored(2, to + kTile * kStepBytes, kStepBytes);
    _tile_stored(3, to + kTile * kStepBytes + 64, kStepBytes);
  }
}

void amx_byte_product(const PanelProduct& p, float* out) {
  alignas(64) std::int32_t sums[kAmxRows * kPanel];
  tile_sums<true>(p, sums);
  const std::byte* behind = p.panel + p.steps * kStepBytes;
  const auto* scales = reinterpret_cast<const float*>(behind);
  const auto* offsets = reinterpret_cast<const std::int32_t*>(behind + kStepBytes);
  for (std::size_t r = 0; r < p.rows; ++r) {
    for (std::size_t column = 0; column < kPanel; column += 16) {
      const Sums sum{_mm512_load_si512(sums + r * kPanel + column)};
      store(out + r * kPanel + column, finished(sum, offsets + column) * (all(p.x_scales[r]) * load(scales + column)));
    }
  }
}

void amx_product(const PanelProduct& p, float* out) {
  if (p.format == Format::kBfloat16 && p.order == Order::kTiles) return tile_sums<false>(p, out);
  if (p.format == Format::kInt8 && p.rows >= kLeastByteRows) return amx_byte_product(p, out);
  // no products of tiles: blocks of nearly one size, as vectors take them
  const DecoderKernels& vectors = avx512_bf16_kernels();
  const std::size_t blocks = (p.rows + vectors.row_block - 1) / vectors.row_block;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= blocks; ++i) {
    const std::size_t end = p.rows * i / blocks;
    PanelProduct part = p;
    part.x = p.x + first * p.x_stride;
    part.x_scales = p.x_scales + first;
    part.rows = end - first;
    vectors.product(part, out + first * kPanel);
    first = end;
  }
}

DecoderKernels with_tiles(const char* name) {
  DecoderKernels own = avx512_bf16_kernels();
  own.name = name;
  own.row_block = kAmxRows;
  own.product = amx_product;
  own.rest = release;
  return own;
}

}  // namespace

#if defined(TENSAFE_EMULATED_AMX)
const DecoderKernels& emulated_amx_kernels() noexcept {
  static const DecoderKernels table = with_tiles("emulated-amx");
#else
const DecoderKernels& amx_kernels() noexcept {
  static const DecoderKernels table = with_tiles("amx");
#endif
  return table;
}

}  // namespace tensafe::decoder
