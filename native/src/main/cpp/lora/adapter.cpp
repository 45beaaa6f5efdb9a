#include "lora/adapter.hpp"

#include <algorithm>
#include <cstring>

#include "base/memory.hpp"
#include "base/numbers.hpp"
#include "lora/errors.hpp"

namespace tensafe::lora {
namespace {

std::uint16_t load_half(const std::uint8_t* at) {
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

std::size_t element_bytes(Storage storage) { return storage == Storage::kFloat32 ? 4 : 2; }

constexpr std::size_t kLine = 64;
constexpr std::size_t kFirstPiece = std::size_t{1} << 16;

std::size_t in_lines(std::size_t bytes) { return panels(bytes, kLine) * kLine; }

std::size_t a_bytes(std::size_t in, std::size_t rank, Storage storage) {
  return panels(rank, kRankPanel) * kRankPanel * in * element_bytes(storage);
}

std::size_t b_bytes(std::size_t out, std::size_t rank, Storage storage) {
  return panels(out, kOutputPanel) * kOutputPanel * rank * element_bytes(storage);
}

}  // namespace

Module::Module(std::size_t in, std::size_t out, std::size_t rank, float scaling, Storage storage)
    : in(in),
      out(out),
      rank(rank),
      padded_rank(panels(rank, kRankPanel) * kRankPanel),
      scaling(scaling),
      storage(storage) {}

std::size_t Module::bytes(std::size_t in, std::size_t out, std::size_t rank, Storage storage) {
  return in_lines(a_bytes(in, rank, storage)) + in_lines(b_bytes(out, rank, storage));
}

void Module::place(std::uint8_t* memory) {
  a = {memory, a_bytes(in, rank, storage)};
  b = {memory + in_lines(a.size()), b_bytes(out, rank, storage)};
}

void Module::put(Side side, Source source, std::size_t first, const std::uint8_t* elements,
                 std::size_t count) {
  const std::size_t columns = side == Side::kA ? in : rank;
  const std::size_t total = side == Side::kA ? rank * in : out * rank;
  require(first <= total && count <= total - first, ErrorCode::kInvalidArgument,
          "low-rank factor: more elements than it has");
  require((storage == Storage::kBfloat16) == (source == Source::kBfloat16), ErrorCode::kInvalidArgument,
          "low-rank factor: elements of another type than it was made for");
  std::uint8_t* target = side == Side::kA ? a.data() : b.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = (first + i) / columns;
    const std::size_t column = (first + i) % columns;
    const std::size_t at =
        side == Side::kA ? (row / kRankPanel * in + column) * kRankPanel + row % kRankPanel
                         : (row / kOutputPanel * rank + column) * kOutputPanel + row % kOutputPanel;
    switch (source) {
      case Source::kFloat32:
        std::memcpy(target + 4 * at, elements + 4 * i, 4);
        break;
      case Source::kFloat16: {
        const float value = base::from_half(load_half(elements + 2 * i));
        std::memcpy(target + 4 * at, &value, 4);
        break;
      }
      case Source::kBfloat16:
        std::memcpy(target + 2 * at, elements + 2 * i, 2);
        break;
    }
  }
}

void Adapter::add(std::size_t slot, std::size_t in, std::size_t out, std::size_t rank, float scaling,
                  Storage storage) {
  require(slot < slots_.size() && slots_[slot].empty(), ErrorCode::kInvalidArgument,
          "low-rank adapter: no such slot, or one that is taken");
  require(in > 0 && out > 0 && rank > 0, ErrorCode::kInvalidArgument,
          "low-rank adapter: sizes must be positive");
  std::uint8_t* memory = take(Module::bytes(in, out, rank, storage));
  slots_[slot].emplace_back(in, out, rank, scaling, storage);
  slots_[slot][0].place(memory);
}

Adapter::~Adapter() {
  for (Piece& piece : pieces_) base::secure_wipe(piece.memory.data(), piece.taken);
}

std::uint8_t* Adapter::take(std::size_t bytes) {
  if (pieces_.empty() || bytes > pieces_.back().memory.size() - pieces_.back().taken) {
    const std::size_t twice = pieces_.empty() ? kFirstPiece : 2 * pieces_.back().memory.size();
    pieces_.push_back({base::HugeMemory(std::max(bytes, twice))});
  }
  Piece& piece = pieces_.back();
  std::byte* at = piece.memory.data() + piece.taken;
  piece.taken += bytes;
  return reinterpret_cast<std::uint8_t*>(at);
}

Module& Adapter::module(std::size_t slot) {
  require(slot < slots_.size() && !slots_[slot].empty(), ErrorCode::kInvalidArgument,
          "low-rank adapter: no module in that slot");
  return slots_[slot][0];
}

std::size_t Adapter::padded_rank() const {
  std::size_t largest = 0;
  for (const auto& slot : slots_) {
    for (const Module& module : slot) largest = std::max(largest, module.padded_rank);
  }
  return largest;
}

std::size_t Adapter::bytes() const {
  std::size_t sum = 0;
  for (const auto& slot : slots_) {
    for (const Module& module : slot) sum += module.bytes();
  }
  return sum;
}

}  // namespace tensafe::lora
