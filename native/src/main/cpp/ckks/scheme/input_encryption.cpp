#include "ckks/scheme/input_encryption.hpp"

#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {

void encrypt_inputs(const SecretKey& key, const GroupCodec& codec, const InputShape& shape, const float* x,
                    const std::int32_t* rows, const MaskExpander& masks, std::uint64_t first_id,
                    TokenNote* notes, std::uint8_t* message) {
  const Context& context = key.context();
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  validate(shape, n);
  require(codec.columns() == shape.columns, ErrorCode::kInvalidArgument,
          "inputs: the codec is for another number of columns");
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

  const std::size_t stride = shape.packing.tokens * shape.packing.outputs;
  const std::size_t c = shape.packing.columns(n);
  // integers and errors stay below every prime: 2^scale_bits ≤ q/2
  bool near = true;
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    near &= context.modulus(limb).value >> (codec.scale_bits() + 1) != 0;
  }
  AlignedArray<std::int64_t, true> coefficients(n);
  AlignedArray<std::int64_t, true> integers(c);
  AlignedArray<std::int32_t, true> errors(n);
  SecretWords body(n);
  Words mask(context.limbs() * n);
  RandomStream stream = key.error_stream();
  std::uint64_t id = first_id;
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    for (std::size_t block = 0; block < shape.blocks(n); ++block, ++id) {
      sample_gaussian(stream, kernels, errors.data(), n);
      kernels.widen(errors.data(), coefficients.data(), n);
      const std::size_t first = block * c;
      const std::size_t count = shape.columns - first < c ? shape.columns - first : c;
      for (std::size_t t = 0; t < shape.group_tokens(group); ++t) {
        const std::size_t token = group * shape.packing.tokens + t;
        codec.quantize(x + static_cast<std::size_t>(rows[token]) * shape.columns, notes[token].magnitude, first,
                       count, integers.data());
        for (std::size_t j = 0; j < count; ++j) coefficients[t + stride * j] += integers[j];
        codec.expect(notes[token], coefficients.data() + t, stride, first, count);
      }
      masks.expand(context, context.limbs(), id, mask.data());
      for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
        const Modulus& q = context.modulus(limb);
        if (near) {
          kernels.near_residues(coefficients.data(), body.data(), n, q);
        } else {
          kernels.reduce_signed(coefficients.data(), body.data(), n, q);
        }
        kernels.ntt_forward(body.data(), context.tables(limb));
        kernels.multiply_subtract(body.data(), mask.data() + limb * n, key.values(limb), n, q);
        write_polynomial(context, limb, body.data(), out);
        out += polynomial_bytes(context, limb);
      }
    }
  }
}

}  // namespace tensafe::ckks
