// Convolutions on tensor cores: whole numbers, whose sums are exact whatever the order, and 8 bits against
// the CPU, bit by bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/conv_shape.h"
#include "test/cuda/devices.h"
#include "test/cuda/tensor_support.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

using Codes = std::vector<float>;  // scale and zero, or nothing

// Values of -1, 0 and 1, few of which are not 0: sums stay so small that bfloat16 has them.
std::vector<float> small_weights(Rng& rng, size_t count) {
  std::vector<float> weights = whole_numbers<float>(rng, count);
  for (float& weight : weights) weight = weight > 5 ? 1.0f : weight < -5 ? -1.0f : 0.0f;
  return weights;
}

int32_t add_conv(PlanWriter& writer, Rng& rng, int32_t x, const ConvShape& s, Unary f = Unary::kRelu,
                 bool bias = true) {
  std::vector<float> parameters = small_weights(rng, static_cast<size_t>(s.depth() * s.filters));
  if (bias) {
    const std::vector<float> values = whole_numbers<float>(rng, static_cast<size_t>(s.filters));
    parameters.insert(parameters.end(), values.begin(), values.end());
  }
  const int32_t code = writer.constant(s.code(bias));
  return writer.op(28, {x}, {s.outputs(), static_cast<int32_t>(f)}, {code, writer.constant(parameters)});
}
int32_t add_pool(PlanWriter& writer, int32_t x, int32_t in, int32_t channels) {
  const double i = in, c = channels;
  const int32_t code = writer.constant(std::vector<double>{4, 12, 0, i, i, c, 2, 2, 2, 2, 0, 0, 0, 0});
  const int32_t out = in / 2;
  return writer.op(28, {x}, {out * out * channels, 0}, {code, writer.constant(std::vector<float>{})});
}
int32_t add_codes(PlanWriter& writer, Rng& rng, int32_t x, const ConvShape& s, const Codes& codes = {},
                  Unary f = Unary::kRelu) {
  const size_t filters = static_cast<size_t>(s.filters);
  const std::vector<uint8_t> weights = random_weights(rng, static_cast<size_t>(s.depth()) * filters);
  const std::vector<float> scale = random_scales(rng, filters);
  return writer.int8_conv(x, s.outputs(), f, s.code(true), weights, scale, random_scales(rng, filters),
                          codes);
}
int32_t add_dense_codes(PlanWriter& writer, Rng& rng, int32_t x, size_t inputs, size_t outputs) {
  const std::vector<uint8_t> weights = random_weights(rng, inputs * outputs);
  const std::vector<float> scale = random_scales(rng, outputs);
  return writer.int8_dense(x, 1, Unary::kIdentity, weights, scale, random_scales(rng, outputs));
}

size_t count_of(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// Runs a plan in 8 bits, or in each kind of numbers, beside the CPU; `look` gets what explain() says.
template <typename Look>
void check_kinds(const Plan& plan, const std::vector<float>& x, Look look) {
  const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
  const size_t rows = x.size() / plan.input_width, out = expected.size() / rows;
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const auto program = prepare_tensor(plan, library, device, kind);
    look(program->explain());
    CHECK(same(run(*program, x), expected));
    CHECK(same(run(*program, first_rows(x, 1, plan.input_width)), first_rows(expected, 1, out)));
  });
}
void check_codes(const Plan& plan, const std::vector<float>& x) {
  const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
  each_device([&](const CudaLibrary& library, int32_t device) {
    CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
  });
}

}  // namespace

TEST_CASE("tensor convolutions of whole numbers are exact, whatever the shape") {
  // Few channels and many, filters for one tile and for two, strides, edges, holes; large tiles at last.
  const ConvShape shapes[] = {{7, 3, 16, 3, 2, 1}, {6, 20, 33, 3, 1, 1, 2}, {5, 16, 20, 1, 2},
                              {4, 8, 17, 4, 1, 3}, {9, 2, 16, 3},           {17, 16, 70, 3, 1, 1}};
  for (const ConvShape& shape : shapes) {
    CAPTURE(shape.in);
    Rng rng(static_cast<uint64_t>(shape.in * 100 + shape.filters));
    PlanWriter writer(shape.width());
    add_conv(writer, rng, 0, shape, shape.stride == 2 ? Unary::kIdentity : Unary::kRelu, shape.in != 9);
    const std::vector<float> x = whole_numbers<float>(rng, static_cast<size_t>(3 * shape.width()));
    check_kinds(writer.decode(), x,
                [](const std::string& text) { CHECK(count_of(text, "TensorConv") == 1); });
  }
}

