#include "decoder/decoder.hpp"

#include <algorithm>
#include <chrono>

#include "decoder/errors.hpp"
#include "lora/adapter.hpp"

namespace tensafe::decoder {
namespace {

using Kind = Operation::Kind;

/// The shape, once it is known to be one.
Shape checked(Shape shape) {
  check(shape);
  return shape;
}

std::uint64_t nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

}  // namespace

Decoder::Decoder(Shape shape, const DecoderKernels& kernels, std::size_t threads, bool pinned)
    : Decoder(checked(std::move(shape)), kernels, std::make_shared<Pool>(threads, pinned)) {}

Decoder::Decoder(Shape shape, const DecoderKernels& kernels, const Decoder& beside)
    : Decoder(std::move(shape), kernels, beside.threads_) {}

Decoder::Decoder(Shape shape, const DecoderKernels& kernels, std::shared_ptr<Pool> threads)
    : shape_(checked(std::move(shape))),
      kernels_(kernels),
      weights_(shape_),
      scratch_(shape_, kernels.step_bytes),
      program_(program_of(shape_)),
      pieces_(std::make_unique<Pieces[]>(program_.size())),
      threads_(std::move(threads)),
      pool_(*threads_) {}

void Decoder::allocate_cache(std::size_t blocks) {
  ahead_ = base::TouchAhead();
  cache_ = Cache();
  cache_ = Cache(shape_, blocks);
}

void Decoder::begin(std::span<const std::int32_t> list, std::span<const float> angles,
                    std::span<const std::uint8_t> stops, const StepAdapters& adapters) {
  position_ = program_.size();
  weights_.require_complete();
  step_.read(list, shape_.vocabulary, cache_.blocks());
  require(angles.size() >= step_.rows() * shape_.head_dim, ErrorCode::kInvalidStep, "step: too few angles");
  require(stops.empty() || stops.size() == shape_.layers * kGroups, ErrorCode::kInvalidStep,
          "step: stops for another number of layers");
  adapters.check(shape_, step_.rows(), taken_);
  std::size_t rank = 0;
  for (const lora::Adapter* adapter : adapters.adapters) rank = std::max(rank, adapter->padded_rank());
  rank_stride_ = rank;
  const std::size_t adapted =
      adapters.adapters.empty() ? 0 : static_cast<std::size_t>(adapters.starts[adapters.adapters.size()]);
  // copied into what has room already
  adapters_ = adapters;
  adapters_.index(step_.rows(), shape_.layers);
  scratch_.reserve(step_.rows(), step_.logit_rows().size(), 3 * adapted * rank);
  angles_ = angles;
  stops_ = stops;
  for (std::size_t i = 0; i < program_.size(); ++i) pieces_[i].reset();
  position_ = 0;
  before_done_ = false;
}

bool Decoder::run(Stop& stop) {
  std::size_t to = position_;
  bool stopped = false;
  for (; to < program_.size() && !stopped; ++to) {
    const Operation& operation = program_[to];
    const std::uint8_t wanted =
        stops_.empty() ? 0 : stops_[operation.layer * kGroups + static_cast<std::size_t>(operation.group)];
    if (operation.kind == Kind::kShrink && (wanted & kStopBefore) != 0 && !(before_done_ && to == position_)) {
      stop = {operation.layer, operation.group, Stop::Phase::kBefore};
      run_operations(position_, to);
      position_ = to;
      before_done_ = true;
      return true;
    }
    if (operation.kind == Kind::kLinear && (wanted & kStopAfter) != 0) {
      stop = {operation.layer, operation.group, Stop::Phase::kAfter};
      stopped = true;
    }
  }
  run_operations(position_, to);
  position_ = to;
  before_done_ = false;
  return stopped;
}

void Decoder::run_operations(std::size_t from, std::size_t to) {
  if (from == to) return;
  front_.store(from, std::memory_order_relaxed);
  pool_.run([&](std::size_t thread) {
    std::uint64_t before = measuring_ && thread == 0 ? nanoseconds() : 0;
    // one that comes late, or was away, goes on where the others are
    for (std::size_t i = from; (i = std::max(i, front_.load(std::memory_order_acquire))) < to; ++i) {
      if (!runs(program_[i])) continue;
      execute(i);
      // a slower thread may set it back: those behind it cost a look each, and are over all the same
      front_.store(i + 1, std::memory_order_release);
      if (measuring_ && thread == 0) {
        const std::uint64_t after = nanoseconds();
        times_[static_cast<std::size_t>(program_[i].kind)] += after - before;
        before = after;
      }
    }
    kernels_.rest();
  });
}

bool Decoder::is_open(const Operation& operation) const {
  return !stops_.empty() &&
      (stops_[operation.layer * kGroups + static_cast<std::size_t>(operation.group)] & kStopAfter) != 0;
}

bool Decoder::runs(const Operation& operation) const {
  switch (operation.kind) {
    case Kind::kShrink:
      return adapters_.touches(operation.layer, operation.group);
    case Kind::kAdd:
    case Kind::kActivate:
      return is_open(operation);
    case Kind::kLast:
    case Kind::kHead:
      return !step_.logit_rows().empty();
    default:
      return true;
  }
}

void Decoder::execute(std::size_t index) {
  const Operation& operation = program_[index];
  Pieces& pieces = pieces_[index];
  switch (operation.kind) {
    case Kind::kEmbed:
      return embed(pieces);
    case Kind::kNorm:
      return norm(operation, pieces);
    case Kind::kShrink:
      return shrink(operation, pieces);
    case Kind::kLinear:
      return linear(operation, pieces);
    case Kind::kHeads:
      return heads(operation, pieces);
    case Kind::kAttend:
      return attend(operation, pieces);
    case Kind::kPrepare:
      return prepare(operation, pieces);
    case Kind::kAdd:
      return add(operation, pieces);
    case Kind::kActivate:
      return activate(operation, pieces);
    case Kind::kLast:
      return last(pieces);
    case Kind::kHead:
      return head(pieces);
  }
}

}  // namespace tensafe::decoder
