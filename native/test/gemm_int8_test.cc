// Products of packed 8-bit weights over the pool: exact, the same bits on every ISA, for every batch and at
// any number of threads; and the quantisation of whole matrices.
#include "linalg/gemm_int8.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

std::vector<float> float_values(size_t count, std::mt19937& random) {
  std::normal_distribution<float> normal(0.2f, 1);
  std::vector<float> out(count);
  for (float& value : out) value = normal(random);
  return out;
}

template <typename T>
std::vector<T> bytes(size_t count, std::mt19937& random) {
  std::vector<T> out(count);
  for (T& value : out) value = static_cast<T>(random());
  return out;
}

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

size_t count_differing(const std::vector<float>& a, const std::vector<float>& b) {
  size_t differing = 0;
  for (size_t i = 0; i < a.size(); ++i) differing += !same_bits(a[i], b[i]);
  return differing;
}

// x [m, k] quantised to codes with a scale and a zero a row; w [k, n].
struct Case {
  Case(size_t rows, size_t inputs, size_t outputs, bool is_signed, std::mt19937& random)
      : m(rows),
        k(inputs),
        n(outputs),
        codes(bytes<uint8_t>(m * k, random)),
        w(bytes<int8_t>(k * n, random)),
        x_scale(float_values(m, random)),
        w_scale(float_values(n, random)),
        bias(float_values(n, random)) {
    for (size_t i = 0; i < m; ++i)
      zero.push_back(static_cast<int32_t>(random() % 256) - (is_signed ? 128 : 0));
    x.codes = {codes.data(), m, k, k};
    x.is_signed = is_signed;
    x.per_row = true;
    x.scale = x_scale.data();
    x.zero = zero.data();
  }

  int32_t sum(size_t i, size_t j) const {
    int64_t sum = 0;
    for (size_t p = 0; p < k; ++p) {
      const uint8_t byte = codes[i * k + p];
      const int32_t code = x.is_signed ? static_cast<int8_t>(byte) : byte;
      sum += int64_t{code - zero[i]} * w[p * n + j];
    }
    return static_cast<int32_t>(sum);
  }
  PackedInt8 packed(const Kernels& kernels) const {
    return PackedInt8(w.data(), n, 1, k, n, w_scale.data(), true, kernels);
  }

  size_t m, k, n;
  std::vector<uint8_t> codes;
  std::vector<int8_t> w;
  std::vector<float> x_scale, w_scale, bias;
  std::vector<int32_t> zero;
  Int8Rows x;
};

}  // namespace

TEST_CASE("gemm_int8: integer results are exact, whatever the split") {
  std::mt19937 random(21);
  struct Shape {
    size_t m, k, n;
  };
  // Skinny, square, more rows than a block, more inputs than a block, enough work for several tasks; codes
  // that VNNI reads where they lie, and those it does not because rows are 4 KiB apart.
  for (const Shape s : {Shape{1, 1, 1}, Shape{1, 784, 128}, Shape{3, 2100, 70}, Shape{8, 33, 200},
                        Shape{130, 130, 131}, Shape{700, 70, 64}, Shape{65, 1030, 520}, Shape{5, 0, 4},
                        Shape{30, 2052, 33}, Shape{200, 64, 256}, Shape{13, 4096, 48}}) {
    CAPTURE(s.m);
    CAPTURE(s.k);
    for (const bool is_signed : {false, true}) {
      const Case c(s.m, s.k, s.n, is_signed, random);
      std::vector<int32_t> expected(s.m * s.n);
      for (size_t i = 0; i < expected.size(); ++i) expected[i] = c.sum(i / s.n, i % s.n);
      for (const Kernels* table : available_kernels()) {
        const std::string isa = table->name;
        CAPTURE(isa);
        const PackedInt8 packed = c.packed(*table);
        for (size_t threads : {1, 3}) {
          std::vector<int32_t> y(s.m * s.n, 77);
          Int8Options options;
          options.max_threads = threads;
          packed.run(c.x, dense_view(y.data(), s.m, s.n), options);
          CHECK((y == expected));
        }
      }
    }
  }
}

