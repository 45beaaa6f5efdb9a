#include "decoder/measure/limits.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "base/huge_memory.hpp"
#include "decoder/errors.hpp"
#include "decoder/matrix.hpp"
#include "decoder/pieces.hpp"
#include "decoder/pool.hpp"
#include "decoder/room.hpp"

namespace tensafe::decoder {
namespace {

constexpr int kPasses = 15;
constexpr std::size_t kLine = 64;
/// A panel of so many steps has 64 KiB: too much for a first cache, little for a second one.
constexpr std::size_t kSteps = 512;
/// Some milliseconds of work on the slowest vector set.
constexpr std::size_t kProducts = 2000;

/// Least seconds of one pass over as many parts as there are threads.
double least_seconds(Pool& pool, const std::function<void(std::size_t)>& body) {
  using Clock = std::chrono::steady_clock;
  double least = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < kPasses; ++pass) {
    Pieces parts;
    const Clock::time_point start = Clock::now();
    pool.run([&](std::size_t) { parts.share(pool.threads(), 1, body); });
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

/// Keeps the compiler from leaving out what was computed.
void use(std::uint64_t value) {
  volatile std::uint64_t sink = value;
  static_cast<void>(sink);
}

/// Reads two halves beside each other: one stream is slower, four are no faster, and so is prefetching.
std::uint64_t sum_of(const std::byte* from, std::size_t bytes) {
  std::uint64_t sums[kLine / sizeof(std::uint64_t)] = {};
  const std::size_t half = bytes / 2;
  for (std::size_t at = 0; at < half; at += kLine) {
    std::uint64_t line[2][kLine / sizeof(std::uint64_t)];
    std::memcpy(line[0], from + at, kLine);
    std::memcpy(line[1], from + half + at, kLine);
    for (std::size_t i = 0; i < std::size(sums); ++i) sums[i] += line[0][i] ^ line[1][i];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t some : sums) sum += some;
  return sum;
}

/// A part's own panel and rows.
struct Operands {
  Operands(const DecoderKernels& kernels, Format format)
      : matrix(format, kSteps * per_step(format), kPanel),
        stride(padded(matrix.steps() * kernels.step_bytes(format), kLine) + kLine),
        memory(room_for("a measurement", matrix.bytes() + kernels.row_block * stride)) {
    matrix.place(memory.data(), matrix.bytes());
    std::vector<float> row(matrix.inputs());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 7) - 3.0f;
    for (std::size_t i = 0; i < kPanel; ++i) {
      matrix.put(Source::kFloat32, i, 1, reinterpret_cast<const std::byte*>(row.data()));
    }
    for (std::size_t i = 0; i < kernels.row_block; ++i) {
      scales[i] = kernels.prepare(format, row.data(), row.size(), matrix.steps(), rows() + i * stride);
    }
  }

  std::byte* rows() const { return memory.data() + matrix.bytes(); }

  Matrix matrix;
  std::size_t stride;
  base::HugeMemory memory;
  float scales[kMaxRowBlock];
};

}  // namespace

double read_rate(std::size_t bytes, std::size_t threads) {
  constexpr std::size_t kLeast = 2 * kLine;
  require(threads >= 1 && bytes / threads >= kLeast, ErrorCode::kInvalidArgument,
          "measure: less than two cache lines for each thread");
  const base::HugeMemory memory = room_for("a measurement", bytes);
  std::memset(memory.data(), 1, bytes);
  const std::size_t part = bytes / threads / kLeast * kLeast;
  Pool pool(threads);
  const double seconds =
      least_seconds(pool, [&](std::size_t i) { use(sum_of(memory.data() + i * part, part)); });
  return static_cast<double>(part * threads) / seconds;
}

double multiply_add_rate(const DecoderKernels& kernels, Format format, std::size_t threads) {
  require(threads >= 1, ErrorCode::kInvalidArgument, "measure: no thread");
  std::vector<Operands> operands;
  operands.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) operands.emplace_back(kernels, format);
  Pool pool(threads);
  const double seconds = least_seconds(pool, [&](std::size_t i) {
    const Operands& own = operands[i];
    const PanelProduct product{format,          own.rows(),          own.stride, own.scales, kernels.row_block,
                               own.matrix.panel(0), own.matrix.steps()};
    alignas(64) float tile[kMaxRowBlock * kPanel];
    for (std::size_t pass = 0; pass < kProducts; ++pass) kernels.product(product, tile);
  });
  const std::size_t each = kernels.row_block * kPanel * kSteps * per_step(format);
  return static_cast<double>(threads * kProducts * each) / seconds;
}

}  // namespace tensafe::decoder
