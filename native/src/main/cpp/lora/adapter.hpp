#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_memory.hpp"

// A LoRA adapter in memory: y += scaling · B·(A·x) for some of a model's projections (Hu et al., "LoRA",
// arXiv:2106.09685). Both factors are stored in panels that the kernels read front to back once per group
// of rows; weights that came as bfloat16 stay so, half precision is widened.

namespace tensafe::lora {

/// Ranks beside each other in a panel of A.
inline constexpr std::size_t kRankPanel = 8;
/// Outputs beside each other in a panel of B.
inline constexpr std::size_t kOutputPanel = 32;

enum class Storage : int { kFloat32 = 0, kBfloat16 = 1 };
enum class Source : int { kFloat32 = 0, kFloat16 = 1, kBfloat16 = 2 };
enum class Side : int { kA = 0, kB = 1 };

inline std::size_t panels(std::size_t size, std::size_t panel) { return (size + panel - 1) / panel; }

/// One projection's factors. A is [panels(rank)][in][kRankPanel], B is [panels(out)][rank][kOutputPanel];
/// what pads a panel is 0.
struct Module {
  Module(std::size_t in, std::size_t out, std::size_t rank, float scaling, Storage storage);

  /// Bytes of the factors of such a module.
  static std::size_t bytes(std::size_t in, std::size_t out, std::size_t rank, Storage storage);

  std::size_t in;
  std::size_t out;
  std::size_t rank;
  std::size_t padded_rank;
  float scaling;
  Storage storage;
  std::span<std::uint8_t> a;
  std::span<std::uint8_t> b;

  std::size_t bytes() const { return a.size() + b.size(); }
  /// Says where the factors are: `bytes` zeros that live longer.
  void place(std::uint8_t* memory);

  /// Stores elements of A [rank][in] or B [out][rank], row-major, from `first` on.
  void put(Side side, Source source, std::size_t first, const std::uint8_t* elements, std::size_t count);
};

/// Modules by slot; a slot without one leaves its projection as it is. Their memory is wiped at the end. It
/// comes in a few pieces, each twice as large as the one before, that have huge pages once they are large
/// enough: factors are small, and of many adapters each is read once a step.
class Adapter {
 public:
  explicit Adapter(std::size_t slots) : slots_(slots) {}
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  ~Adapter();

  void add(std::size_t slot, std::size_t in, std::size_t out, std::size_t rank, float scaling,
           Storage storage);
  Module& module(std::size_t slot);
  /// Largest rank of a module, with what pads it.
  std::size_t padded_rank() const;
  std::size_t slots() const { return slots_.size(); }
  /// Null where there is none.
  const Module* find(std::size_t slot) const { return slots_[slot].empty() ? nullptr : &slots_[slot][0]; }
  std::size_t bytes() const;

 private:
  std::uint8_t* take(std::size_t bytes);

  struct Piece {
    base::HugeMemory memory;
    std::size_t taken = 0;
  };

  std::vector<Piece> pieces_;
  // none or one each: a module cannot be copied, and is not default-made
  std::vector<std::vector<Module>> slots_;
};

}  // namespace tensafe::lora
