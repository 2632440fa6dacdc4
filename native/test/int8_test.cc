// The 8-bit kernels of every table this CPU can run: quantisation against the written formulas, bit for bit,
// and sums of products against 64-bit integers.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> float_values(size_t count, std::mt19937& random) {
  std::normal_distribution<float> normal(0.3f, 2);
  std::vector<float> out(count);
  for (float& value : out) value = normal(random);
  return out;
}

uint8_t expected_code(float x, float scale, int32_t zero, int32_t lowest, int32_t highest) {
  const double steps = std::nearbyint(x / scale);  // the division in float
  if (std::isnan(steps)) return static_cast<uint8_t>(lowest);
  const double code = std::min<double>(highest, std::max<double>(lowest, steps + zero));
  return static_cast<uint8_t>(static_cast<int32_t>(code));
}

size_t round_up(size_t a, size_t b) { return (a + b - 1) / b * b; }

// Exactly what multiply promises for integer results.
std::vector<int32_t> exact_sums(const FencedMatrix<uint8_t>& x, const std::vector<int8_t>& w,
                                const std::vector<int32_t>& zero, size_t n) {
  std::vector<int32_t> out(x.rows() * n);
  bool fits = true;
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t j = 0; j < n; ++j) {
      int64_t sum = 0;
      for (size_t p = 0; p < x.cols(); ++p) sum += int64_t{x.at(i, p) - zero[i]} * w[p * n + j];
      out[i * n + j] = static_cast<int32_t>(sum);
      fits = fits && sum == out[i * n + j];
    }
  }
  CHECK(fits);
  return out;
}

// Weights and rows, packed and prepared for one table.
struct Operands {
  Operands(const Int8Kernels& table, const FencedMatrix<uint8_t>& x, const std::vector<int8_t>& w,
           const std::vector<int32_t>& zeros, size_t outputs)
      : kernels(table),
        k(x.cols()),
        n(outputs),
        padded_k(round_up(k, table.group)),
        padded_n(round_up(n, table.panel_cols)),
        packed(1, padded_k * padded_n, padded_k * padded_n),
        sums(1, padded_n, padded_n),
        prepared(x.rows(), padded_k * table.code_bytes, padded_k * table.code_bytes + 3 * table.code_bytes),
        zero(1, x.rows(), x.rows()) {
    kernels.pack(w.data(), n, 1, k, n, packed.data(), sums.data());
    kernels.prepare(x.data(), x.stride(), 0, prepared.data(), prepared.stride(), x.rows(), k);
    for (size_t i = 0; i < x.rows(); ++i) zero.at(0, i) = zeros[i] - kernels.code_offset;
    CHECK((packed.intact() && sums.intact() && prepared.intact()));
  }

  Int8Product product() const {
    Int8Product p{};
    p.x = prepared.data();
    p.xs = prepared.stride();
    p.w = packed.data();
    p.ws = padded_k * kernels.panel_cols;
    p.rows = prepared.rows();
    p.k = padded_k;
    p.n = n;
    p.first = p.last = true;
    p.zero = zero.data();
    p.column_sums = sums.data();
    return p;
  }

  const Int8Kernels& kernels;
  size_t k, n, padded_k, padded_n;
  FencedMatrix<int8_t> packed;
  FencedMatrix<int32_t> sums;
  FencedMatrix<uint8_t> prepared;
  FencedMatrix<int32_t> zero;
};

// Values that drive any 16-bit intermediate over its edge: only extremes, in patterns that pair them.
enum class Fill { kRandom, kExtremes, kHighest, kLowest };

void fill(Fill kind, FencedMatrix<uint8_t>& x, std::vector<int8_t>& w, std::vector<int32_t>& zero,
          std::mt19937& random) {
  const auto pick = [&](int32_t low, int32_t high) {
    switch (kind) {
      case Fill::kRandom:
        return std::uniform_int_distribution<int32_t>(low, high)(random);
      case Fill::kExtremes:
        return random() % 2 == 0 ? low : high;
      case Fill::kHighest:
        return high;
      default:
        return low;
    }
  };
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t j = 0; j < x.cols(); ++j) {
      x.at(i, j) = static_cast<uint8_t>(kind == Fill::kLowest ? 255 : pick(0, 255));
    }
    zero[i] = pick(0, 255);
  }
  for (int8_t& weight : w) weight = static_cast<int8_t>(pick(-128, 127));
}

}  // namespace

