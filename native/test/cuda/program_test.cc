// What a program on a device owes its callers: refusals, passes, threads, memory.
#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "device/cuda_cost.h"
#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/cuda/op_cases.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

struct Thrown {
  std::string code = "none";
  int64_t row = -1, column = -1;
  int32_t op = -1;
};
Thrown thrown(const Program<float>& program, const std::vector<float>& x,
              const CancelToken* cancel = nullptr) {
  std::vector<float> out(x.size() / program.input_width() * program.output_width());
  try {
    program.run(x.data(), x.size() / program.input_width(), out.data(), 0, cancel);
  } catch (const Error& error) {
    return {error.code(), error.row(), error.column(), error.op()};
  }
  return {};
}

// A network whose scratch is so wide that passes are short.
Plan wide_plan(PlanWriter& writer, Rng& rng, size_t hidden) {
  std::vector<double> weights(2 * hidden), back(hidden);
  for (double& value : weights) value = rng.uniform();
  for (double& value : back) value = rng.uniform() / static_cast<double>(hidden);
  const int32_t x = writer.dense(writer.check(0, FiniteRule::kFinite), weights,
                                 std::vector<double>(hidden, 0.5), Unary::kRelu);
  writer.dense(x, back, {0.25});
  return writer.decode();
}

}  // namespace

TEST_CASE("the first bad row is refused, whichever op refuses it, and the program goes on") {
  PlanWriter writer(3);
  const int32_t checked = writer.check(0, FiniteRule::kFiniteOrNan);
  const int32_t codes = writer.category(checked, {0, 1, 2, 3}, {1, 1, 1}, true);
  writer.check(codes, FiniteRule::kFinite);
  const Plan plan = writer.decode();
  each_device([&](const CudaLibrary& library, int32_t device) {
    const auto program = prepare_cuda(plan, library, device);
    std::vector<float> x(3 * 500, 1.0f);
    CHECK(thrown(*program, x).code == "none");
    x[3 * 400 + 1] = INFINITY;
    Thrown refused = thrown(*program, x);
    CHECK(refused.code == "ERR_INPUT_INFINITE");
    CHECK(refused.row == 400);
    CHECK(refused.column == 1);
    CHECK(refused.op == 0);
    x[3 * 300 + 2] = 7;
    refused = thrown(*program, x);
    CHECK(refused.code == "ERR_UNKNOWN_CATEGORY");
    CHECK(refused.row == 300);
    CHECK(refused.column == 2);
    CHECK(refused.op == 1);
    CHECK(thrown(*program, std::vector<float>(3, 1.0f)).code == "none");
  });
}

TEST_CASE("runs of many passes, recorded runs, and no rows") {
  Rng rng(3);
  PlanWriter writer(2);
  const Plan plan = wide_plan(writer, rng, 50);
  const std::vector<float> x = random_rows<float>(rng, 117, 2);
  each_device([&](const CudaLibrary& library, int32_t device) {
    const std::vector<float> whole = run(*prepare_cuda(plan, library, device), x);
    for (const uint64_t pass_bytes : {1, 1000, 10000}) {  // passes of 1, 4 and 47 rows
      const auto program = prepare_cuda(plan, library, device, pass_bytes);
      for (int again = 0; again < 4; ++again) CHECK(same(run(*program, x), whole));
      CHECK(run(*program, std::vector<float>()).empty());
    }
  });
}

TEST_CASE("a row of more positions than rows of a pass may have") {
  const int32_t parts = (1 << 20) + 1, width = 2 * parts;
  PlanWriter writer = layer_plan(width, width, {1, 4, double(width), 17, 0, 2}, {});
  const Plan plan = writer.decode();
  const CudaPlan steps = plan_cuda(plan, 96 << 10);
  CHECK(steps.max_rows == 1);
  BorealCudaPlan view = steps.view();
  view.max_rows = 0;
  each_device([&](const CudaLibrary& library, int32_t device) {
    CHECK(cuda_break_even(steps, library.figures(device), 1e9, 1) >= 1);
    BorealCudaProgram* program = nullptr;
    BorealCudaError error{};
    CHECK(library.api().create(device, &view, &program, &error) == BOREAL_CUDA_FAILED);
  });
}

TEST_CASE("passes end in order, refusals of later ones keep their row") {
  PlanWriter writer(3);
  writer.check(writer.activation(0, Unary::kNegate), FiniteRule::kFinite);
  const Plan plan = writer.decode();
  each_device([&](const CudaLibrary& library, int32_t device) {
    const auto program = prepare_cuda(plan, library, device, 24 * 100);
    std::vector<float> x(3 * 1100, 0.5f);
    x[3 * 1099] = NAN;
    x[3 * 1050 + 2] = NAN;
    const Thrown refused = thrown(*program, x);
    CHECK(refused.code == "ERR_INPUT_NAN");
    CHECK(refused.row == 1050);
    CHECK(refused.column == 2);
  });
}

TEST_CASE("many threads run one program") {
  Rng rng(4);
  PlanWriter writer(2);
  const Plan plan = wide_plan(writer, rng, 100);
  each_device([&](const CudaLibrary& library, int32_t device) {
    const auto program = prepare_cuda(plan, library, device);
    const std::vector<float> x = random_rows<float>(rng, 50, 2);
    const std::vector<float> expected = run(*program, x);
    std::vector<std::thread> threads;
    std::vector<int> right(8, 0);
    for (size_t t = 0; t < right.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5; ++i) right[t] += same(run(*program, x), expected);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int count : right) CHECK(count == 5);
  });
}

TEST_CASE("an abort ends a run") {
  Rng rng(5);
  PlanWriter writer(2);
  const Plan plan = wide_plan(writer, rng, 16);
  CancelToken token;
  token.cancel();
  each_device([&](const CudaLibrary& library, int32_t device) {
    const auto program = prepare_cuda(plan, library, device);
    CHECK(thrown(*program, {1, 2}, &token).code == "ERR_ABORTED");
    CHECK(thrown(*program, {1, 2}).code == "none");
  });
}

TEST_CASE("devices: what does not exist is refused; figures are positive") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    const BorealCudaFigures& figures = library.figures(device);
    CHECK(figures.round_trip_ns > 0);
    CHECK(figures.step_ns >= 0);
    CHECK(figures.upload_bytes_per_ns > 0);
    CHECK(figures.download_bytes_per_ns > 0);
    CHECK(figures.memory_bytes_per_ns > 0);
    CHECK(figures.flops_per_ns > 0);
  });
  const CudaLibrary& library = *cuda_devices().library;
  const int32_t beyond = static_cast<int32_t>(cuda_devices().numbers.size());
  CHECK(error_code([&] { library.device(beyond); }) == "ERR_DEVICE");
  CHECK(error_code([&] { library.device(-1); }) == "ERR_DEVICE");
}

}  // namespace test
}  // namespace boreal
