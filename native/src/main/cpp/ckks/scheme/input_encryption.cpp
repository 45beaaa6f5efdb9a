#include "ckks/scheme/input_encryption.hpp"

#include "base/denormals.hpp"
#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// One ciphertext after the other. With stride T·S, coefficient r + T·S·j is column j of row r of a matrix
/// whose first T rows are tokens; the rest, and places of no token, are errors alone.
class Encryption {
 public:
  Encryption(const SecretKey& key, const GroupCodec& codec, const InputShape& shape, const float* x,
             const std::int32_t* rows)
      : key_(key),
        context_(key.context()),
        codec_(codec),
        shape_(shape),
        x_(x),
        rows_(rows),
        stride_(shape.packing.tokens * shape.packing.outputs),
        columns_(shape.packing.columns(context_.degree())),
        small_(context_.limbs() == 1 && codec.fits(context_.modulus(0))),
        stream_(key.error_stream()),
        errors_(context_.degree()),
        matrix_(context_.degree()),
        coefficients_(stride_ == 1 ? 0 : context_.degree()),
        bodies_(context_.limbs() * context_.degree()),
        mask_(context_.limbs() * context_.degree()) {}

  const std::uint64_t* body(std::size_t limb) const { return bodies_.data() + limb * context_.degree(); }

  /// Tokens of a group, columns of a block, and fresh errors.
  void lay_out(std::size_t group, std::size_t block, TokenNote* notes) {
    const RingKernels& kernels = context_.kernels();
    const std::size_t n = context_.degree();
    sample_gaussian(stream_, kernels, errors_.data(), n);
    const std::size_t first = block * columns_;
    const std::size_t count = shape_.columns - first < columns_ ? shape_.columns - first : columns_;
    const std::size_t tokens = shape_.group_tokens(group);
    std::uint64_t* matrix = small_ && stride_ == 1 ? bodies_.data() : matrix_.data();
    auto* integers = reinterpret_cast<std::int64_t*>(matrix);
    if (!small_) kernels.widen(errors_.data(), integers, n);
    for (std::size_t t = 0; t < tokens; ++t) {
      const std::size_t token = group * shape_.packing.tokens + t;
      const float* x = x_ + static_cast<std::size_t>(rows_[token]) * shape_.columns;
      const std::size_t at = t * columns_;
      if (small_) {
        codec_.encode_residues(x, notes[token], first, count, errors_.data() + at, matrix + at, context_.modulus(0));
        errors_alone(matrix, at + count, columns_ - count);
      } else {
        codec_.encode_integers(x, notes[token], first, count, integers + at);
      }
    }
    if (small_) errors_alone(matrix, tokens * columns_, n - tokens * columns_);
    if (stride_ != 1) {
      std::uint64_t* to = small_ ? bodies_.data() : coefficients_.data();
      kernels.transpose(matrix, stride_, columns_, to);
      matrix = to;
    }
    if (small_) return;
    for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
      kernels.reduce_signed(reinterpret_cast<const std::int64_t*>(matrix), bodies_.data() + limb * n, n,
                            context_.modulus(limb));
    }
  }

  /// Makes values of the bodies, −a·s + e + m.
  void mask(const MaskExpander& masks, std::uint64_t id) {
    const RingKernels& kernels = context_.kernels();
    const std::size_t n = context_.degree();
    masks.expand(context_, context_.limbs(), id, mask_.data());
    for (std::size_t limb = 0; limb < context_.limbs(); ++limb) {
      std::uint64_t* body = bodies_.data() + limb * n;
      kernels.ntt_forward_subtract(body, mask_.data() + limb * n, key_.values(limb), key_.prepared(limb),
                                   context_.tables(limb));
    }
  }

 private:
  void errors_alone(std::uint64_t* matrix, std::size_t first, std::size_t count) {
    context_.kernels().small_residues(errors_.data() + first, matrix + first, count, context_.modulus(0));
  }

  const SecretKey& key_;
  const Context& context_;
  const GroupCodec& codec_;
  const InputShape& shape_;
  const float* x_;
  const std::int32_t* rows_;
  std::size_t stride_;
  std::size_t columns_;
  bool small_;
  RandomStream stream_;
  AlignedArray<std::int8_t, true> errors_;
  SecretWords matrix_;
  SecretWords coefficients_;
  SecretWords bodies_;
  Words mask_;
};

}  // namespace

void encrypt_inputs(const SecretKey& key, const GroupCodec& codec, const InputShape& shape, const float* x,
                    const std::int32_t* rows, const MaskExpander& masks, std::uint64_t first_id,
                    TokenNote* notes, std::uint8_t* message) {
  const Context& context = key.context();
  const std::size_t n = context.degree();
  validate(shape, n);
  require(codec.columns() == shape.columns, ErrorCode::kInvalidArgument,
          "inputs: the codec is for another number of columns");
  const base::FlushDenormals flush;
  for (std::size_t t = 0; t < shape.tokens; ++t) {
    notes[t] = codec.measure(x + static_cast<std::size_t>(rows[t]) * shape.columns);
  }

  MessageHead head{MessageKind::kInputs};
  head.limbs = context.limbs();
  head.packing_tokens = static_cast<std::uint32_t>(shape.packing.tokens);
  head.packing_outputs = static_cast<std::uint32_t>(shape.packing.outputs);
  head.tokens = static_cast<std::uint32_t>(shape.tokens);
  head.width = static_cast<std::uint32_t>(shape.columns);
  head.first_id = first_id;
  write_head(context, head, input_payload_bytes(context, shape), message);
  std::uint8_t* out = message + kHeadBytes;

  Encryption encryption(key, codec, shape, x, rows);
  std::uint64_t id = first_id;
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    for (std::size_t block = 0; block < shape.blocks(n); ++block, ++id) {
      encryption.lay_out(group, block, notes);
      encryption.mask(masks, id);
      for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
        write_polynomial(context, limb, encryption.body(limb), out);
        out += polynomial_bytes(context, limb);
      }
    }
  }
}

}  // namespace tensafe::ckks
