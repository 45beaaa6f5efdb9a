#include "ckks/scheme/input_encryption.hpp"

#include "ckks/scheme/error_polynomial.hpp"
#include "ckks/scheme/quantization.hpp"
#include "ckks/wire/bits.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
void encrypt_inputs(const SecretKey& key, const InputShape& shape, const InputValues& values,
                    double* magnitudes, std::uint8_t* message) {
  const Context& context = key.context();
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  validate(shape, n);
  require(values.scale_bits >= 0 && values.scale_bits <= 62, ErrorCode::kInvalidArgument,
          "inputs: scale bits are not from 0 to 62");
  const AlignedArray<float> factors = column_factors(shape.columns, values);
  for (std::size_t t = 0; t < shape.tokens; ++t) {
    magnitudes[t] = magnitude(kernels, values.x + t * shape.columns, factors.data(), shape.columns);
  }

  const std::uint64_t first_id = key.take_ids(shape.ciphertexts(n));
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
    near &= context.modulus(limb).value >> (values.scale_bits + 1) != 0;
  }
  AlignedArray<std::int64_t, true> coefficients(n);
  AlignedArray<std::int64_t, true> integers(c);
  AlignedArray<std::int32_t, true> errors(n);
  SecretWords body(n);
  Words masks(context.limbs() * n);
  RandomStream stream = key.error_stream();
  std::uint64_t id = first_id;
  for (std::size_t group = 0; group < shape.groups(); ++group) {
    for (std::size_t block = 0; block < shape.blocks(n); ++block, ++id) {
      sample_gaussian(stream, kernels, errors.data(), n);
      kernels.widen(errors.data(), coefficients.data(), n);
      const std::size_t first_column = block * c;
      const std::size_t columns = shape.columns - first_column < c ? shape.columns - first_column : c;
      for (std::size_t t = 0; t < shape.group_tokens(group); ++t) {
        const std::size_t token = group * shape.packing.tokens + t;
        const float* x = values.x + token * shape.columns + first_column;
        quantize(kernels, x, factors.data() + first_column, magnitudes[token], values.scale_bits,
                 integers.data(), columns);
        for (std::size_t j = 0; j < columns; ++j) coefficients[t + stride * j] += integers[j];
      }
      key.masks().expand(context, context.limbs(), id, masks.data());
      for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
        const Modulus& q = context.modulus(limb);
        if (near) {
          kernels.near_residues(coefficients.data(), body.data(), n, q);
        } else {
          kernels.reduce_signed(coefficients.data(), body.data(), n, q);
        }
        kernels.ntt_forward(body.data(), context.tables(limb));
        kernels.multiply_subtract(body.data(), masks.data() + limb * n, key.values(limb), n, q);
        pack_bits(body.data(), n, residue_bits(context, limb), out);
        out += polynomial_bytes(context, limb);
      }
    }
  }
}

}  // namespace tensafe::ckks
