// Products on tensor cores: whole numbers, whose sums are exact whatever the order; the rounding of elements;
// and 8-bit layers against the CPU, bit by bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "device/cuda_elements.h"
#include "device/cuda_program.h"
#include "device/cuda_tensor.h"
#include "test/cuda/op_cases.h"
#include "test/cuda/tensor_support.h"
#include "test/plan_writer.h"

namespace boreal {
namespace test {
namespace {

// Dense layers from widths[0] to widths[1], and so on. apart: a second reader between any two keeps them so.
PlanWriter network_of(Rng& rng, const std::vector<size_t>& widths, bool apart) {
  PlanWriter writer(static_cast<int32_t>(widths[0]));
  int32_t x = 0;
  for (size_t l = 1; l < widths.size(); ++l) {
    const std::vector<float> numbers = real_numbers(rng, (widths[l - 1] + 1) * widths[l]);
    const std::vector<double> bias(numbers.begin(), numbers.begin() + static_cast<long>(widths[l]));
    const std::vector<double> weights(numbers.begin() + static_cast<long>(widths[l]), numbers.end());
    const bool is_last = l + 1 == widths.size();
    x = writer.dense(x, weights, bias, is_last ? Unary::kIdentity : l % 2 == 0 ? Unary::kRelu : Unary::kTanh);
    if (apart && !is_last) x = writer.binary(BinaryFunction::kMin, x, x);
  }
  return writer;
}

}  // namespace

TEST_CASE("elements: every one of 16 bits comes back, and numbers between two go to the nearer or even one") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float half = from_float16(bits), brain = from_bfloat16(bits);
    if (std::isnan(half)) {
      CHECK(std::isnan(from_float16(to_float16(half))));
    } else {
      REQUIRE(to_float16(half) == bits);
    }
    if (!std::isnan(brain)) REQUIRE(to_bfloat16(brain) == bits);
  }
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = from_float16(bits), high = from_float16(bits + 1), middle = low + (high - low) / 2;
    REQUIRE(to_float16(middle) == bits + bits % 2);
    REQUIRE(to_float16(std::nextafter(middle, 0.0f)) == bits);
    REQUIRE(to_float16(std::nextafter(middle, 1e9f)) == bits + 1);
  }
  CHECK(to_float16(65519.996f) == 0x7bff);
  CHECK(to_float16(-65520.0f) == 0xfc00);
  CHECK(std::isnan(from_bfloat16(to_bfloat16(bits_float(0x7f800001u)))));
  CHECK(to_bfloat16(3.4e38f) == 0x7f80);
  CHECK(bits_float(to_tf32(1.0f + 0x1p-11f)) == 1.0f);
  CHECK(bits_float(to_tf32(1.0f + 0x3p-11f)) == 1.0f + 0x1p-9f);
}

TEST_CASE("tensor products of whole numbers are exact, whatever the shape") {
  const size_t shapes[][2] = {{16, 16}, {33, 65}, {130, 100}};
  for (const auto& shape : shapes) {
    const size_t inputs = shape[0], outputs = shape[1];
    CAPTURE(inputs);
    Rng rng(inputs * 131 + outputs);
    PlanWriter writer(static_cast<int32_t>(inputs));
    writer.dense(0, whole_numbers<double>(rng, inputs * outputs), whole_numbers<double>(rng, outputs),
                 Unary::kRelu);
    const Plan plan = writer.decode();
    for (const size_t rows : {1u, 66u}) {
      const std::vector<float> x = whole_numbers<float>(rng, rows * inputs);
      const std::vector<float> expected = reference<float>(plan, x);
      each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
        const auto program = prepare_tensor(plan, library, device, kind);
        CHECK(program->explain().find("TensorProduct") != std::string::npos);
        CHECK(same(run(*program, x), expected));
      });
    }
  }
}

