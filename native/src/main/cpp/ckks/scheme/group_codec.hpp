#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"
#include "ckks/random/stream.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// Independent combinations that check an answer.
constexpr std::size_t kChecks = 2;

/// What an encryption notes of a token; it stays at home.
struct TokenNote {
  double magnitude;          ///< what its numbers were divided by
  double norm;               ///< ‖x‖₂
  double scaled_norm;        ///< of its numbers divided by the columns' scales
  double expected[kChecks];  ///< f·(m + e), in units of an answer; 0 without a tag
};

/// What an answer is judged by.
struct Verdict {
  double excess;      ///< the largest |u_k| over its bound; at most 1 for an honest answer
  double z[kChecks];  ///< (r·u − expected)/deviation; 0 without a tag
};

/// The Java side passes both as plain arrays.
constexpr std::size_t kNoteNumbers = sizeof(TokenNote) / sizeof(double);
constexpr std::size_t kVerdictNumbers = sizeof(Verdict) / sizeof(double);

/// What a codec is made from; arrays are copied. Entry i of `errors` and `deviations` is for packings
/// with S = 2^i outputs, the last for every larger one.
struct CodecValues {
  std::size_t columns;
  std::size_t rows;
  const std::int8_t* exponents;  ///< [columns], or null for zeros; each from −60 to 60
  int scale_bits;                ///< 0 … 62
  double divisor;                ///< what evaluation divides by
  const double* row_scales;      ///< [rows], from integers to u
  const double* row_norms;       ///< [rows], the largest |u_k| per unit of ‖x‖₂
  const double* dithers;         ///< [rows], deviation of u_k's dither per unit of the scaled norm
  std::size_t sizes;             ///< of the two below
  const double* errors;          ///< [sizes], largest honest differences from the exact integers
  const double* deviations;      ///< [sizes][kChecks], of r·u − f·(m + e); null without a tag
  const std::int64_t* r[kChecks];  ///< [rows]
  const std::int64_t* f[kChecks];  ///< [columns]
};

/// How one group's activations become integers and its answers become numbers again. Column j of a
/// token is round(x[j]·2^(scale_bits − exponents[j]) / magnitude), where magnitude is the largest
/// |x[j]·2^−exponents[j]| of the token: integers are at most 2^scale_bits. Wiped on destruction; safe
/// for any number of threads.
class GroupCodec {
 public:
  /// Throws kInvalidArgument for values outside their ranges.
  GroupCodec(const Context& context, const CodecValues& values);

  std::size_t columns() const noexcept { return columns_; }
  std::size_t rows() const noexcept { return rows_; }
  bool tagged() const noexcept { return tagged_; }
  /// Where the errors and deviations of a packing's S are.
  std::size_t size_index(std::size_t outputs) const noexcept;

  /// The note of a token, nothing expected yet. Throws kNotFinite for a NaN or an infinity.
  TokenNote measure(const float* x) const;

  /// Columns [first, first + count) of a token as integers.
  void quantize(const float* x, double magnitude, std::size_t first, std::size_t count, std::int64_t* out) const;

  /// Adds columns [first, first + count) of a token as integers to its errors, and counts the sums in.
  void encode_integers(const float* x, TokenNote& note, std::size_t first, std::size_t count,
                       std::int64_t* errors) const;

  /// The same as residues, for integers below q/2 and 2^50.
  void encode_residues(const float* x, TokenNote& note, std::size_t first, std::size_t count,
                       const std::int8_t* errors, std::uint64_t* out, const Modulus& q) const;

  /// A whole token on a pad, under the same condition: pad[j] becomes pad[j] + m[j] mod q, and m + errors is
  /// counted in.
  void encode_on_pad(const float* x, TokenNote& note, const std::int8_t* errors, std::uint64_t* pad,
                     const Modulus& q) const;

  /// Whether integers are below q/2 and 2^50.
  bool fits(const Modulus& q) const noexcept {
    return scale_bits_ <= 50 && q.value >> (scale_bits_ + 1) != 0;
  }

  /// Judges the integers of an answer, [rows], and turns them into u, [rows]. `dither` is [rows] of
  /// standard normal numbers.
  Verdict decode(const std::int64_t* integers, const TokenNote& note, std::size_t size_index,
                 const double* dither, double* u) const;

  /// Standard normal numbers for `count` answers of this group, [count][rows] and at most three more.
  AlignedArray<double, true> dither(std::size_t count) const;

 private:
  /// What real numbers are multiplied by to be integers.
  double factor(double magnitude) const noexcept;
  void count_in(TokenNote& note, const double (&sums)[kChecks]) const noexcept;

  const RingKernels& kernels_;
  std::size_t columns_;
  std::size_t rows_;
  int scale_bits_;
  double divisor_;
  bool tagged_;
  std::size_t sizes_;
  AlignedArray<float> factors_;             ///< [columns], 2^−exponent
  AlignedArray<double> row_scales_;         ///< [rows]
  AlignedArray<double> reach_;              ///< [rows], the largest |integer| per unit of ‖x‖₂/scale
  AlignedArray<double> dithers_;            ///< [rows], deviation per unit of the scaled norm
  AlignedArray<double> errors_;             ///< [sizes]
  AlignedArray<double> deviations_;         ///< [sizes][kChecks]
  AlignedArray<double, true> r_;            ///< [kChecks][rows]
  AlignedArray<double, true> f_;            ///< [kChecks][columns]
  mutable RandomSource random_;
};

}  // namespace tensafe::ckks