TEST_CASE("gemm_int8: float and 8-bit results follow the written operations on every ISA") {
  std::mt19937 random(22);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (const size_t k : {size_t{40}, table->int8.block_inputs + 3}) {
      const size_t m = 19, n = 45;
      const Case c(m, k, n, false, random);
      const PackedInt8 packed = c.packed(*table);
      Int8Result result;
      result.format.is_signed = true;
      result.scale = 900.0f;
      result.zero = -5;
      for (const Unary f : {Unary::kIdentity, Unary::kRelu}) {
        Int8Options options;
        options.bias = c.bias.data();
        options.activation = f;
        std::vector<float> y(m * n);
        std::vector<uint8_t> codes(m * n);
        packed.run(c.x, dense_view(y.data(), m, n), options);
        result.codes = dense_view(codes.data(), m, n);
        packed.run(c.x, result, options);
        size_t wrong = 0;
        for (size_t i = 0; i < m; ++i) {
          for (size_t j = 0; j < n; ++j) {
            const float scale = c.x_scale[i] * c.w_scale[j];
            float expected = static_cast<float>(c.sum(i, j)) * scale;
            expected = expected + c.bias[j];
            if (f == Unary::kRelu && expected < 0) expected = 0;
            wrong += !same_bits(y[i * n + j], expected);
            const float steps = std::nearbyint(expected / result.scale) - 5;
            const auto code = static_cast<int8_t>(std::min(127.0f, std::max(-128.0f, steps)));
            wrong += static_cast<int8_t>(codes[i * n + j]) != code;
          }
        }
        CHECK(wrong == 0);
      }
      // Other activations are those of the row kernels.
      Int8Options options;
      options.activation = Unary::kTanh;
      std::vector<float> y(m * n), plain(m * n);
      packed.run(c.x, dense_view(plain.data(), m, n));
      packed.run(c.x, dense_view(y.data(), m, n), options);
      table->f32.elementwise.unary(Unary::kTanh, plain.data(), n, plain.data(), n, m, n);
      CHECK(count_differing(y, plain) == 0);
    }
  }
}

TEST_CASE(
    "gemm_int8: dynamic quantisation is quantize by rows, then the product; a row depends on itself only") {
  std::mt19937 random(23);
  const size_t m = 150, k = 130, n = 131;
  const std::vector<float> x = float_values(m * k, random);
  const Case c(m, k, n, false, random);
  std::vector<float> reference;
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const PackedInt8 packed = c.packed(*table);
    std::vector<uint8_t> codes(m * k);
    std::vector<float> scale(m), y(m * n), whole(m * n), part(m * n);
    std::vector<int32_t> zero(m);
    QuantizeOptions quantizing;
    quantizing.kernels = table;
    quantize(dense_view(x.data(), m, k), {}, Int8Grain::kRows, dense_view(codes.data(), m, k), scale.data(),
             zero.data(), quantizing);
    const Int8Rows rows{{codes.data(), m, k, k}, false, true, scale.data(), zero.data()};
    packed.run(rows, dense_view(y.data(), m, n));
    packed.run(dense_view(x.data(), m, k), dense_view(whole.data(), m, n));
    CHECK(count_differing(y, whole) == 0);
    if (reference.empty()) reference = y;
    CHECK(count_differing(y, reference) == 0);
    for (size_t batch : {1, 4, 31}) {
      for (size_t i = 0; i < m; i += batch) {
        const size_t count = std::min(batch, m - i);
        packed.run(dense_view(x.data() + i * k, count, k), dense_view(part.data() + i * n, count, n));
      }
      CHECK(count_differing(part, whole) == 0);
    }
  }
}

