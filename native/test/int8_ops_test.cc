// Plans of 8-bit arithmetic against the row-by-row reference: the same bits on every ISA, in any tile.
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "nn/layer_code.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

std::vector<uint8_t> random_bytes(Rng& rng, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng.below(256));
  return bytes;
}

std::vector<float> random_floats(Rng& rng, size_t count, float least, float most) {
  std::vector<float> values(count);
  for (float& value : values) value = least + static_cast<float>(rng.uniform()) * (most - least);
  return values;
}

template <typename T>
void check_every_isa(const PlanWriter& writer, const std::vector<T>& x) {
  const Plan plan = writer.decode();
  const std::vector<T> expected = reference<T>(plan, x);
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    const auto program = prepare_cpu<T>(plan, *kernels);
    CHECK(same(run(*program, x), expected));
    CHECK(same(run(*program, x, 3), expected));
    // A row alone.
    const std::vector<T> row(x.end() - static_cast<std::ptrdiff_t>(plan.input_width), x.end());
    const std::vector<T> last(expected.end() - static_cast<std::ptrdiff_t>(plan.output_width()),
                              expected.end());
    CHECK(same(run(*program, row), last));
  }
}

TEST_CASE_TEMPLATE("layers of 8 bits that hand on codes, and those with a range for each row", T, float,
                   double) {
  Rng rng(41);
  struct Shape {
    size_t positions, inputs, hidden, outputs;
  };
  for (const Shape s : {Shape{1, 1, 1, 1}, Shape{1, 33, 70, 5}, Shape{1, 256, 64, 130}, Shape{6, 8, 12, 3},
                        Shape{1, 2100, 17, 4}}) {
    CAPTURE(s.inputs);
    const size_t width = s.positions * s.inputs;
    const int32_t positions = static_cast<int32_t>(s.positions);
    const std::vector<uint8_t> first = random_bytes(rng, s.inputs * s.hidden),
                               second = random_bytes(rng, s.hidden * s.outputs);
    const std::vector<float> first_scale = random_floats(rng, s.hidden, 0.001f, 0.01f),
                             second_scale = random_floats(rng, s.outputs, 0.001f, 0.01f),
                             first_bias = random_floats(rng, s.hidden, -1, 1),
                             second_bias = random_floats(rng, s.outputs, -1, 1);
    for (const size_t rows : {1, 7, 200}) {
      const std::vector<T> x = random_rows<T>(rng, rows, width);
      PlanWriter fixed(static_cast<int32_t>(width));
      const int32_t coded = fixed.int8_dense(fixed.quantize(0, 4 / 255.0f, 128), positions, Unary::kRelu,
                                             first, first_scale, first_bias, {0.03f, 7});
      fixed.int8_dense(coded, positions, Unary::kIdentity, second, second_scale, second_bias);
      check_every_isa<T>(fixed, x);

      PlanWriter own(static_cast<int32_t>(width));
      const int32_t hidden = own.int8_dense(0, positions, Unary::kRelu, first, first_scale, first_bias);
      own.int8_dense(hidden, positions, Unary::kIdentity, second, second_scale, second_bias);
      check_every_isa<T>(own, x);
    }
  }
}