TEST_CASE("a tensor convolution gives an image the same bits alone and in a batch") {
  // Alone it has one tile of pixels, so small ones; the batch has large ones for all multiprocessors. Sums of
  // real numbers tell in which order they were made.
  const ConvShape shape{9, 16, 70, 3, 1, 1};
  const size_t pixels = 81, width = static_cast<size_t>(shape.width()),
               outputs = static_cast<size_t>(shape.outputs());
  Rng rng(81);
  PlanWriter writer(shape.width());
  const int32_t code = writer.constant(shape.code(true));
  const std::vector<float> parameters =
      real_numbers(rng, static_cast<size_t>((shape.depth() + 1) * shape.filters));
  writer.op(28, {0}, {shape.outputs(), static_cast<int32_t>(Unary::kIdentity)},
            {code, writer.constant(parameters)});
  const Plan plan = writer.decode();
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const size_t tiles = static_cast<size_t>(library.device(device).multiprocessors),
                 rows = 128 * tiles / pixels + 2;
    const std::vector<float> x = random_rows<float>(rng, rows, width);
    const auto program = prepare_tensor(plan, library, device, kind);
    CHECK(count_of(program->explain(), "TensorConv") == 1);
    const std::vector<float> all = run(*program, x);
    for (const size_t row : {size_t{0}, rows / 2, rows - 1}) {
      CAPTURE(row);
      const auto begin = x.begin() + static_cast<long>(row * width);
      const std::vector<float> alone = run(*program, {begin, begin + static_cast<long>(width)});
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<long>(row * outputs)));
    }
  });
}

TEST_CASE("convolutions of numbers stay in elements as long as all who read them take them so") {
  struct Chain {
    int32_t filters;  // of the first layer
    bool pool, flat;  // between the two; whether the second is a dense layer
    size_t casts;
  };
  // 16 filters are whole chunks, so that a dense layer may read them; 20 of float16 are not.
  for (const Chain& c : {Chain{20, false, false, 1}, Chain{20, true, false, 2}, Chain{16, false, true, 1},
                         Chain{18, false, true, 2}}) {
    CAPTURE(c.filters);
    Rng rng(static_cast<uint64_t>(c.filters));
    const ConvShape first{8, 3, c.filters, 3, 1, 1};
    PlanWriter writer(first.width());
    int32_t x = add_conv(writer, rng, 0, first);
    if (c.pool) x = add_pool(writer, x, 8, c.filters);
    if (c.flat) {
      const std::vector<float> weights = small_weights(rng, static_cast<size_t>(first.outputs() * 17));
      writer.dense(x, std::vector<double>(weights.begin(), weights.end()), std::vector<double>(17, 1));
    } else {
      add_conv(writer, rng, x, {c.pool ? 4 : 8, c.filters, 24, 3, 2, 1});
    }
    const std::vector<float> rows = whole_numbers<float>(rng, static_cast<size_t>(2 * first.width()));
    check_kinds(writer.decode(), rows,
                [&](const std::string& text) { CHECK(count_of(text, "Cast ") == c.casts); });
  }
}

TEST_CASE("few channels or filters, and groups, stay float32") {
  Rng rng(5);
  const ConvShape first{6, 1, 20, 3}, second{4, 20, 4, 1}, third{4, 4, 32, 3, 1, 1, 1, 4};
  PlanWriter writer(first.width());
  add_conv(writer, rng, add_conv(writer, rng, add_conv(writer, rng, 0, first), second), third);
  const std::vector<float> x = whole_numbers<float>(rng, static_cast<size_t>(2 * first.width()));
  check_kinds(writer.decode(), x, [](const std::string& text) {
    CHECK(count_of(text, "Tensor") == 0);
    CHECK(count_of(text, " Conv ") == 3);
  });
}

