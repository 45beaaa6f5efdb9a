#include "scheme/context.hpp"

#include <utility>

namespace tensafe::ckks {

Context::Context(Parameters parameters, const std::string& kernel)
    : parameters_(std::move(parameters)), choice_{nullptr, {}} {
  validate(parameters_);
  choice_ = choose_kernels(kernel);
  tables_.reserve(limbs());
  for (std::uint64_t q : parameters_.moduli) tables_.emplace_back(degree(), make_modulus(q));
  if (limbs() == 2) {
    const Modulus& first = modulus(0);
    last_modulus_inverse_ =
        arithmetic::inverse(arithmetic::reduce128(modulus(1).value, first), first);
  }
}

}  // namespace tensafe::ckks
