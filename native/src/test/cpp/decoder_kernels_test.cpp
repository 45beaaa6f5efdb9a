#include "base/denormals.hpp"
#include "decoder/matrix.hpp"
#include "decoder_numbers.hpp"
#include "decoder_twin.hpp"

// Every set of kernels against the twin of the canonical order, to the bit.

namespace tensafe::test {
namespace {

using namespace decoder;

/// Weights in panels, with room to be read ahead of.
struct Packed {
  Packed(Format format, const std::vector<float>& rows, std::size_t inputs, std::size_t outputs)
      : matrix(format, inputs, outputs), memory(matrix.bytes()) {
    matrix.place(memory.data(), matrix.panel_bytes());
    const std::size_t cut = below(outputs + 1);
    const auto* bytes = reinterpret_cast<const std::byte*>(rows.data());
    matrix.put(Source::kFloat32, cut, outputs - cut, bytes + cut * inputs * sizeof(float));
    matrix.put(Source::kFloat32, 0, cut, bytes);
  }
  Matrix matrix;
  std::vector<std::byte> memory;
};

/// Rows as a set wants them, and their products with all outputs: [rows][outputs].
std::vector<float> product_of(const DecoderKernels& set, const Matrix& matrix, const std::vector<float>& x,
                              std::size_t rows, Order order = Order::kPairs) {
  const std::size_t inputs = matrix.inputs(), steps = matrix.steps();
  const std::size_t stride = steps * set.step_bytes(matrix.format()) + 64;
  std::vector<std::byte> prepared(rows * stride, std::byte{0xff});
  std::vector<float> scales(rows), out(rows * matrix.outputs());
  for (std::size_t r = 0; r < rows; ++r) {
    scales[r] = set.prepare(matrix.format(), x.data() + r * inputs, inputs, steps, prepared.data() + r * stride);
  }
  for (std::size_t panel = 0; panel < matrix.panels(); ++panel) {
    for (std::size_t first = 0; first < rows;) {
      const std::size_t some = between(1, std::min(rows - first, set.row_block));
      std::vector<float> tile(some * kPanel);
      set.product({matrix.format(), prepared.data() + first * stride, stride, scales.data() + first, some,
                   matrix.panel(panel), steps, order},
                  tile.data());
      const std::size_t width = std::min(kPanel, matrix.outputs() - panel * kPanel);
      for (std::size_t r = 0; r < some; ++r) {
        std::copy_n(&tile[r * kPanel], width, &out[(first + r) * matrix.outputs() + panel * kPanel]);
      }
      first += some;
    }
  }
  return out;
}

}  // namespace

TENSAFE_TEST(products_are_the_twins_to_the_bit) {
  const base::FlushDenormals flush;
  for (int round = 0; round < 160; ++round) {
    const auto format = static_cast<Format>(round % 4 % 3);
    const Order order = round % 8 == 1 ? Order::kTiles : Order::kPairs;
    const std::size_t inputs = between(1, 150), outputs = between(1, 70), rows = between(1, one_in(4) ? 40 : 8);
    const Spread spread = any_spread();
    // 8 bits refuse weights that are infinite or no numbers
    const Spread weight_spread = format == Format::kInt8 ? static_cast<Spread>(below(2)) : any_spread();
    const std::vector<float> x = numbers(rows * inputs, spread);
    const std::vector<float> weights = numbers(outputs * inputs, weight_spread);
    const Packed packed(format, weights, inputs, outputs);
    for (const DecoderKernels* set : decoder_sets()) {
      const std::vector<float> got = product_of(*set, packed.matrix, x, rows, order);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::vector<float> wanted =
            twin::product(format, x.data() + r * inputs, weights.data(), inputs, outputs, order);
        const std::size_t at = difference(&got[r * outputs], wanted.data(), outputs);
        TENSAFE_CHECK(at == outputs, << set->name << " format " << static_cast<int>(format) << " order "
                                     << static_cast<int>(order) << " inputs " << inputs
                                     << " row " << r << " output " << at << ": " << got[r * outputs + at] << " for "
                                     << wanted[at]);
      }
    }
  }
}

TENSAFE_TEST(rows_of_8_bits_stand_every_magnitude) {
  const base::FlushDenormals flush;
  const std::size_t inputs = 37, outputs = 33;
  const std::vector<float> weights = numbers(outputs * inputs, Spread::kTame);
  const Packed packed(Format::kInt8, weights, inputs, outputs);
  for (int exponent = -149; exponent <= 127; ++exponent) {
    std::vector<float> x = numbers(inputs, Spread::kTame);
    for (float& value : x) value = std::ldexp(value, exponent);
    x[below(inputs)] = std::ldexp(1.5f, exponent);
    const std::vector<float> wanted = twin::product(Format::kInt8, x.data(), weights.data(), inputs, outputs);
    for (const DecoderKernels* set : decoder_sets()) {
      const std::vector<float> got = product_of(*set, packed.matrix, x, 1);
      TENSAFE_CHECK(difference(got.data(), wanted.data(), outputs) == outputs, << set->name << " 2^" << exponent);
    }
  }
}