TEST_CASE("layer after layer stays in elements; narrow layers and other readers get float32") {
  Rng rng(11);
  PlanWriter writer(20);
  const auto layer = [&](int32_t x, size_t inputs, size_t outputs, Unary f) {
    std::vector<double> weights = whole_numbers<double>(rng, inputs * outputs);
    for (double& weight : weights) weight = weight > 4 ? 1 : weight < -4 ? -1 : 0;
    return writer.dense(x, weights, whole_numbers<double>(rng, outputs), f);
  };
  const int32_t a = layer(0, 20, 50, Unary::kRelu);
  const int32_t b = layer(a, 50, 37, Unary::kRelu);
  const int32_t c = layer(b, 37, 40, Unary::kAbs);
  writer.concat({layer(c, 40, 3, Unary::kIdentity), c});
  const Plan plan = writer.decode();
  const std::vector<float> x = whole_numbers<float>(rng, 70 * 20);
  const std::vector<float> expected = reference<float>(plan, x);
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const auto program = prepare_tensor(plan, library, device, kind);
    const std::string text = program->explain();
    CHECK(text.find("Cast") == text.rfind("Cast"));
    CHECK(text.find(" Product ") != std::string::npos);
    CHECK(same(run(*program, x), expected));
  });
}

TEST_CASE("perceptrons on tensor cores: fused layers have the bits of layer after layer") {
  // Narrow from the first layer to the last; of odd widths; among wide ones, so that elements come and go.
  struct Network {
    std::vector<size_t> widths;
    int32_t together;  // layers of one kernel, where there is room
  };
  const Network networks[] = {{{16, 128, 128, 16}, 3},
                              {{33, 61, 17}, 2},
                              {{64, 64, 64}, 2},
                              {{20, 200, 64, 100, 48, 90, 200, 16}, 3}};
  for (const auto& [widths, together] : networks) {
    CAPTURE(widths.size());
    Rng rng(widths[1]);
    Rng same_rng = rng;
    const PlanWriter fused = network_of(rng, widths, false), apart = network_of(same_rng, widths, true);
    const Plan one = fused.decode(), many = apart.decode();
    // Shared memory of compute capability 7.5 has room for one layer of more than 64.
    const bool is_narrow = *std::max_element(widths.begin(), widths.end()) <= 64;
    for (const size_t rows : {1u, 17u, 300u}) {
      const std::vector<float> x = random_rows<float>(rng, rows, widths[0]);
      each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
        const auto program = prepare_tensor(one, library, device, kind);
        const bool fits = is_narrow || library.device(device).major >= 8;
        const std::string text = program->explain();
        CAPTURE(text);
        const std::string details = std::to_string(together) + " layers, " + element_name(kind);
        CHECK((text.find("Mlp") != std::string::npos) == (fits && kind != BOREAL_CUDA_TF32));
        CHECK((text.find(details) != std::string::npos) == (fits && kind != BOREAL_CUDA_TF32));
        CHECK(same(run(*program, x), run(*prepare_tensor(many, library, device, kind), x)));
      });
    }
  }
}

TEST_CASE("a chain of narrow layers is cut where shared memory ends") {
  struct Device {
    int32_t capability;
    size_t shared_kib;
    std::string together;  // layers of each kernel of several
  };
  struct Chain {
    size_t width, layers;
    std::vector<Device> devices;
  };
  // A kernel whose last layer would write where its first one reads has a layer less.
  const Chain chains[] = {
      {16, 30, {{75, 64, "6 5 5 5 5 4 "}, {80, 163, "17 13 "}, {86, 99, "10 9 9 2 "}, {90, 227, "24 6 "}}},
      {128, 8, {{75, 64, ""}, {80, 163, "4 4 "}, {86, 99, "2 2 "}, {90, 227, "6 2 "}}}};
  for (const auto& [width, layers, devices] : chains) {
    CAPTURE(width);
    Rng rng(width);
    Rng same_rng = rng;
    const std::vector<size_t> widths(layers + 1, width);
    const PlanWriter fused = network_of(rng, widths, false), apart = network_of(same_rng, widths, true);
    const Plan one = fused.decode(), many = apart.decode();
    for (const Device& device : devices) {
      CAPTURE(device.capability);
      const CudaPlan plan =
          plan_cuda(one, device.shared_kib << 10, kCudaPassBytes, {BOREAL_CUDA_FLOAT16, device.capability});
      std::string together;
      for (const BorealCudaStep& step : plan.steps) {
        if (step.kernel == BOREAL_CUDA_MLP) together += std::to_string(step.n[0]) + " ";
      }
      CHECK(together == device.together);
    }
    const std::vector<float> x = random_rows<float>(rng, 17, width);
    each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
      CHECK(same(run(*prepare_tensor(one, library, device, kind), x),
                 run(*prepare_tensor(many, library, device, kind), x)));
    });
  }
}

