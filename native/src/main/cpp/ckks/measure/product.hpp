#pragma once

#include <cstddef>

#include "ckks/context/context.hpp"
#include "ckks/context/packing.hpp"

namespace tensafe::ckks {

/// Median CPU seconds of each stage of one batch, both parties on the calling thread.
struct ProductTimes {
  double refill;    ///< encryptions of zero for every answer, into the pool
  double encrypt;   ///< the sender's message
  double receive;   ///< reading it
  double evaluate;  ///< products, re-randomised from the pool, and the answers' message
  double decrypt;   ///< reading that
};

/// Times `repetitions` whole products of random inputs [tokens][columns] and weights [rows][columns].
ProductTimes measure_product(const Context& context, std::size_t tokens, std::size_t columns,
                             std::size_t rows, const Packing& packing, int repetitions);

}  // namespace tensafe::ckks
