#include "ckks/scheme/modulus_switch.hpp"

namespace tensafe::ckks {
namespace {

/// The centred residue modulo q1 as a residue modulo q0.
std::uint64_t carry_over(std::uint64_t last, const Modulus& q0, const Modulus& q1) {
  return arithmetic::reduce_signed(arithmetic::centre(last, q1), q0);
}

}  // namespace

// (x − [x]_q1)/q1 with the centred remainder is x/q1 rounded (Cheon, Han, Kim, Kim, Song, "A Full RNS
// Variant of Approximate Homomorphic Encryption", 2018, section 3.2).
void divide_by_last_modulus(const Context& context, std::uint64_t* first, const std::uint64_t* last,
                            std::size_t count) {
  const Modulus& q0 = context.modulus(0);
  const Modulus& q1 = context.modulus(1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t difference = arithmetic::subtract(first[i], carry_over(last[i], q0, q1), q0);
    first[i] = arithmetic::multiply(difference, context.last_modulus_inverse(), q0);
  }
}

void divide_values_by_last_modulus(const Context& context, std::uint64_t* first, std::uint64_t* last) {
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  kernels.ntt_inverse(last, context.tables(1));
  for (std::size_t i = 0; i < n; ++i) last[i] = carry_over(last[i], context.modulus(0), context.modulus(1));
  kernels.ntt_forward(last, context.tables(0));
  kernels.subtract(first, last, n, context.modulus(0));
  kernels.scale(first, context.last_modulus_inverse(), n, context.modulus(0));
}

}  // namespace tensafe::ckks
