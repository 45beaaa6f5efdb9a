#include "ckks/scheme/weights.hpp"

#include "ckks/errors.hpp"
#include "ckks/kernels/scalar_transform.hpp"

namespace tensafe::ckks {

Weights::Weights(const Context& context, const std::int32_t* matrix, std::size_t rows, std::size_t columns,
                 const Packing& packing)
    : context_(context), rows_(rows), columns_(columns), packing_(packing) {
  const std::size_t n = context.degree();
  validate(packing, n);
  require(rows >= 1 && rows <= kMaxRows && columns >= 1 && columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "weights: rows must be 1 to 65536 and columns 1 to 1048576");
  const std::size_t c = packing.columns(n);
  answers_ = (rows + packing.outputs - 1) / packing.outputs;
  blocks_ = (columns + c - 1) / c;
  distinct_ = packing.tokens >= kTile ? 1 : kTile / packing.tokens;
  const std::size_t short_degree = n / packing.tokens;  // of polynomials in X^T
  values_ = SecretWords(context.limbs() * answers_ * blocks_ * places() * distinct_);

  SecretWords polynomial(short_degree);
  for (std::size_t limb = 0; limb < context.limbs(); ++limb) {
    const Modulus& q = context.modulus(limb);
    for (std::size_t answer = 0; answer < answers_; ++answer) {
      const std::size_t first = first_together(answer);
      const std::size_t together = rows_together(first);
      for (std::size_t block = 0; block < blocks_; ++block) {
        for (std::size_t i = 0; i < short_degree; ++i) polynomial[i] = 0;
        for (std::size_t o = 0; o < packing.outputs && answer * packing.outputs + o < rows; ++o) {
          const std::int32_t* row = matrix + (answer * packing.outputs + o) * columns;
          for (std::size_t j = 0; j < c && block * c + j < columns; ++j) {
            // in powers of X^T: o − S·j, wrapping with a minus sign at N/T
            const std::int64_t w = row[block * c + j];
            const std::size_t back = packing.outputs * j;
            const bool wraps = o < back;
            polynomial[wraps ? short_degree + o - back : o - back] =
                arithmetic::reduce_signed(wraps ? -w : w, q);
          }
        }
        scalar_ntt_forward(polynomial.data(), short_degree, context.tables(limb));
        for (std::size_t place = 0; place < places(); ++place) {
          std::uint64_t* to = values_.data() +
                              ((limb * places() + place) * answers_ + first) * blocks_ * distinct_ +
                              (block * together + (answer - first)) * distinct_;
          for (std::size_t k = 0; k < distinct_; ++k) to[k] = polynomial[place * distinct_ + k];
        }
      }
    }
  }
}

// Answers 4k … 4k+3 go together; of a last one, two or three the first two do, then the third.
std::size_t Weights::first_together(std::size_t answer) const noexcept {
  const std::size_t four = answer / 4 * 4;
  return answer - four < rows_together(four) ? four : four + rows_together(four);
}

std::size_t Weights::places() const noexcept {
  return context_.degree() / packing_.tokens / distinct_;
}

const std::uint64_t* Weights::values(std::size_t limb, std::size_t tile, std::size_t first) const noexcept {
  const std::size_t place = packing_.tokens > kTile ? tile / (packing_.tokens / kTile) : tile;
  return values_.data() + ((limb * places() + place) * answers_ + first) * blocks_ * distinct_;
}

}  // namespace tensafe::ckks
