// Products on tensor cores: whole numbers, whose sums are exact whatever the order; the rounding of elements;
// and 8-bit layers against the CPU, bit by bit.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "device/cuda_elements.h"
#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

constexpr BorealCudaElement kKinds[] = {BOREAL_CUDA_FLOAT16, BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_TF32};

bool multiplies(const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
  return library.device(device).major >= 8 || kind == BOREAL_CUDA_FLOAT16;
}
std::unique_ptr<Program<float>> prepare_tensor(const Plan& plan, const CudaLibrary& library, int32_t device,
                                               BorealCudaElement kind) {
  return prepare_cuda(plan, library, device, kCudaPassBytes, kind);
}
// body(library, device, kind) for all that multiply such elements.
template <typename F>
void each_kind(F body) {
  each_device([&](const CudaLibrary& library, int32_t device) {
    for (const BorealCudaElement kind : kKinds) {
      CAPTURE(device);
      CAPTURE(static_cast<int>(kind));
      if (multiplies(library, device, kind)) body(library, device, kind);
    }
  });
}

// From -6 to 6: their products add up exactly in float32.
template <typename T>
std::vector<T> whole_numbers(Rng& rng, size_t count) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(static_cast<int>(rng.below(13)) - 6);
  return values;
}
std::vector<float> real_numbers(Rng& rng, size_t count) { return random_rows<float>(rng, count, 1); }

std::vector<uint8_t> random_weights(Rng& rng, size_t count) {
  std::vector<uint8_t> weights(count);
  for (uint8_t& weight : weights) weight = static_cast<uint8_t>(static_cast<int>(rng.below(255)) - 127);
  return weights;
}
std::vector<float> random_scales(Rng& rng, size_t count) {
  std::vector<float> scales(count);
  for (float& scale : scales) scale = 0.001f + static_cast<float>(rng.uniform()) / 64;
  return scales;
}

std::vector<float> first_rows(const std::vector<float>& x, size_t rows, size_t width) {
  return {x.begin(), x.begin() + static_cast<std::ptrdiff_t>(rows * width)};
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

TEST_CASE("the large tile of tensor products gives the bits of few rows") {
  const size_t inputs = 40, outputs = 1024, rows = 1500;  // 12 x 8 tiles
  Rng rng(13);
  PlanWriter writer(inputs);
  std::vector<double> weights;
  for (const float value : real_numbers(rng, inputs * outputs)) weights.push_back(static_cast<double>(value));
  writer.dense(0, weights, std::vector<double>(outputs, 0.5));
  const Plan plan = writer.decode();
  const std::vector<float> x = random_rows<float>(rng, rows, inputs);
  each_device([&](const CudaLibrary& library, int32_t device) {
    if (device > 0) return;  // the emulation takes a second for it
    const auto program = prepare_tensor(plan, library, device, BOREAL_CUDA_FLOAT16);
    const std::vector<float> all = run(*program, x);
    for (const size_t row : {size_t{0}, size_t{127}, size_t{128}, size_t{1000}, rows - 1}) {
      const std::vector<float> one(x.begin() + static_cast<long>(row * inputs),
                                   x.begin() + static_cast<long>((row + 1) * inputs));
      const std::vector<float> y = run(*program, one);
      CHECK(std::equal(y.begin(), y.end(), all.begin() + static_cast<long>(row * outputs)));
    }
  });
}

TEST_CASE(
    "warp groups: exact sums, rings of stages that go round, and the same bits in both shapes of tiles") {
  const size_t inputs = 300, outputs = 270, rows = 130;  // k ends within a stage, tiles beyond the matrices
  Rng rng(15);
  PlanWriter whole(inputs), real(inputs);
  whole.dense(0, whole_numbers<double>(rng, inputs * outputs), whole_numbers<double>(rng, outputs),
              Unary::kRelu);
  std::vector<double> weights;
  for (const float value : real_numbers(rng, inputs * outputs)) weights.push_back(static_cast<double>(value));
  real.dense(0, weights, std::vector<double>(outputs, 0.5));
  const Plan whole_plan = whole.decode(), real_plan = real.decode();
  const std::vector<float> x = whole_numbers<float>(rng, rows * inputs);
  const std::vector<float> expected = reference<float>(whole_plan, x);
  const std::vector<float> y = random_rows<float>(rng, rows, inputs);
  each_kind([&](const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
    const BorealCudaDevice& info = library.device(device);
    if (info.major != 9) return;
    const auto program = prepare_tensor(whole_plan, library, device, kind);
    CHECK(program->explain().find("warp groups") != std::string::npos);
    CHECK(same(run(*program, x), expected));
    const auto near = prepare_tensor(real_plan, library, device, kind);
    const std::vector<float> all = run(*near, y);
    for (const size_t row : {size_t{0}, size_t{77}, rows - 1}) {
      const std::vector<float> one(y.begin() + static_cast<long>(row * inputs),
                                   y.begin() + static_cast<long>((row + 1) * inputs));
      const std::vector<float> alone = run(*near, one);
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<long>(row * outputs)));
    }
  });
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

TEST_CASE("codes whose readers cut rows in different ways are refused") {
  PlanWriter writer(8);
  const int32_t codes = writer.quantize(0, 0.1f, 0);
  const int32_t one =
      writer.int8_dense(codes, 1, Unary::kIdentity, std::vector<uint8_t>(8 * 2, 1), {1, 1}, {0, 0});
  const int32_t two =
      writer.int8_dense(codes, 2, Unary::kIdentity, std::vector<uint8_t>(4 * 2, 1), {1, 1}, {0, 0});
  writer.concat({one, two});
  const Plan plan = writer.decode();
  each_device([&](const CudaLibrary& library, int32_t device) {
    CHECK(error_code([&] { prepare_cuda(plan, library, device); }) == "ERR_NOT_SUPPORTED");
  });
}

}  // namespace test
}  // namespace boreal