TEST_CASE("layers at each position of a row are tensor products, too") {
  // Positions, inputs and outputs of one; rows of elements that are padded and that are not.
  const size_t shapes[][3] = {{3, 20, 24}, {2, 32, 64}, {5, 33, 130}};
  for (const auto& [positions, inputs, outputs] : shapes) {
    for (const bool bias : {false, true}) {
      CAPTURE(inputs);
      CAPTURE(bias);
      Rng rng(inputs + outputs);
      const size_t width = positions * inputs, columns = positions * outputs;
      const std::vector<double> code = {
          0, 9, double(inputs), double(outputs), double(positions), double(bias), 1, 0, 0, 0, 0};
      const std::vector<float> parameters = whole_numbers<float>(rng, (inputs + (bias ? 1 : 0)) * outputs);
      const PlanWriter writer =
          layer_plan(static_cast<int32_t>(width), static_cast<int32_t>(columns), code, parameters);
      const Plan plan = writer.decode();
      for (const size_t rows : {1u, 45u}) {
        const std::vector<float> x = whole_numbers<float>(rng, rows * width);
        const std::vector<float> expected = reference<float>(plan, x);
        each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
          const auto program = prepare_tensor(plan, library, device, kind);
          CHECK(program->explain().find("TensorProduct") != std::string::npos);
          CHECK(same(run(*program, x), expected));
        });
      }
    }
  }
}

TEST_CASE("tensor products of real numbers are near, and a row has the same bits alone and in a batch") {
  const size_t inputs = 150, outputs = 70, rows = 130;
  Rng rng(12);
  std::vector<double> weights, bias;
  for (const float value : real_numbers(rng, inputs * outputs)) weights.push_back(static_cast<double>(value));
  for (const float value : real_numbers(rng, outputs)) bias.push_back(static_cast<double>(value));
  PlanWriter writer(inputs);
  writer.dense(0, weights, bias);
  const Plan plan = writer.decode();
  const std::vector<float> x = random_rows<float>(rng, rows, inputs);
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const auto program = prepare_tensor(plan, library, device, kind);
    const std::vector<float> all = run(*program, x);
    CHECK(same(run(*program, first_rows(x, 1, inputs)), first_rows(all, 1, outputs)));
    CHECK(same(run(*program, first_rows(x, 65, inputs)), first_rows(all, 65, outputs)));
    const double unit = kind == BOREAL_CUDA_BFLOAT16 ? 0x1p-8 : 0x1p-11;
    double worst = 0;
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < outputs; ++j) {
        double sum = bias[j], size = std::fabs(bias[j]);
        for (size_t k = 0; k < inputs; ++k) {
          const double term = static_cast<double>(x[i * inputs + k]) * weights[k * outputs + j];
          sum += term;
          size += std::fabs(term);
        }
        const double error = std::fabs(static_cast<double>(all[i * outputs + j]) - sum);
        worst = std::max(worst, error / (size * (2.1 * unit + 0x1p-16)));
      }
    }
    CHECK(worst <= 1);
    CHECK(worst > 0);
  });
}

