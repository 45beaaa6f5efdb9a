#include "ckks/scheme/tag_answer.hpp"
#include "ckks/scheme/tag_request.hpp"

#include <cstring>
#include <limits>

#include "ckks/scheme/public_key_message.hpp"
#include "session.hpp"

namespace tensafe::ckks::test {
namespace {

/// One group's rows.
struct Matrix {
  Matrix(std::size_t r, std::size_t d) : rows(r), columns(d), values(random_weights(r * d)) {}
  std::int32_t& at(std::size_t k, std::size_t j) { return values[k * columns + j]; }

  std::size_t rows;
  std::size_t columns;
  std::vector<std::int32_t> values;
};

std::size_t columns_of(const std::vector<Matrix>& groups) {
  std::size_t columns = 0;
  for (const Matrix& group : groups) columns += group.columns;
  return columns;
}

std::vector<std::uint8_t> constants_of(const TagRequest& request, const Context& context, const SecretKey& key) {
  std::vector<std::uint8_t> message(tag_constants_bytes(context, request.rows()));
  request.write(key, message.data());
  return message;
}

std::size_t chunk_columns(const Context& context, std::size_t columns, std::size_t chunk) {
  return std::min(context.degree(), columns - chunk * context.degree());
}

/// Both sides of a set-up.
struct SetUp {
  SetUp(const Context& c, std::size_t rows, int scale_bits)
      : context(c),
        halves(c, random_seed()),
        key(c, SecretKind::kUniform, random_seed()),
        public_key(key, halves),
        request(c, rows, scale_bits),
        message(constants_of(request, c, key)),
        answer(c, rows, message) {}

  std::vector<std::uint8_t> chunks(const std::vector<Matrix>& groups, std::size_t first, std::size_t count,
                                   Protection protection = Protection::kRerandomized) const {
    std::vector<std::uint8_t> out;
    for (std::size_t chunk = first; chunk < first + count; ++chunk) {
      const std::size_t width = chunk_columns(context, columns_of(groups), chunk);
      const std::size_t from = chunk * context.degree();
      std::size_t start = 0;
      for (const Matrix& group : groups) {
        const std::size_t left = std::max(start, from);
        const std::size_t right = std::min(start + group.columns, from + width);
        if (left < right) {
          answer.put(group.values.data(), group.rows, group.columns, left - start, right - left, left - from);
        }
        start += group.columns;
      }
      const std::size_t at = out.size();
      out.resize(at + tag_chunk_bytes(context, width));
      answer.write(public_key, width, protection, out.data() + at);
    }
    return out;
  }

  /// f of all chunks; returns the largest distance from a whole number.
  double read(std::span<const std::uint8_t> bytes, std::size_t columns, std::int64_t* f) const {
    return request.read(key, bytes, columns, f);
  }

  const Context& context;
  PublicHalves halves;
  SecretKey key;
  PublicKey public_key;
  TagRequest request;
  std::vector<std::uint8_t> message;
  mutable TagAnswer answer;
};

/// Σ_k r_k·w_kj of every group, one beside the other.
std::vector<std::int64_t> exact(const std::int64_t* r, const std::vector<Matrix>& groups) {
  std::vector<std::int64_t> f;
  for (const Matrix& group : groups) {
    for (std::size_t j = 0; j < group.columns; ++j) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < group.rows; ++k) sum += r[k] * group.values[k * group.columns + j];
      f.push_back(sum);
    }
  }
  return f;
}