TEST_CASE("gemm_int8: a row with NaN or infinity gives NaN, others stay") {
  std::mt19937 random(24);
  const size_t m = 4, k = 20, n = 9;
  const Case c(m, k, n, false, random);
  std::vector<float> x = float_values(m * k, random);
  x[k + 3] = std::numeric_limits<float>::quiet_NaN();
  x[3 * k + 19] = -std::numeric_limits<float>::infinity();
  for (const Kernels* table : available_kernels()) {
    std::vector<float> y(m * n);
    Int8Options options;
    options.activation = Unary::kRelu;
    c.packed(*table).run(dense_view(const_cast<const float*>(x.data()), m, k), dense_view(y.data(), m, n),
                         options);
    for (size_t i = 0; i < m * n; ++i) CHECK(std::isnan(y[i]) == (i / n % 2 == 1));
  }
}

TEST_CASE("gemm_int8: the largest sums, and one input more") {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const size_t k = kInt8MaxInputs;
    const std::vector<int8_t> w(k + 1, -128);
    const std::vector<uint8_t> codes(k, 255);
    const float scale = 1;
    for (const int32_t zero : {0, 255}) {
      const PackedInt8 packed(w.data(), 1, 1, k, 1, &scale, true, *table);
      int32_t y = 0;
      packed.run(Int8Rows{{codes.data(), 1, k, k}, false, false, nullptr, &zero}, dense_view(&y, 1, 1));
      CHECK(y == (zero == 0 ? -255 * 128 * static_cast<int64_t>(k) : 0));
    }
    CHECK(code_of([&] { PackedInt8(w.data(), 1, 1, k + 1, 1, &scale, true, *table); }) == "ERR_SHAPE");
  }
}

TEST_CASE("gemm_int8: refuses shapes, zeros and cancelled work") {
  std::mt19937 random(25);
  const Case c(2, 5, 3, false, random);
  const PackedInt8 packed = c.packed(kernels());
  std::vector<float> y(9);
  CHECK(code_of([&] { packed.run(c.x, dense_view(y.data(), 3, 3)); }) == "ERR_SHAPE");
  CHECK(code_of([&] { packed.run(c.x, dense_view(y.data(), 2, 2)); }) == "ERR_SHAPE");
  const std::vector<float> x(8, 1.0f);
  CHECK(code_of([&] { packed.run(dense_view(x.data(), 2, 4), dense_view(y.data(), 2, 3)); }) == "ERR_SHAPE");
  Int8Rows wrong = c.x;
  const std::vector<int32_t> zeros{0, 256};
  wrong.zero = zeros.data();
  CHECK(code_of([&] { packed.run(wrong, dense_view(y.data(), 2, 3)); }) == "ERR_PARAMETER");
  CancelToken cancelled;
  cancelled.cancel();
  Int8Options options;
  options.cancel = &cancelled;
  CHECK(code_of([&] { packed.run(c.x, dense_view(y.data(), 2, 3), options); }) == "ERR_ABORTED");
}

