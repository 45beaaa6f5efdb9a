#pragma once

// Plain C++ of the same meaning as the AMX intrinsics that decoder/kernels/amx.cpp uses, after the SDM. What the
// instructions would refuse ends the test. Test code only.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/denormals.hpp"

namespace {

struct EmulatedTile {
  std::size_t rows = 0;
  std::size_t row_bytes = 0;
  std::byte data[16][64] = {};
};
thread_local EmulatedTile emulated_tiles[8];
thread_local bool emulated_configured = false;

inline void emulated_need(bool good) {
  if (!good) __builtin_trap();
}

inline void emulated_loadconfig(const void* config) {
  const auto* bytes = static_cast<const std::uint8_t*>(config);
  emulated_need(bytes[0] == 1 && bytes[1] == 0);
  for (int i = 2; i < 16; ++i) emulated_need(bytes[i] == 0);
  for (int tile = 0; tile < 16; ++tile) {
    std::uint16_t row_bytes;
    std::memcpy(&row_bytes, bytes + 16 + 2 * tile, 2);
    const std::uint8_t rows = bytes[48 + tile];
    emulated_need(rows <= 16 && row_bytes <= 64 && (rows == 0) == (row_bytes == 0) && (tile < 8 || rows == 0));
    if (tile < 8) {
      emulated_tiles[tile] = EmulatedTile{};
      emulated_tiles[tile].rows = rows;
      emulated_tiles[tile].row_bytes = row_bytes;
    }
  }
  emulated_configured = true;
}

inline void emulated_release() {
  for (EmulatedTile& tile : emulated_tiles) tile = EmulatedTile{};
  emulated_configured = false;
}

inline EmulatedTile& emulated_tile(int number) {
  emulated_need(emulated_configured && emulated_tiles[number].rows > 0);
  return emulated_tiles[number];
}

inline void emulated_zero(int number) {
  EmulatedTile& tile = emulated_tile(number);
  std::memset(tile.data, 0, sizeof tile.data);
}

inline void emulated_load(int number, const void* from, std::size_t stride) {
  emulated_zero(number);
  EmulatedTile& tile = emulated_tile(number);
  for (std::size_t r = 0; r < tile.rows; ++r) {
    std::memcpy(tile.data[r], static_cast<const std::byte*>(from) + r * stride, tile.row_bytes);
  }
}

inline void emulated_store(int number, void* to, std::size_t stride) {
  const EmulatedTile& tile = emulated_tile(number);
  for (std::size_t r = 0; r < tile.rows; ++r) {
    std::memcpy(static_cast<std::byte*>(to) + r * stride, tile.data[r], tile.row_bytes);
  }
}

template <typename T>
T emulated_at(const EmulatedTile& tile, std::size_t row, std::size_t index) {
  T value;
  std::memcpy(&value, tile.data[row] + index * sizeof(T), sizeof value);
  return value;
}

inline float emulated_bfloat16(const EmulatedTile& tile, std::size_t row, std::size_t index) {
  const std::uint32_t bits = static_cast<std::uint32_t>(emulated_at<std::uint16_t>(tile, row, index)) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Calls body(sum, row, output) for every number of `c`.
template <typename T, typename Body>
void emulated_each(EmulatedTile& c, const EmulatedTile& a, const EmulatedTile& b, Body body) {
  emulated_need(c.rows == a.rows && a.row_bytes / 4 == b.rows && c.row_bytes == b.row_bytes);
  for (std::size_t m = 0; m < c.rows; ++m) {
    for (std::size_t n = 0; n < c.row_bytes / 4; ++n) {
      const T sum = body(emulated_at<T>(c, m, n), m, n);
      std::memcpy(c.data[m] + 4 * n, &sum, sizeof sum);
    }
  }
}

/// Flushes subnormal numbers whatever the thread does.
inline void emulated_dpbf16ps(int sums, int left, int right) {
  const tensafe::base::FlushDenormals flush;
  EmulatedTile& c = emulated_tile(sums);
  const EmulatedTile& a = emulated_tile(left);
  const EmulatedTile& b = emulated_tile(right);
  emulated_each<float>(c, a, b, [&](float sum, std::size_t m, std::size_t n) {
    float even = 0;
    float odd = 0;
    for (std::size_t k = 0; k < b.rows; ++k) {
      even = std::fma(emulated_bfloat16(a, m, 2 * k), emulated_bfloat16(b, k, 2 * n), even);
      odd = std::fma(emulated_bfloat16(a, m, 2 * k + 1), emulated_bfloat16(b, k, 2 * n + 1), odd);
    }
    return sum + (even + odd);
  });
}

/// Unsigned bytes of the left tile, signed ones of the right.
inline void emulated_dpbusd(int sums, int left, int right) {
  EmulatedTile& c = emulated_tile(sums);
  const EmulatedTile& a = emulated_tile(left);
  const EmulatedTile& b = emulated_tile(right);
  emulated_each<std::int32_t>(c, a, b, [&](std::int32_t sum, std::size_t m, std::size_t n) {
    for (std::size_t k = 0; k < b.rows; ++k) {
      for (std::size_t i = 0; i < 4; ++i) {
        sum += static_cast<std::int32_t>(emulated_at<std::uint8_t>(a, m, 4 * k + i)) *
               emulated_at<std::int8_t>(b, k, 4 * n + i);
      }
    }
    return sum;
  });
}

}  // namespace

#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#undef _tile_dpbusd
#define _tile_loadconfig emulated_loadconfig
#define _tile_release emulated_release
#define _tile_zero emulated_zero
#define _tile_loadd emulated_load
#define _tile_stored emulated_store
#define _tile_dpbf16ps emulated_dpbf16ps
#define _tile_dpbusd emulated_dpbusd