/// Answers all chunks, `at_once` a message, and compares with the sums; the largest distance seen.
double check_exact(const SetUp& set_up, const std::vector<Matrix>& groups, std::size_t at_once) {
  const Context& context = set_up.context;
  const std::size_t columns = columns_of(groups);
  const std::size_t chunks = (columns + context.degree() - 1) / context.degree();
  std::vector<std::int64_t> f(columns);
  double largest = 0;
  for (std::size_t first = 0; first < chunks; first += at_once) {
    const std::size_t count = std::min(at_once, chunks - first);
    const std::size_t start = first * context.degree();
    const std::size_t end = std::min(columns, (first + count) * context.degree());
    largest = std::max(largest, set_up.read(set_up.chunks(groups, first, count), end - start, f.data() + start));
  }
  const auto expected = exact(set_up.request.constants().data(), groups);
  for (std::size_t j = 0; j < columns; ++j) {
    TENSAFE_CHECK(f[j] == expected[j], << "column " << j << " of " << columns << ": " << f[j] << " not " << expected[j]);
  }
  return largest;
}

template <typename Body>
void check_refused(ErrorCode code, const char* what, Body body) {
  try {
    body();
  } catch (const CkksError& e) {
    TENSAFE_CHECK(e.code() == code, << what << ": " << e.what());
    return;
  }
  throw std::runtime_error(std::string(what) + ": was accepted");
}

/// The number of a group's Σ_k ‖w_k‖₂, and the scale that it leaves room for.
int scale_bits_for(const std::vector<Matrix>& groups) {
  double largest = 1;
  for (const Matrix& group : groups) {
    double norms = 0;
    for (std::size_t k = 0; k < group.rows; ++k) {
      double squares = 0;
      for (std::size_t j = 0; j < group.columns; ++j) {
        const double w = group.values[k * group.columns + j];
        squares += w * w;
      }
      norms += std::sqrt(squares);
    }
    largest = std::max(largest, norms);
  }
  return std::min(kMaxTagScaleBits, static_cast<int>(std::floor(83 - std::log2(largest) - 1e-9)));
}

}  // namespace

TENSAFE_TEST(a_tag_is_the_exact_combination_of_the_rows_of_all_groups) {
  for (const base::Dispatch& level : runnable_levels()) {
    const Context context(strict(), level);
    // boundaries of chunks within groups and between them, groups of different heights, one of one column
    for (const auto& shapes : std::vector<std::vector<std::pair<std::size_t, std::size_t>>>{
             {{1, 1}},
             {{3, 4096}},
             {{2, 4095}, {5, 2}, {1, 1}},
             {{4, 64}, {7, 3000}, {1, 5000}, {6, 128}, {2, 9000}}}) {
      std::vector<Matrix> groups;
      for (const auto& [rows, columns] : shapes) groups.emplace_back(rows, columns);
      const SetUp set_up(context, 7, scale_bits_for(groups));
      check_exact(set_up, groups, 1);
      check_exact(set_up, groups, 3);
    }
  }
}

TENSAFE_TEST(a_tag_is_exact_for_the_largest_integers) {
  const Context context(strict(), base::process_dispatch());
  constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  const SetUp set_up(context, 4, kMinTagScaleBits);
  const std::int64_t* r = set_up.request.constants().data();
  // alone, a number may be 2^29 with S = 54
  std::vector<Matrix> groups{Matrix(4, 4100), Matrix(4, 4096), Matrix(2, 1)};
  for (Matrix& group : groups) {
    for (std::size_t j : {std::size_t{0}, group.columns - 1}) {
      for (std::size_t k = 0; k < group.rows; ++k) group.at(k, j) = 0;
      group.at(j % group.rows, j) = j == 0 ? 1 << 29 : -(1 << 29);
    }
  }
  check_exact(set_up, groups, 8);
  // the ends of the type, where two rows keep the sum within bounds, as nobody could choose them without r
  for (Matrix& group : groups) {
    for (std::size_t j : {std::size_t{0}, group.columns - 1}) {
      for (std::size_t k = 0; k < group.rows; ++k) group.at(k, j) = 0;
      const std::size_t large = std::abs(r[0]) < std::abs(r[1]) ? 0 : 1;
      group.at(large, j) = j == 0 ? kLeast : kLargest;
      group.at(1 - large, j) =
          static_cast<std::int32_t>(-r[large] * static_cast<std::int64_t>(group.at(large, j)) / r[1 - large]);
    }
  }
  check_exact(set_up, groups, 8);
}