TEST_CASE_TEMPLATE("convolutions of 8 bits, at edges, in strides, of one pixel", T, float, double) {
  Rng rng(43);
  // Height, width, channels, filters, kernel, strides, edges (top, bottom, left, right), dilation.
  const std::vector<std::vector<double>> shapes = {
      {7, 5, 3, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},   {9, 8, 4, 33, 3, 2, 2, 3, 0, 2, 1, 0, 1, 1},
      {6, 6, 16, 8, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1},  {8, 8, 2, 5, 2, 3, 1, 1, 1, 0, 2, 3, 2, 2},
      {1, 40, 1, 3, 1, 5, 1, 1, 0, 0, 4, 4, 1, 1},  {4, 4, 8, 4, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1},
      {40, 30, 17, 4, 5, 5, 1, 1, 2, 2, 2, 2, 1, 1}};
  for (const std::vector<double>& shape : shapes) {
    std::vector<double> code = {3, 21};
    code.insert(code.end(), shape.begin(), shape.end());
    code.insert(code.end(), {1, 0, 0, 0, 0, 0, 0});  // one group, no flags, no penalties
    const auto layers = nn::decode_layers(code.data(), code.size(), kernels());
    const size_t width = layers[0]->inputs(), outputs = layers[0]->outputs();
    const size_t filters = static_cast<size_t>(shape[3]);
    const size_t depth = static_cast<size_t>(shape[2] * shape[4] * shape[5]);
    const std::vector<uint8_t> weights = random_bytes(rng, depth * filters);
    const std::vector<float> scale = random_floats(rng, filters, 0.001f, 0.01f),
                             bias = random_floats(rng, filters, -1, 1);
    CAPTURE(depth);
    for (const size_t rows : {1, 5}) {
      const std::vector<T> x = random_rows<T>(rng, rows, width);
      PlanWriter fixed(static_cast<int32_t>(width));
      const int32_t coded = fixed.int8_conv(fixed.quantize(0, 4 / 255.0f, 128), static_cast<int32_t>(outputs),
                                            Unary::kRelu, code, weights, scale, bias, {0.02f, 5});
      fixed.int8_dense(coded, 1, Unary::kIdentity, random_bytes(rng, outputs), {0.01f}, {0});
      check_every_isa<T>(fixed, x);
      PlanWriter own(static_cast<int32_t>(width));
      own.int8_conv(0, static_cast<int32_t>(outputs), Unary::kIdentity, code, weights, scale, bias);
      check_every_isa<T>(own, x);
    }
    std::vector<T> bad = random_rows<T>(rng, 3, width);
    bad[width + 1] = std::numeric_limits<T>::quiet_NaN();
    PlanWriter own(static_cast<int32_t>(width));
    own.int8_conv(0, static_cast<int32_t>(outputs), Unary::kRelu, code, weights, scale, bias);
    check_every_isa<T>(own, bad);

    const auto refused = [&](int32_t columns, const std::vector<double>& layer, const std::vector<uint8_t>& w,
                             const std::vector<float>& s) {
      PlanWriter wrong(static_cast<int32_t>(width));
      wrong.int8_conv(0, columns, Unary::kRelu, layer, w, s, s);
      return error_code([&] { prepare_cpu<T>(wrong.decode(), kernels()); }) == "ERR_PLAN";
    };
    const int32_t columns = static_cast<int32_t>(outputs);
    CHECK_FALSE(refused(columns, code, weights, scale));
    CHECK(refused(columns + 1, code, weights, scale));
    CHECK(refused(columns, code, std::vector<uint8_t>(weights.size() + 1), scale));
    CHECK(refused(columns, code, weights, std::vector<float>(filters + 1)));
    CHECK(refused(columns, {2, 2, static_cast<double>(width), 0.5}, weights, scale));  // a dropout
  }
}

TEST_CASE_TEMPLATE("a row that is not finite: NaN by its own range, the ends of a given one", T, float,
                   double) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x = {1, -1, nan, 1, -inf, inf, 0, 0};
  PlanWriter own(2);
  own.int8_dense(0, 1, Unary::kRelu, {1, 2}, {1}, {0.5f});
  check_every_isa<T>(own, x);
  PlanWriter given(2);
  given.int8_dense(given.quantize(0, 0.01f, 100), 1, Unary::kIdentity, {1, 2}, {1}, {0.5f});
  check_every_isa<T>(given, x);
}

TEST_CASE("explain says what is codes") {
  PlanWriter plan(2);
  const int32_t x = plan.int8_dense(plan.quantize(0, 0.5f, 3), 1, Unary::kRelu, {1, 2}, {1}, {0}, {1, 0});
  plan.int8_dense(plan.int8_dense(x, 1, Unary::kIdentity, {1}, {1}, {0}), 1, Unary::kTanh, {1}, {1}, {0});
  const std::string text = prepare_cpu<float>(plan.decode(), kernels())->explain();
  INFO(text);
  for (const char* part : {"Quantize", "scale 0.5", "zero 3", "Int8Dense", "relu, codes -> codes",
                           "codes -> numbers", "tanh, numbers, a range for each row -> numbers"}) {
    CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace test
}  // namespace boreal
