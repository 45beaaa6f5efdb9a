#include "ckks/scheme/group_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "ckks/context/packing.hpp"
#include "ckks/errors.hpp"
#include "ckks/random/samplers.hpp"

namespace tensafe::ckks {
namespace {

/// For what the sums of norms themselves were rounded by.
constexpr double kNormRounding = 1 + 1e-9;

/// A token of zeros has magnitude 0 and is divided by 1.
double divisor_of(double magnitude) { return magnitude + static_cast<double>(magnitude == 0.0); }

}  // namespace

GroupCodec::GroupCodec(const Context& context, const CodecValues& values)
    : kernels_(context.kernels()),
      columns_(values.columns),
      rows_(values.rows),
      scale_bits_(values.scale_bits),
      divisor_(values.divisor),
      tagged_(values.deviations != nullptr),
      sizes_(values.sizes),
      factors_(values.columns),
      row_scales_(values.rows),
      reach_(values.rows),
      dithers_(values.rows),
      errors_(values.sizes),
      deviations_(values.sizes * kChecks),
      r_(kChecks * values.rows),
      f_(kChecks * values.columns) {
  require(rows_ >= 1 && rows_ <= kMaxRows && columns_ >= 1 && columns_ <= kMaxColumns,
          ErrorCode::kInvalidArgument, "codec: rows must be 1 to 65536 and columns 1 to 1048576");
  require(scale_bits_ >= 0 && scale_bits_ <= 62, ErrorCode::kInvalidArgument,
          "inputs: scale bits are not from 0 to 62");
  require(sizes_ >= 1 && divisor_ > 0, ErrorCode::kInvalidArgument, "codec: no bounds of its answers");
  for (std::size_t j = 0; j < columns_; ++j) {
    const int exponent = values.exponents == nullptr ? 0 : values.exponents[j];
    require(exponent >= -60 && exponent <= 60, ErrorCode::kInvalidArgument,
            "inputs: a column exponent is not from -60 to 60");
    // the exponent field of a float, biased by 127
    factors_[j] = std::bit_cast<float>(static_cast<std::uint32_t>(127 - exponent) << 23);
  }
  for (std::size_t k = 0; k < rows_; ++k) {
    const double scale = values.row_scales[k];
    const double norm = values.row_norms[k];
    const double dither = values.dithers[k];
    require(std::isfinite(scale) && std::isfinite(norm) && norm >= 0 && std::isfinite(dither) && dither >= 0,
            ErrorCode::kNotFinite, "codec: a scale or a norm is not a finite number");
    row_scales_[k] = scale;
    reach_[k] = scale == 0 ? 0 : kNormRounding * norm / std::fabs(scale);
    dithers_[k] = dither;
  }
  for (std::size_t i = 0; i < sizes_; ++i) {
    errors_[i] = values.errors[i];
    for (std::size_t check = 0; check < kChecks; ++check) {
      deviations_[i * kChecks + check] = tagged_ ? values.deviations[i * kChecks + check] : 1;
    }
  }
  for (std::size_t check = 0; check < kChecks; ++check) {
    for (std::size_t k = 0; k < rows_; ++k) {
      r_[check * rows_ + k] = tagged_ ? static_cast<double>(values.r[check][k]) : 0;
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      f_[check * columns_ + j] = tagged_ ? static_cast<double>(values.f[check][j]) : 0;
    }
  }
}

std::size_t GroupCodec::size_index(std::size_t outputs) const noexcept {
  return std::min<std::size_t>(static_cast<std::size_t>(std::countr_zero(outputs)), sizes_ - 1);
}

double GroupCodec::factor(double magnitude) const noexcept {
  return std::ldexp(1.0, scale_bits_) / divisor_of(magnitude);
}

TokenNote GroupCodec::measure(const float* x) const {
  constexpr std::uint32_t kInfinity = 0x7f800000;
  double squares[2];
  const std::uint32_t bits = kernels_.measure(x, factors_.data(), columns_, squares);
  require(bits < kInfinity, ErrorCode::kNotFinite, "inputs: a number is not finite");
  return {static_cast<double>(std::bit_cast<float>(bits)), std::sqrt(squares[0]), std::sqrt(squares[1]), {}};
}

void GroupCodec::count_in(TokenNote& note, const double (&sums)[kChecks]) const noexcept {
  for (std::size_t check = 0; check < kChecks; ++check) note.expected[check] += sums[check] / divisor_;
}

void GroupCodec::quantize(const float* x, double magnitude, std::size_t first, std::size_t count,
                          std::int64_t* out) const {
  const auto& function = scale_bits_ <= 50 ? kernels_.quantize : kernels_.quantize_wide;
  function(x + first, factors_.data() + first, factor(magnitude), out, count);
}

void GroupCodec::encode_integers(const float* x, TokenNote& note, std::size_t first, std::size_t count,
                                 std::int64_t* errors) const {
  AlignedArray<std::int64_t, true> integers(count);
  quantize(x, note.magnitude, first, count, integers.data());
  for (std::size_t j = 0; j < count; ++j) errors[j] += integers[j];
  double sums[kChecks];
  kernels_.combine(errors, f_.data() + first, f_.data() + columns_ + first, count, sums);
  count_in(note, sums);
}

void GroupCodec::encode_residues(const float* x, TokenNote& note, std::size_t first, std::size_t count,
                                 const std::int8_t* errors, std::uint64_t* out, const Modulus& q) const {
  double sums[kChecks];
  kernels_.encode_body(x + first, factors_.data() + first, factor(note.magnitude), errors, f_.data() + first,
                       f_.data() + columns_ + first, out, count, q, sums);
  count_in(note, sums);
}

void GroupCodec::encode_on_pad(const float* x, TokenNote& note, const std::int8_t* errors, std::uint64_t* pad,
                               const Modulus& q) const {
  double sums[kChecks];
  kernels_.encode(x, factors_.data(), factor(note.magnitude), errors, f_.data(), f_.data() + columns_, pad, columns_,
                  q, sums);
  count_in(note, sums);
}

Verdict GroupCodec::decode(const std::int64_t* integers, const TokenNote& note, std::size_t size_index,
                           const double* dither, double* u) const {
  const double scale = std::ldexp(divisor_, -scale_bits_);
  const double reach = note.norm / (scale * divisor_of(note.magnitude));
  const double error = errors_[size_index];
  const double unit = scale * note.magnitude;
  Verdict verdict{};
  double sums[kChecks] = {};
  for (std::size_t k = 0; k < rows_; ++k) {
    const double integer = static_cast<double>(integers[k]);
    verdict.excess = std::max(verdict.excess, std::fabs(integer) / (reach_[k] * reach + error));
    for (std::size_t check = 0; check < kChecks; ++check) sums[check] += r_[check * rows_ + k] * integer;
    u[k] = integer * unit * row_scales_[k] + dither[k] * (dithers_[k] * note.scaled_norm);
  }
  if (tagged_) {
    for (std::size_t check = 0; check < kChecks; ++check) {
      verdict.z[check] = (sums[check] - note.expected[check]) / deviations_[size_index * kChecks + check];
    }
  }
  return verdict;
}

AlignedArray<double, true> GroupCodec::dither(std::size_t count) const {
  AlignedArray<double, true> numbers((count * rows_ + 3) / 4 * 4);
  RandomStream stream = random_.next();
  sample_normal(stream, kernels_, numbers.data(), numbers.size());
  return numbers;
}

}  // namespace tensafe::ckks