TEST_CASE("tensor products: exact sums in both sizes of tiles, and a row alone has the bits of a batch") {
  // k ends within a stage, and rings of stages go round. 100 outputs are for mma.sync; 200 for warp groups
  // where there are some, and one row of them is one tile.
  const size_t inputs = 132;
  for (const size_t outputs : {size_t{100}, size_t{200}}) {
    CAPTURE(outputs);
    Rng rng(outputs);
    PlanWriter numbers(inputs), codes(inputs);
    numbers.dense(0, whole_numbers<double>(rng, inputs * outputs), whole_numbers<double>(rng, outputs));
    const std::vector<uint8_t> weights = random_weights(rng, inputs * outputs);
    const std::vector<float> scales = random_scales(rng, outputs);
    codes.int8_dense(0, 1, Unary::kIdentity, weights, scales, random_scales(rng, outputs));
    const Plan plan = numbers.decode(), codes_plan = codes.decode();
    each_device([&](const CudaLibrary& library, int32_t device) {
      CAPTURE(device);
      const BorealCudaDevice& info = library.device(device);
      // A tile of 128 rows for each multiprocessor, and one more: the large ones, of which a block has two.
      // Whole numbers with exact sums, and behind them others, whose sums tell in which order they were made.
      const size_t rows = 128 * static_cast<size_t>(info.multiprocessors) + 2, whole = rows / 2;
      std::vector<float> x = whole_numbers<float>(rng, whole * inputs);
      const std::vector<float> expected = reference<float>(plan, x);
      const std::vector<float> others = real_numbers(rng, (rows - whole) * inputs);
      x.insert(x.end(), others.begin(), others.end());
      const auto check_alone = [&](const Program<float>& program, const std::vector<float>& all) {
        for (const size_t row : {whole, whole + 77, rows - 1}) {
          const std::vector<float> one(x.begin() + static_cast<long>(row * inputs),
                                       x.begin() + static_cast<long>((row + 1) * inputs));
          const std::vector<float> alone = run(program, one);
          CHECK(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<long>(row * outputs)));
        }
      };
      for (const BorealCudaElement kind : kKinds) {
        if (!multiplies(library, device, kind)) continue;
        CAPTURE(static_cast<int>(kind));
        const auto program = prepare_tensor(plan, library, device, kind);
        const bool groups = program->explain().find("warp groups") != std::string::npos;
        CHECK(groups == (info.major == 9 && outputs > 128));
        const std::vector<float> all = run(*program, x);
        CHECK(std::equal(expected.begin(), expected.end(), all.begin()));
        check_alone(*program, all);
      }
      const auto program = prepare_cuda(codes_plan, library, device);
      const std::vector<float> all = run(*program, x);
      CHECK(same(all, run(*prepare_cpu<float>(codes_plan, kernels()), x)));
      check_alone(*program, all);
    });
  }
}

TEST_CASE("what is not a number stays none, and float16 has a largest number") {
  PlanWriter writer(16);
  std::vector<double> weights(16 * 16, 0);
  for (size_t k = 0; k < 16; ++k) weights[k * 17] = 1;
  writer.dense(0, weights, std::vector<double>(16, 0));
  const Plan plan = writer.decode();
  std::vector<float> x(3 * 16, 1.0f);
  x[0] = NAN;
  x[16] = 70000;
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const std::vector<float> y = run(*prepare_tensor(plan, library, device, kind), x);
    CHECK(std::isnan(y[0]));
    CHECK((std::isinf(y[16]) != 0) == (kind == BOREAL_CUDA_FLOAT16));
    CHECK(y[32] == 1);
  });
}

TEST_CASE("elements that a device does not multiply are refused") {
  PlanWriter writer(16);
  writer.dense(0, std::vector<double>(16 * 16, 1), std::vector<double>(16, 0));
  const Plan plan = writer.decode();
  each_device([&](const CudaLibrary& library, int32_t device) {
    for (const BorealCudaElement kind : kKinds) {
      const bool does = multiplies(library, device, kind);
      CHECK(error_code([&] { prepare_tensor(plan, library, device, kind); }) ==
            (does ? "none" : "ERR_NOT_SUPPORTED"));
    }
  });
}

TEST_CASE("8-bit layers have the bits of the CPU") {
  Rng rng(14);
  for (const int32_t positions : {1, 3}) {
    const size_t inputs = 35, hidden = positions == 1 ? 140 : 66, outputs = 21,
                 width = inputs * static_cast<size_t>(positions);
    for (const bool by_row : {true, false}) {
      CAPTURE(positions);
      CAPTURE(by_row);
      PlanWriter writer(static_cast<int32_t>(width));
      const auto layer = [&](int32_t x, size_t from, size_t to, Unary f, std::vector<float> codes = {}) {
        const std::vector<uint8_t> weights = random_weights(rng, from * to);
        const std::vector<float> scale = random_scales(rng, to);
        return writer.int8_dense(x, positions, f, weights, scale, random_scales(rng, to), codes);
      };
      int32_t x = by_row ? 0 : writer.quantize(0, 4.0f / 255, 127);
      x = layer(x, inputs, hidden, Unary::kRelu,
                by_row ? std::vector<float>{} : std::vector<float>{0.02f, 3});
      layer(x, hidden, outputs, Unary::kIdentity);
      const Plan plan = writer.decode();
      for (const size_t rows : {1u, 2u, 65u}) {
        std::vector<float> values = random_rows<float>(rng, rows, width);
        if (by_row && rows > 2) {
          values[0] = NAN;
          values[width + 1] = INFINITY;
          std::fill_n(values.begin() + static_cast<long>(2 * width), width, 0.0f);
          std::fill_n(values.begin() + static_cast<long>(3 * width), width, 3e38f);
          values[3 * width] = -3e38f;
        }
        const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), values);
        each_device([&](const CudaLibrary& library, int32_t device) {
          CHECK(same(run(*prepare_cuda(plan, library, device), values), expected));
        });
      }
    }
  }
}