// At S = 54 the flood is a quarter of the scale; what is left of the noise must not reach the other half.
TENSAFE_TEST(a_tag_keeps_its_distance_from_the_next_integer) {
  const Context context(strict(), base::process_dispatch());
  const std::size_t rows = 32;
  std::vector<Matrix> groups{Matrix(rows, 4096)};
  const auto with_norm = [&](double norm) {
    for (std::int32_t& w : groups[0].values) w = w == 0 ? 1 : w;
    for (std::size_t k = 0; k < rows; ++k) {
      double squares = 0;
      for (std::size_t j = 0; j < 4096; ++j) squares += static_cast<double>(groups[0].at(k, j)) * groups[0].at(k, j);
      const double factor = norm / std::sqrt(squares);
      for (std::size_t j = 0; j < 4096; ++j) {
        groups[0].at(k, j) = static_cast<std::int32_t>(std::trunc(groups[0].at(k, j) * factor));
      }
    }
  };
  // norms of a package, 2^13·√d, and the largest that are possible: Σ_k ‖w_k‖ = 2^29
  with_norm(0x1p19);
  const int usual = scale_bits_for(groups);
  const double of_package = check_exact(SetUp(context, rows, usual), groups, 1) * 0x1p-52;
  with_norm(0x1p24 - 1);
  TENSAFE_CHECK(scale_bits_for(groups) == kMinTagScaleBits);
  double largest = 0;
  for (int i = 0; i < 3; ++i) {
    largest = std::max(largest, check_exact(SetUp(context, rows, kMinTagScaleBits), groups, 1));
  }
  largest *= 0x1p-52;
  std::printf("tag: largest error %.6f·2^52 of a package, %.6f·2^52 of the largest weights\n", of_package, largest);
  // the flood is uniform up to 2^52, a quarter of the scale if that is 2^54
  TENSAFE_CHECK(of_package > 0.99 && of_package < 1.001, << of_package);
  TENSAFE_CHECK(largest > 0.999 && largest < 1.001, << largest);

  // without the flood, the noise of the worst case: errors times weights, σ·√Σ‖w_k‖²
  const SetUp set_up(context, rows, kMinTagScaleBits);
  std::vector<std::int64_t> f(4096);
  const double noise = set_up.read(set_up.chunks(groups, 0, 1, Protection::kNone), 4096, f.data());
  const double predicted = std::sqrt(10.32 * 32) * 0x1p24;
  std::printf("tag: without the flood 2^%.1f of 2^54, predicted deviation 2^%.1f\n", std::log2(noise), std::log2(predicted));
  TENSAFE_CHECK(noise > 3 * predicted && noise < 6.5 * predicted, << noise);
}

TENSAFE_TEST(constants_of_a_tag_are_uniform_with_random_signs) {
  const Context context(strict(), base::process_dispatch());
  constexpr std::size_t kCount = 1 << 16;
  const TagRequest request(context, kCount, 60);
  double bins[64] = {};
  double negative = 0;
  for (std::int64_t r : request.constants()) {
    const std::int64_t magnitude = std::abs(r);
    TENSAFE_CHECK(magnitude >= 1 << 14 && magnitude < 1 << 15, << r);
    bins[(magnitude - (1 << 14)) >> 8] += 1;
    negative += r < 0 ? 1 : 0;
  }
  double chi = 0;
  for (double n : bins) chi += (n - kCount / 64.0) * (n - kCount / 64.0) / (kCount / 64.0);
  // 63 degrees: once in 10^9
  TENSAFE_CHECK(chi < 150, << chi);
  TENSAFE_CHECK(std::fabs(negative - kCount / 2.0) < 6 * std::sqrt(kCount) / 2, << negative);
  // and no two requests have the same
  const TagRequest one(context, 8, 60);
  const TagRequest two(context, 8, 60);
  TENSAFE_CHECK(std::memcmp(one.constants().data(), two.constants().data(), 64) != 0);
}