TENSAFE_TEST(weights_of_8_bits_stand_every_magnitude) {
  const std::size_t inputs = 7;
  for (int exponent = -149; exponent <= 127; ++exponent) {
    std::vector<float> weights(inputs, 0.0f);
    weights[3] = std::ldexp(-1.25f, exponent);
    const Packed packed(Format::kInt8, weights, inputs, 1);
    const auto value = static_cast<int>(static_cast<std::int8_t>(packed.memory[3]));
    TENSAFE_CHECK(value == (exponent < -120 ? 0 : -127), << "2^" << exponent << ": " << value);
    TENSAFE_CHECK(packed.memory[0] == std::byte{0}, << "2^" << exponent);
  }
}

TENSAFE_TEST(functions_of_rows_are_the_twins_to_the_bit) {
  const base::FlushDenormals flush;
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = between(1, 200), half = between(1, 128);
    const Spread spread = any_spread();
    const std::vector<float> a = numbers(n, spread), b = numbers(n, spread), head = numbers(2 * half, spread);
    const std::vector<float> cosines = numbers(half, Spread::kTame), sines = numbers(half, Spread::kTame);
    const float eps = one_in(2) ? 1e-5f : 1e-6f;
    const std::vector<float> normal = twin::norm(a.data(), b.data(), n, eps);
    std::vector<float> turned = head;
    twin::rotate(turned.data(), cosines.data(), sines.data(), half);
    for (const DecoderKernels* set : decoder_sets()) {
      std::vector<float> out(n);
      set->norm(a.data(), b.data(), n, eps, out.data());
      TENSAFE_CHECK(difference(out.data(), normal.data(), n) == n, << set->name << " norm of " << n);
      out = a;
      set->norm(out.data(), b.data(), n, eps, out.data());
      TENSAFE_CHECK(difference(out.data(), normal.data(), n) == n, << set->name << " norm in place of " << n);
      set->swiglu(a.data(), b.data(), n, out.data());
      for (std::size_t i = 0; i < n; ++i) {
        const float wanted = twin::swiglu(a[i], b[i]);
        TENSAFE_CHECK(same(out[i], wanted), << set->name << " swiglu " << a[i] << " " << b[i] << ": " << out[i]);
      }
      out = head;
      set->rotate(out.data(), cosines.data(), sines.data(), half);
      TENSAFE_CHECK(difference(out.data(), turned.data(), 2 * half) == 2 * half, << set->name << " rotate " << half);
    }
  }
}

TENSAFE_TEST(the_exponential_is_close_and_the_same_at_its_borders) {
  const base::FlushDenormals flush;
  std::vector<float> gates;
  for (float border : {87.33654f, -88.37626f, 88.0f, -88.0f, 0.0f, 103.0f, -104.0f, 0.34657359f, 87.99f}) {
    float low = border, high = border;
    for (int i = 0; i < 20; ++i) {
      gates.push_back(low = std::nextafter(low, -INFINITY));
      gates.push_back(high = std::nextafter(high, INFINITY));
    }
  }
  for (int i = 0; i < 4000; ++i) gates.push_back(uniform() * 100.0f);
  for (float x : {-1e30f, -3e38f, 3e38f}) gates.push_back(x);
  const std::vector<float> ones(gates.size(), 1.0f);
  for (const DecoderKernels* set : decoder_sets()) {
    std::vector<float> out(gates.size());
    set->swiglu(gates.data(), ones.data(), gates.size(), out.data());
    for (std::size_t i = 0; i < gates.size(); ++i) {
      TENSAFE_CHECK(same(out[i], twin::swiglu(gates[i], 1.0f)), << set->name << " of " << gates[i]);
    }
  }
  TENSAFE_CHECK(twin::exponential(-INFINITY) == 0.0f && twin::exponential(-3e38f) == 0.0f, << "of little");
  TENSAFE_CHECK(twin::exponential(INFINITY) == INFINITY && twin::swiglu(-3e38f, 1.0f) == 0.0f, << "of much");
  for (float x : gates) {
    if (std::fabs(x) > 87.0f) continue;
    const double exact = std::exp(static_cast<double>(x));
    TENSAFE_CHECK(std::fabs(twin::exponential(x) / exact - 1) < 2.5e-7, << x);
  }
}

}  // namespace tensafe::test