TEST_CASE("codes of results have the bits of the CPU, whatever their range") {
  Rng rng(15);
  const size_t inputs = 24, outputs = 132, rows = 130;
  const std::vector<float> values = random_rows<float>(rng, rows, inputs);
  const std::vector<uint8_t> weights = random_weights(rng, inputs * outputs), last(outputs * 16, 1);
  std::vector<float> bias = random_scales(rng, outputs);
  bias[0] = INFINITY, bias[1] = -INFINITY, bias[2] = NAN, bias[3] = 3e38f, bias[4] = -3e38f;
  // Steps from far too small for their numbers to far too large, and some that divide badly.
  for (const float scale : {1e-40f, 0x1p-61f, 0x1.fffffep-60f, 0x1.fffffep-7f, 1 / 3.0f, 0x1p59f, 1e30f}) {
    CAPTURE(scale);
    PlanWriter writer(static_cast<int32_t>(inputs));
    // Sums of about as many steps as there are codes, so that many are near the middle of two.
    std::vector<float> scales(outputs, scale > 0x1p-60f && scale < 1 ? scale / 40 : 0.01f);
    int32_t x = writer.quantize(0, 4.0f / 255, 127);
    x = writer.int8_dense(x, 1, Unary::kIdentity, weights, scales, bias, {scale, 100});
    writer.int8_dense(x, 1, Unary::kIdentity, last, std::vector<float>(16, 1), std::vector<float>(16, 0));
    const Plan plan = writer.decode();
    const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), values);
    each_device([&](const CudaLibrary& library, int32_t device) {
      CHECK(same(run(*prepare_cuda(plan, library, device), values), expected));
    });
  }
}

TEST_CASE("8-bit products of few rows and columns: dot products have the bits of the CPU") {
  // Around the most rows and columns that they are for, pieces of a chunk and more chunks than lanes; random
  // shapes for the rest. A second layer takes the codes of the first, whose rows end with zeros.
  Rng rng(31);
  std::vector<std::array<size_t, 4>> shapes = {{1, 1, 1, 1}, {8, 9, 16, 8}, {9, 8, 17, 9}, {70, 7, 1100, 3}};
  for (int i = 0; i < 14; ++i) {
    const bool few_rows = rng.below(2) != 0;
    const size_t few = 1 + rng.below(10), many = 1 + rng.below(60);
    shapes.push_back({few_rows ? few : many, few_rows ? many : few, 1 + rng.below(i % 4 == 0 ? 700u : 70u),
                      1 + rng.below(20)});
  }
  for (const auto& [rows, hidden, inputs, outputs] : shapes) {
    for (const bool by_row : {true, false}) {
      CAPTURE(rows);
      CAPTURE(hidden);
      CAPTURE(inputs);
      CAPTURE(outputs);
      CAPTURE(by_row);
      PlanWriter writer(static_cast<int32_t>(inputs));
      const auto layer = [&](int32_t x, size_t from, size_t to, Unary f, std::vector<float> codes = {}) {
        const std::vector<uint8_t> weights = random_weights(rng, from * to);
        const std::vector<float> scale = random_scales(rng, to);
        return writer.int8_dense(x, 1, f, weights, scale, random_scales(rng, to), codes);
      };
      int32_t x = by_row ? 0 : writer.quantize(0, 4.0f / 255, 127);
      x = layer(x, inputs, hidden, Unary::kRelu,
                by_row ? std::vector<float>{} : std::vector<float>{0.02f, 3});
      layer(x, hidden, outputs, Unary::kIdentity);
      const Plan plan = writer.decode();
      const std::vector<float> values = random_rows<float>(rng, rows, inputs);
      const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), values);
      each_device([&](const CudaLibrary& library, int32_t device) {
        const auto program = prepare_cuda(plan, library, device);
        CHECK(same(run(*program, values), expected));
        const std::string text = program->explain();
        CHECK((text.find("8 bits, dot products\n") != std::string::npos) == (std::min(hidden, outputs) <= 8));
        CHECK((text.find("of up to 8") != std::string::npos) == (std::max(hidden, outputs) > 8));
      });
    }
  }
}