TENSAFE_TEST(answers_to_one_request_are_independent_and_their_floods_uniform) {
  const Context context(strict(), base::process_dispatch());
  const std::size_t n = context.degree();
  const std::vector<Matrix> groups{Matrix(3, n)};
  const SetUp set_up(context, 3, scale_bits_for(groups));
  const auto one = set_up.chunks(groups, 0, 1);
  const auto two = set_up.chunks(groups, 0, 1);
  std::vector<std::int64_t> f(n);
  std::vector<std::int64_t> g(n);
  set_up.read(one, n, f.data());
  set_up.read(two, n, g.data());
  TENSAFE_CHECK(f == g);
  // the difference of two c1 is p1·u + p1'·u' with fresh u, u': uniform in every limb
  const std::uint8_t* at[2] = {one.data(), two.data()};
  for (std::size_t limb = 0; limb < 2; ++limb) {
    const Modulus& q = context.modulus(limb);
    Words c1[2] = {Words(n), Words(n)};
    for (int i = 0; i < 2; ++i) {
      read_polynomial(context, limb, at[i], c1[i].data());
      at[i] += polynomial_bytes(context, limb);
    }
    double values[64] = {};
    double coefficients[64] = {};
    for (std::size_t i = 0; i < n; ++i) {
      c1[0][i] = arithmetic::subtract(c1[0][i], c1[1][i], q);
      values[static_cast<std::size_t>(static_cast<uint128>(c1[0][i]) * 64 / q.value)] += 1;
    }
    scalar_kernels().ntt_inverse(c1[0].data(), context.tables(limb));
    for (std::size_t i = 0; i < n; ++i) {
      coefficients[static_cast<std::size_t>(static_cast<uint128>(c1[0][i]) * 64 / q.value)] += 1;
    }
    for (const auto* bins : {&values, &coefficients}) {
      double chi = 0;
      for (double count : *bins) chi += (count - 64) * (count - 64) / 64;
      TENSAFE_CHECK(chi < 150, << "limb " << limb << ": " << chi);
    }
  }
}

namespace {

/// Whoever made several requests knows all masks: as many answers as rows would give the weights by
/// elimination, value by value. How many of them come out right.
std::size_t recovered_weights(const Context& context, Protection protection) {
  constexpr std::size_t kRows = 3;
  const std::size_t n = context.degree();
  const std::vector<Matrix> groups{Matrix(kRows, n)};
  Words masks[kRows];
  Words c1[kRows];
  for (std::size_t i = 0; i < kRows; ++i) {
    const SetUp set_up(context, kRows, scale_bits_for(groups));
    Seed seed;
    std::memcpy(seed.data(), set_up.message.data(), seed.size());
    masks[i] = Words(kRows * 2 * n);
    for (std::size_t k = 0; k < kRows; ++k) MaskExpander(seed).expand(context, 2, k, masks[i].data() + k * 2 * n);
    c1[i] = Words(n);
    read_polynomial(context, 0, set_up.chunks(groups, 0, 1, protection).data(), c1[i].data());
  }
  const Modulus& q = context.modulus(0);
  const auto determinant = [&](const std::uint64_t (&m)[3][3]) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t j = (i + 1) % 3;
      const std::size_t k = (i + 2) % 3;
      const std::uint64_t minor = arithmetic::subtract(arithmetic::multiply(m[1][j], m[2][k], q),
                                                       arithmetic::multiply(m[1][k], m[2][j], q), q);
      sum = arithmetic::add(sum, arithmetic::multiply(m[0][i], minor, q), q);
    }
    return sum;
  };
  Words solution[kRows] = {Words(n), Words(n), Words(n)};
  for (std::size_t v = 0; v < n; ++v) {
    std::uint64_t system[3][3];
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t k = 0; k < kRows; ++k) system[i][k] = masks[i][k * 2 * n + v];
    }
    const std::uint64_t inverse = arithmetic::inverse(determinant(system), q);
    for (std::size_t k = 0; k < kRows; ++k) {
      std::uint64_t replaced[3][3];
      for (std::size_t i = 0; i < kRows; ++i) {
        for (std::size_t c = 0; c < kRows; ++c) replaced[i][c] = c == k ? c1[i][v] : system[i][c];
      }
      solution[k][v] = arithmetic::multiply(determinant(replaced), inverse, q);
    }
  }
  std::size_t right = 0;
  for (std::size_t k = 0; k < kRows; ++k) {
    scalar_kernels().ntt_inverse(solution[k].data(), context.tables(0));
    for (std::size_t j = 0; j < n; ++j) {
      right += arithmetic::centre(solution[k][j], q) == groups[0].values[k * n + j] ? 1 : 0;
    }
  }
  return right;
}

}  // namespace

