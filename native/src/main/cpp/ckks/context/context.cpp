#include "ckks/context/context.hpp"

#include <utility>

namespace tensafe::ckks {

Context::Context(Parameters parameters, const base::Dispatch& dispatch)
    : parameters_(std::move(parameters)), kernels_(kernels_for(dispatch)) {
  validate(parameters_);
  tables_.reserve(limbs());
  for (std::uint64_t q : parameters_.moduli) tables_.emplace_back(degree(), make_modulus(q));
  if (limbs() == 2) {
    const Modulus& first = modulus(0);
    last_modulus_inverse_ =
        arithmetic::inverse(arithmetic::reduce128(modulus(1).value, first), first);
  }
}

}  // namespace tensafe::ckks