TEST_CASE("8-bit layers after each other cut a row in different ways") {
  // Positions of the first layer and of the second one, and the columns between them: padded in one of the
  // two layouts, in both, in neither.
  const int32_t cases[][3] = {{4, 1, 64}, {1, 4, 64}, {2, 3, 90}, {2, 1, 256}, {1, 2, 128}};
  Rng rng(16);
  for (const auto& [before, after, between] : cases) {
    CAPTURE(before);
    CAPTURE(after);
    const size_t width = 8, outputs = 3, middle = static_cast<size_t>(between);
    PlanWriter writer(static_cast<int32_t>(width) * before);
    const auto layer = [&](int32_t x, int32_t positions, size_t from, size_t to, Unary f,
                           const std::vector<float>& codes) {
      const std::vector<uint8_t> weights = random_weights(rng, from * to);
      const std::vector<float> scale = random_scales(rng, to);
      return writer.int8_dense(x, positions, f, weights, scale, random_scales(rng, to), codes);
    };
    const int32_t x = layer(writer.quantize(0, 4.0f / 255, 127), before, width,
                            middle / static_cast<size_t>(before), Unary::kRelu, {0.02f, 3});
    layer(x, after, middle / static_cast<size_t>(after), outputs, Unary::kIdentity, {});
    const Plan plan = writer.decode();
    for (const size_t rows : {1u, 67u}) {
      const std::vector<float> values = random_rows<float>(rng, rows, width * static_cast<size_t>(before));
      const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), values);
      each_device([&](const CudaLibrary& library, int32_t device) {
        CHECK(same(run(*prepare_cuda(plan, library, device), values), expected));
      });
    }
  }
}

TEST_CASE("8-bit layers whose numbers others read") {
  Rng rng(17);
  PlanWriter writer(8);
  const std::vector<uint8_t> weights = random_weights(rng, 4 * 3);
  writer.activation(writer.int8_dense(0, 2, Unary::kRelu, weights, random_scales(rng, 3), {0, 1, 2}),
                    Unary::kNegate);
  const Plan plan = writer.decode();
  const std::vector<float> x = random_rows<float>(rng, 5, 8);
  const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
  each_device([&](const CudaLibrary& library, int32_t device) {
    CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
  });
}

TEST_CASE("codes whose readers cut rows in different ways") {
  for (const bool of_layer : {false, true}) {  // who makes the codes
    Rng rng(19);
    PlanWriter writer(8);
    int32_t codes = writer.quantize(0, 4.0f / 255, 127);
    if (of_layer) {
      codes = writer.int8_dense(codes, 2, Unary::kRelu, random_weights(rng, 4 * 6), random_scales(rng, 6),
                                random_scales(rng, 6), {0.02f, 3});
    }
    const size_t width = of_layer ? 12 : 8;
    std::vector<int32_t> results;
    for (const int32_t positions : {1, 2, 1}) {
      const std::vector<uint8_t> weights = random_weights(rng, width / static_cast<size_t>(positions) * 2);
      results.push_back(
          writer.int8_dense(codes, positions, Unary::kIdentity, weights, random_scales(rng, 2), {0, 1}));
    }
    writer.concat(results);
    const Plan plan = writer.decode();
    const std::vector<float> x = random_rows<float>(rng, 5, 8);
    const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
    each_device([&](const CudaLibrary& library, int32_t device) {
      CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
    });
  }
}

}  // namespace test
}  // namespace boreal