TEST_CASE("quantize: parameters by ONNX's formulas, every value within half a step") {
  std::mt19937 random(26);
  const size_t m = 37, n = 21;
  const std::vector<float> x = float_values(m * n, random);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    QuantizeOptions options;
    options.kernels = table;
    for (const bool is_signed : {false, true}) {
      for (const bool symmetric : {false, true}) {
        const Int8Format format{is_signed, symmetric};
        for (const Int8Grain grain : {Int8Grain::kMatrix, Int8Grain::kRows, Int8Grain::kColumns}) {
          const size_t count = grain_count(grain, m, n);
          std::vector<float> scale(count), back(m * n);
          std::vector<int32_t> zero(count);
          std::vector<uint8_t> codes(m * n), given(m * n);
          quantize(dense_view(x.data(), m, n), format, grain, dense_view(codes.data(), m, n), scale.data(),
                   zero.data(), options);
          quantize_with(dense_view(x.data(), m, n), format, grain, scale.data(), zero.data(),
                        dense_view(given.data(), m, n), options);
          CHECK((codes == given));
          dequantize({codes.data(), m, n, n}, format, grain, scale.data(), zero.data(),
                     dense_view(back.data(), m, n), options);
          std::vector<float> low(count), high(count);
          size_t wrong = 0;
          for (size_t i = 0; i < m * n; ++i) {
            const size_t g = grain == Int8Grain::kMatrix ? 0 : grain == Int8Grain::kRows ? i / n : i % n;
            low[g] = std::min(low[g], x[i]);
            high[g] = std::max(high[g], x[i]);
            // Half a step, and up to half a step more where the rounded zero cuts an end of the range.
            wrong += !(std::fabs(back[i] - x[i]) <= scale[g] * (symmetric ? 0.51f : 1.01f));
          }
          CHECK(wrong == 0);
          for (size_t g = 0; g < count; ++g) {
            if (symmetric) {
              CHECK(scale[g] == std::max(-low[g], high[g]) / 127);
              CHECK(zero[g] == (is_signed ? 0 : 128));
            } else {
              CHECK(scale[g] == (high[g] - low[g]) / 255);
              CHECK(zero[g] == std::nearbyint((is_signed ? -128 : 0) - low[g] / scale[g]));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("quantize: nothing, zeros, the smallest and the largest numbers") {
  float scale = 0;
  int32_t zero = -1;
  const Int8Format asymmetric{}, symmetric{true, true};
  int8_parameters(asymmetric, 0, 0, &scale, &zero);
  CHECK(scale == 1);
  CHECK(zero == 0);
  int8_parameters(symmetric, 0, std::numeric_limits<float>::denorm_min(), &scale, &zero);
  CHECK(scale == 1);
  constexpr float kLargest = std::numeric_limits<float>::max();
  int8_parameters(asymmetric, -kLargest, kLargest, &scale, &zero);
  CHECK(std::isfinite(scale));
  CHECK(zero == 128);
  int8_parameters(asymmetric, std::nanf(""), std::nanf(""), &scale, &zero);
  CHECK(std::isnan(scale));
  CHECK(zero == 0);

  std::vector<float> scales(3, 7.0f);
  std::vector<int32_t> zeros(3, 7);
  quantize(MatrixView<const float>{nullptr, 3, 0, 0}, asymmetric, Int8Grain::kRows, {}, scales.data(),
           zeros.data());
  CHECK((scales == std::vector<float>(3, 1.0f)));
  for (const Kernels* table : available_kernels()) {
    QuantizeOptions options;
    options.kernels = table;
    for (const Int8Grain grain : {Int8Grain::kMatrix, Int8Grain::kRows, Int8Grain::kColumns}) {
      std::vector<float> values(6, 1.0f);
      std::vector<uint8_t> codes(6);
      const auto run = [&] {
        quantize(dense_view<const float>(values.data(), 2, 3), asymmetric, grain,
                 dense_view(codes.data(), 2, 3), scales.data(), zeros.data(), options);
      };
      CHECK(code_of(run) == "");
      values[4] = -std::numeric_limits<float>::infinity();
      CHECK(code_of(run) == "ERR_INPUT_INFINITE");
      values[1] = std::nanf("");
      CHECK(code_of(run) == "ERR_INPUT_NAN");
    }
  }
  const float x = 1, bad = 0;
  uint8_t code;
  CHECK(code_of([&] {
          quantize_with(dense_view(&x, 1, 1), asymmetric, Int8Grain::kMatrix, &bad, zeros.data(),
                        dense_view(&code, 1, 1));
        }) == "ERR_PARAMETER");
  zeros[0] = 300;
  scales[0] = 1;
  CHECK(code_of([&] {
          quantize_with(dense_view(&x, 1, 1), asymmetric, Int8Grain::kMatrix, scales.data(), zeros.data(),
                        dense_view(&code, 1, 1));
        }) == "ERR_PARAMETER");
}

}  // namespace test
}  // namespace boreal
