#include "ckks/context/context.hpp"

#include <utility>

#include "ckks/errors.hpp"

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

const LowTables& Context::low_tables(std::size_t wanted) const {
  require(LowTables::supports(degree(), wanted), ErrorCode::kInvalidArgument,
          "no tables for so many of the lowest coefficients");
  const std::lock_guard lock(mutex_);
  for (const auto& tables : low_tables_) {
    if (tables->wanted() == wanted) return *tables;
  }
  low_tables_.push_back(std::make_unique<const LowTables>(tables(0), wanted));
  return *low_tables_.back();
}

}  // namespace tensafe::ckks