TEST_CASE("int8 products are exact at awkward sizes and at the extremes") {
  std::mt19937 random(11);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    for (size_t n : {1, 3, 4, 5, 8, 9, 16, 17, 31, 33, 64, 67, 130}) {
      CAPTURE(n);
      for (size_t k : {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 64, 131}) {
        CAPTURE(k);
        for (size_t rows : {1, 2, 3, 5, 7, 13, 26}) {
          if (rows > 7 && k * n > 2000 && k % 2 == 0) continue;
          CAPTURE(rows);
          const Fill kind = static_cast<Fill>((n + k + rows) % 4);
          FencedMatrix<uint8_t> x(rows, k, k + 1);
          std::vector<int8_t> w(k * n);
          std::vector<int32_t> zero(rows);
          fill(kind, x, w, zero, random);
          const Operands operands(kernels, x, w, zero, n);
          FencedMatrix<int32_t> y(rows, n, n + 2);
          Int8Product p = operands.product();
          p.y_sums = y.data();
          p.ys = y.stride();
          kernels.multiply(p);
          CHECK(y.intact());
          const std::vector<int32_t> expected = exact_sums(x, w, zero, n);
          size_t wrong = 0;
          for (size_t i = 0; i < rows * n; ++i) wrong += y.at(i / n, i % n) != expected[i];
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("int8 products over blocks of k are the same sums") {
  std::mt19937 random(12);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    const size_t rows = 15, k = 60, n = 21;
    FencedMatrix<uint8_t> x(rows, k, k);
    std::vector<int8_t> w(k * n);
    std::vector<int32_t> zero(rows);
    fill(Fill::kExtremes, x, w, zero, random);
    const Operands operands(kernels, x, w, zero, n);
    FencedMatrix<int32_t> y(rows, n, n), partial(rows, operands.padded_n, operands.padded_n + 4);
    for (size_t from = 0, step = 20; from < k; from += step) {
      Int8Product p = operands.product();
      p.x = operands.prepared.data() + from * kernels.code_bytes;
      p.w = operands.packed.data() + from * kernels.panel_cols;
      p.k = step;
      p.first = from == 0;
      p.last = from + step == k;
      p.partial = partial.data();
      p.partial_stride = partial.stride();
      p.y_sums = y.data();
      p.ys = y.stride();
      kernels.multiply(p);
    }
    CHECK((y.intact() && partial.intact()));
    const std::vector<int32_t> expected = exact_sums(x, w, zero, n);
    size_t wrong = 0;
    for (size_t i = 0; i < rows * n; ++i) wrong += y.at(i / n, i % n) != expected[i];
    CHECK(wrong == 0);
  }
}

TEST_CASE("int8 products in float: the written operations, bit for bit") {
  std::mt19937 random(13);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    for (size_t n : {1, 6, 19, 48}) {
      const size_t rows = 9, k = 37;
      FencedMatrix<uint8_t> x(rows, k, k);
      std::vector<int8_t> w(k * n);
      std::vector<int32_t> zero(rows);
      fill(Fill::kRandom, x, w, zero, random);
      const Operands operands(kernels, x, w, zero, n);
      FencedMatrix<float> bias(1, n, n), w_scale(1, operands.padded_n, operands.padded_n);
      FencedMatrix<float> x_scale(1, rows, rows), y(rows, n, n + 1);
      bias.set(float_values(n, random));
      w_scale.set(float_values(operands.padded_n, random));
      x_scale.set(float_values(rows, random));
      x_scale.at(0, 4) = kNan;
      const std::vector<int32_t> sums = exact_sums(x, w, zero, n);
      for (const bool with_bias : {true, false}) {
        for (const bool relu : {true, false}) {
          Int8Product p = operands.product();
          p.y = y.data();
          p.ys = y.stride();
          p.x_scale = x_scale.data();
          p.w_scale = w_scale.data();
          p.bias = with_bias ? bias.data() : nullptr;
          p.relu = relu;
          kernels.multiply(p);
          CHECK(y.intact());
          size_t wrong = 0;
          for (size_t i = 0; i < rows; ++i) {
            for (size_t j = 0; j < n; ++j) {
              const float scale = x_scale.at(0, i) * w_scale.at(0, j);
              float expected = static_cast<float>(sums[i * n + j]) * scale;
              if (with_bias) expected = expected + bias.at(0, j);
              if (relu && expected < 0) expected = 0;
              wrong += !same_bits(y.at(i, j), expected);
            }
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("int8 packing takes any strides; preparing flips the sign bit") {
  std::mt19937 random(14);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    const size_t k = 13, n = 18;
    std::vector<int8_t> w(k * n), transposed(k * n);
    for (size_t i = 0; i < k * n; ++i) w[i] = static_cast<int8_t>(random());
    for (size_t i = 0; i < k * n; ++i) transposed[i % n * k + i / n] = w[i];
    const size_t padded_n = round_up(n, kernels.panel_cols), size = round_up(k, kernels.group) * padded_n;
    std::vector<int8_t> a(size), b(size);
    std::vector<int32_t> sums_a(padded_n), sums_b(padded_n);
    kernels.pack(w.data(), n, 1, k, n, a.data(), sums_a.data());
    kernels.pack(transposed.data(), 1, k, k, n, b.data(), sums_b.data());
    CHECK(a == b);
    CHECK(sums_a == sums_b);

    const size_t bytes = round_up(k, kernels.group) * kernels.code_bytes;
    std::vector<uint8_t> codes(k), moved(k), from_signed(bytes), from_unsigned(bytes);
    for (size_t i = 0; i < k; ++i) {
      codes[i] = static_cast<uint8_t>(random());
      moved[i] = static_cast<uint8_t>(codes[i] + 128);
    }
    kernels.prepare(codes.data(), k, 0x80, from_signed.data(), bytes, 1, k);
    kernels.prepare(moved.data(), k, 0, from_unsigned.data(), bytes, 1, k);
    CHECK(from_signed == from_unsigned);
  }
}

TEST_CASE("int8 quantisation: codes by the formula, in rows and in columns") {
  std::mt19937 random(15);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    for (size_t cols : {1, 3, 4, 7, 8, 15, 16, 17, 33}) {
      CAPTURE(cols);
      const size_t rows = 5;
      FencedMatrix<float> x(rows, cols, cols + 1), scale(1, rows + cols, rows + cols),
          back(rows, cols, cols + 3);
      FencedMatrix<int32_t> zero(1, rows + cols, rows + cols);
      FencedMatrix<uint8_t> y(rows, cols, cols + 2);
      x.set(float_values(rows * cols, random));
      // Ties to even, saturation far and near, and what is no number.
      const float special[] = {0.5f,   1.5f,      2.5f,       -0.5f, -1.5f, 1e30f,
                               -1e30f, kInfinity, -kInfinity, kNan,  -0.0f};
      for (size_t i = 0; i < rows * cols; i += 3) x.at(i / cols, i % cols) = special[i / 3 % 11];
      for (size_t i = 0; i < rows + cols; ++i) {
        scale.at(0, i) = i % 3 == 0 ? 1.0f : 0.03f * static_cast<float>(i);
        zero.at(0, i) = static_cast<int32_t>(random() % 128);
      }
      for (const Int8Axis axis : {Int8Axis::kRows, Int8Axis::kColumns}) {
        for (const bool is_signed : {false, true}) {
          const int32_t lowest = is_signed ? -127 : 0, highest = is_signed ? 127 : 255;
          kernels.quantize(x.data(), x.stride(), axis, scale.data(), zero.data(), lowest, highest, y.data(),
                           y.stride(), rows, cols);
          kernels.dequantize(y.data(), y.stride(), is_signed ? 0x80 : 0, axis, scale.data(), zero.data(),
                             back.data(), back.stride(), rows, cols);
          CHECK((y.intact() && back.intact()));
          size_t wrong = 0;
          for (size_t i = 0; i < rows; ++i) {
            for (size_t j = 0; j < cols; ++j) {
              const size_t at = axis == Int8Axis::kRows ? i : j;
              const float s = scale.at(0, at);
              const int32_t z = zero.at(0, at);
              wrong += y.at(i, j) != expected_code(x.at(i, j), s, z, lowest, highest);
              const int32_t code = is_signed ? static_cast<int8_t>(y.at(i, j)) : y.at(i, j);
              wrong += !same_bits(back.at(i, j), static_cast<float>(code - z) * s);
            }
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("int8 ranges hold 0, and one value that is no number spoils a range") {
  std::mt19937 random(16);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const Int8Kernels& kernels = table->int8;
    for (size_t cols : {0, 1, 4, 7, 8, 16, 19, 40}) {
      CAPTURE(cols);
      const size_t rows = 6;
      FencedMatrix<float> x(rows, cols, cols + 1);
      std::vector<float> values = float_values(rows * cols, random);
      for (size_t j = 0; j < cols; ++j) values[cols + j] = std::fabs(values[cols + j]) + 1;
      x.set(values);
      if (cols > 0) {
        x.at(2, cols - 1) = kNan;
        x.at(3, 0) = kInfinity;
        x.at(4, cols / 2) = -kInfinity;
      }
      FencedMatrix<float> low(1, rows, rows), high(1, rows, rows);
      kernels.row_ranges(x.data(), x.stride(), rows, cols, low.data(), high.data());
      for (size_t i = 0; i < rows; ++i) {
        float least = 0, most = 0;
        for (size_t j = 0; j < cols; ++j) {
          least = std::min(least, x.at(i, j));
          most = std::max(most, x.at(i, j));
        }
        if (cols > 0 && i >= 2 && i <= 4) least = most = kNan;
        CHECK((std::isnan(least) ? std::isnan(low.at(0, i)) : low.at(0, i) == least));
        CHECK((std::isnan(most) ? std::isnan(high.at(0, i)) : high.at(0, i) == most));
      }
      FencedMatrix<float> column_low(1, cols, cols), column_high(1, cols, cols);
      column_low.set(std::vector<float>(cols, 0.0f));
      column_high.set(std::vector<float>(cols, 0.0f));
      for (size_t i = 0; i < rows; i += 2) {  // what is found in one call is taken into the next
        kernels.column_ranges(x.row(i), x.stride(), 2, cols, column_low.data(), column_high.data());
      }
      CHECK((column_low.intact() && column_high.intact()));
      for (size_t j = 0; j < cols; ++j) {
        float least = 0, most = 0;
        bool valid = true;
        for (size_t i = 0; i < rows; ++i) {
          valid = valid && std::isfinite(x.at(i, j));
          least = std::min(least, x.at(i, j));
          most = std::max(most, x.at(i, j));
        }
        CHECK((valid ? column_low.at(0, j) == least : std::isnan(column_low.at(0, j))));
        CHECK((valid ? column_high.at(0, j) == most : std::isnan(column_high.at(0, j))));
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