TENSAFE_TEST(set_ups_give_the_weights_away_without_re_randomisation_and_not_with_it) {
  const Context context(strict(), base::process_dispatch());
  TENSAFE_CHECK(recovered_weights(context, Protection::kNone) == 3 * context.degree());
  const std::size_t right = recovered_weights(context, Protection::kRerandomized);
  TENSAFE_CHECK(right <= 2, << right);
}

TENSAFE_TEST(whatever_is_no_tag_message_is_refused) {
  const Context context(strict(), base::process_dispatch());
  const std::vector<Matrix> groups{Matrix(2, 4097), Matrix(3, 5)};
  const std::size_t columns = 4102;
  const SetUp set_up(context, 3, 60);
  const auto open = [&](std::span<const std::uint8_t> bytes) {
    TagAnswer(context, 3, bytes);
  };
  const auto good = set_up.message;
  open(good);
  using enum ErrorCode;
  check_refused(kMalformedMessage, "empty", [&] { open({}); });
  check_refused(kMalformedMessage, "one byte short", [&] { open(std::span(good).first(good.size() - 1)); });
  auto longer = good;
  longer.push_back(0);
  check_refused(kMalformedMessage, "one byte more", [&] { open(longer); });
  check_refused(kMalformedMessage, "rows that the other side did not ask for",
                [&] { TagAnswer(context, 4, good); });
  // every bit of the head
  for (std::size_t bit = 0; bit < 8 * kHeadBytes; ++bit) {
    auto bad = good;
    bad[sizeof(Seed) + bit / 8] = static_cast<std::uint8_t>(bad[sizeof(Seed) + bit / 8] ^ (1 << bit % 8));
    check_refused(kMalformedMessage, ("head bit " + std::to_string(bit)).c_str(), [&] { open(bad); });
  }
  auto above = good;
  std::fill(above.begin() + sizeof(Seed) + kHeadBytes, above.begin() + sizeof(Seed) + kHeadBytes + 8,
            std::uint8_t{0xff});
  check_refused(kMalformedMessage, "a coefficient that is no residue", [&] { open(above); });

  const auto answer = set_up.chunks(groups, 0, 2);
  std::vector<std::int64_t> f(columns + 1, -1);
  const auto read = [&](std::span<const std::uint8_t> bytes, std::size_t count) {
    set_up.read(bytes, count, f.data());
  };
  read(answer, columns);
  check_refused(kMalformedMessage, "an empty answer", [&] { read({}, columns); });
  check_refused(kMalformedMessage, "no columns", [&] { read({}, 0); });
  check_refused(kMalformedMessage, "a short answer", [&] { read(std::span(answer).first(answer.size() - 1), columns); });
  check_refused(kMalformedMessage, "an answer of another width", [&] { read(answer, columns + 1); });
  // a change of c1 is one of all numbers
  for (int i = 0; i < 20; ++i) {
    auto bad = answer;
    const std::size_t at = test_random()() % (2 * polynomial_bytes(context, 0));
    bad[at] = static_cast<std::uint8_t>(bad[at] ^ 0x10);
    check_refused(kMalformedMessage, "a changed byte of c1", [&] { read(bad, columns); });
  }
  // one of c0 is one of a single number; what chance makes a multiple of the scale, no other column notices
  const auto expected = exact(set_up.request.constants().data(), groups);
  int accepted = 0;
  for (int i = 0; i < 40; ++i) {
    auto bad = answer;
    const std::size_t at = 2 * polynomial_bytes(context, 0) + test_random()() % (2 * polynomial_bytes(context, 0));
    bad[at] = static_cast<std::uint8_t>(bad[at] ^ 0x10);
    try {
      read(bad, columns);
      ++accepted;
      std::size_t wrong = 0;
      for (std::size_t j = 0; j < columns; ++j) wrong += f[j] != expected[j] ? 1 : 0;
      TENSAFE_CHECK(wrong == 1, << wrong);
    } catch (const CkksError& e) {
      TENSAFE_CHECK(e.code() == kMalformedMessage, << e.what());
    }
  }
  // once in 127
  TENSAFE_CHECK(accepted <= 6, << accepted);
  // another key's answer
  const SetUp stranger(context, 3, 60);
  check_refused(kMalformedMessage, "another key's answer", [&] { read(stranger.chunks(groups, 0, 2), columns); });
  // a key over other halves: the re-randomisation is no encryption of zero any more
  const PublicHalves others(context, random_seed());
  std::vector<std::uint8_t> wrong(tag_chunk_bytes(context, 5));
  std::vector<std::uint8_t> key_message(public_key_bytes(context));
  write_public_key(set_up.public_key, key_message.data());
  const PublicKey misled = read_public_key(others, key_message);
  set_up.answer.put(groups[1].values.data(), 3, 5, 0, 5, 0);
  set_up.answer.write(misled, 5, Protection::kRerandomized, wrong.data());
  check_refused(kMalformedMessage, "a key over other halves", [&] { read(wrong, 5); });

  const std::int32_t* matrix = groups[0].values.data();
  check_refused(kInvalidArgument, "more rows than constants", [&] { set_up.answer.put(matrix, 4, 10, 0, 10, 0); });
  check_refused(kInvalidArgument, "columns beyond a row", [&] { set_up.answer.put(matrix, 2, 10, 5, 6, 0); });
  check_refused(kInvalidArgument, "columns beyond all", [&] { set_up.answer.put(matrix, 2, 10, 5, ~std::size_t{0}, 0); });
  check_refused(kInvalidArgument, "columns beyond a chunk", [&] { set_up.answer.put(matrix, 2, 4097, 0, 2, 4095); });
  for (std::size_t width : {std::size_t{0}, std::size_t{4097}}) {
    check_refused(kInvalidArgument, "a chunk of another size", [&] {
      set_up.answer.write(set_up.public_key, width, Protection::kRerandomized, wrong.data());
    });
  }
  for (int scale_bits : {-1, 0, 53, 84, 127, 1000}) {
    check_refused(kInvalidArgument, "a scale", [&] { TagRequest(context, 3, scale_bits); });
  }
  check_refused(kInvalidArgument, "no rows", [&] { TagRequest(context, 0, 60); });
  const SecretKey ternary(context, SecretKind::kTernary, random_seed());
  std::vector<std::uint8_t> out(good.size());
  check_refused(kInvalidArgument, "a ternary key", [&] { set_up.request.write(ternary, out.data()); });
  const Context narrow(fast(), base::process_dispatch());
  check_refused(kInvalidParameters, "one limb", [&] { TagRequest(narrow, 1, 60); });
}

}  // namespace tensafe::ckks::test
