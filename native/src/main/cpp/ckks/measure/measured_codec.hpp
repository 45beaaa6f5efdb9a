#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ckks/scheme/group_codec.hpp"

namespace tensafe::ckks {

/// A codec with a tag, as a model host's are, around numbers that do not matter to its speed.
inline GroupCodec measured_codec(const Context& context, std::size_t columns, std::size_t rows, int scale_bits) {
  const std::vector<double> ones(rows, 1.0);
  const std::vector<std::int64_t> r(rows, 20000);
  const std::vector<std::int64_t> f(columns, 1 << 22);
  const double error = 1e9;
  const double deviations[kChecks] = {1e9, 1e9};
  return GroupCodec(context, {columns, rows, nullptr, scale_bits, 1.0, ones.data(), ones.data(), ones.data(), 1,
                              &error, deviations, {r.data(), r.data()}, {f.data(), f.data()}});
}

}  // namespace tensafe::ckks