TEST_CASE("8-bit convolutions have the bits of the CPU") {
  // The last: both halves of a large tile, and pixels of several images in it.
  const ConvShape shapes[] = {{7, 3, 5, 3, 2, 1}, {6, 20, 33, 3, 1, 1, 2}, {5, 16, 70, 1},
                              {5, 64, 3, 1, 2},   {4, 1, 17, 4, 1, 3},     {17, 16, 70, 3, 1, 1}};
  for (const ConvShape& shape : shapes) {
    CAPTURE(shape.in);
    for (const bool by_row : {true, false}) {
      CAPTURE(by_row);
      Rng rng(static_cast<uint64_t>(shape.in * 100 + shape.filters));
      PlanWriter writer(shape.width());
      add_codes(writer, rng, by_row ? 0 : writer.quantize(0, 4.0f / 255, 100), shape, {},
                shape.stride == 2 ? Unary::kIdentity : Unary::kRelu);
      const Plan plan = writer.decode();
      const size_t width = plan.input_width;
      std::vector<float> x = random_rows<float>(rng, 4, width);
      for (size_t j = 0; j < width; ++j) x[j] = std::fabs(x[j]) * 3;  // a range of its own, from 0
      if (by_row) {
        x[width] = NAN;
        std::fill_n(x.begin() + static_cast<long>(2 * width), width, 0.0f);
      }
      check_codes(plan, x);
      check_codes(plan, first_rows(x, 1, width));
    }
  }
}

TEST_CASE("8-bit convolutions after each other, and before a dense layer") {
  for (const int32_t filters : {16, 20}) {  // whole chunks, and not
    CAPTURE(filters);
    Rng rng(static_cast<uint64_t>(filters));
    const ConvShape first{8, 3, filters, 3, 1, 1}, pointwise{8, filters, 12, 1},
        last{8, 12, filters, 3, 2, 1};
    PlanWriter writer(first.width());
    int32_t x = add_codes(writer, rng, writer.quantize(0, 4.0f / 255, 127), first, {0.03f, 5});
    x = add_codes(writer, rng, x, pointwise, {0.5f, 9});
    x = add_codes(writer, rng, x, last, {4.0f, 0});
    add_dense_codes(writer, rng, x, static_cast<size_t>(last.outputs()), 10);
    check_codes(writer.decode(), random_rows<float>(rng, 3, static_cast<size_t>(first.width())));
  }
}

TEST_CASE("a residual network of 8 bits has the bits of the CPU") {
  // As ResNet-18: a wide kernel and a pool, a block, and one whose shortcut is a convolution.
  Rng rng(18);
  const ConvShape stem{16, 3, 16, 7, 2, 3}, same_size{4, 16, 16, 3, 1, 1};
  const ConvShape down{4, 16, 32, 3, 2, 1}, shortcut{4, 16, 32, 1, 2}, after{2, 32, 32, 3, 1, 1};
  PlanWriter writer(stem.width());
  const auto relu_of_sum = [&](int32_t a, int32_t b) {
    return writer.activation(writer.binary(BinaryFunction::kAdd, a, b), Unary::kRelu);
  };
  int32_t x = add_codes(writer, rng, writer.quantize(0, 4.0f / 255, 127), stem);
  x = add_pool(writer, x, 8, 16);
  int32_t codes = writer.quantize(x, 0.05f, 0);
  int32_t y = add_codes(writer, rng, codes, same_size, {0.2f, 0});
  x = relu_of_sum(add_codes(writer, rng, y, same_size, {}, Unary::kIdentity), x);
  codes = writer.quantize(x, 0.5f, 0);
  y = add_codes(writer, rng, codes, down, {2.0f, 0});
  y = add_codes(writer, rng, y, after, {}, Unary::kIdentity);
  x = relu_of_sum(y, add_codes(writer, rng, codes, shortcut, {}, Unary::kIdentity));
  add_dense_codes(writer, rng, x, static_cast<size_t>(after.outputs()), 10);
  check_codes(writer.decode(), random_rows<float>(rng, 3, static_cast<size_t>(stem.width())));
}

}  // namespace test
}  // namespace boreal
