// What a program on a device owes its callers when memory or the device fails: an error of the call that met
// it, nothing left behind, and a next call that works.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

// A driver keeps some of what was given back.
void check_given_back(const CudaLibrary& library, int32_t device, uint64_t before) {
  const uint64_t kept = cuda_devices().emulated ? 0 : uint64_t{64} << 20;
  CHECK(free_bytes(library, device) + kept >= before);
}

Plan small_plan(PlanWriter& writer) {
  writer.activation(writer.gather(0, {1, 0, 1}), Unary::kTanh);
  return writer.decode();
}

// One row of it takes an eighth of the device.
class Hungry {
 public:
  Hungry(const CudaLibrary& library, int32_t device) : api_(library.api()) {
    BorealCudaStep step{};
    step.kernel = BOREAL_CUDA_PLACE;
    step.out = 1;
    step.in_width[0] = step.out_width = 1;
    const uint64_t row_bytes[] = {4, 4, library.device(device).total_bytes / 8};
    const BorealCudaPlan plan{&step, 1, 1, 1, 3, row_bytes, nullptr, 0, 1, 0, nullptr};
    BorealCudaError error{};
    CudaLibrary::check(api_.create(device, &plan, &program_, &error), error);
  }
  ~Hungry() { api_.destroy(program_); }
  Hungry(const Hungry&) = delete;
  Hungry& operator=(const Hungry&) = delete;

  void run() {
    const float x = 3;
    float y = 0;
    BorealCudaError error{};
    CudaLibrary::check(api_.run(program_, &x, 1, &y, nullptr, nullptr, &error), error);
    CHECK(y == x);
  }

 private:
  const BorealCudaApi& api_;
  BorealCudaProgram* program_ = nullptr;
};

}  // namespace

TEST_CASE("memory: a full device is an error, and the next call works") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    Rng rng(6);
    PlanWriter writer(2);
    const auto kept = prepare_cuda(small_plan(writer), library, device);
    const std::vector<float> x = random_rows<float>(rng, 10, 2), expected = run(*kept, x);
    const uint64_t before = free_bytes(library, device);
    {
      std::vector<std::unique_ptr<Hungry>> programs;
      std::string code = "none";
      while (code == "none" && programs.size() < 9) {
        programs.push_back(std::make_unique<Hungry>(library, device));
        code = error_code([&] { programs.back()->run(); });
      }
      CHECK(code == "ERR_OUT_OF_MEMORY");
      CHECK(same(run(*kept, x), expected));
      programs.erase(programs.begin());
      CHECK(error_code([&] { programs.back()->run(); }) == "none");
    }
    check_given_back(library, device, before);
  });
}

TEST_CASE("memory: a program keeps its buffers when a run is refused or aborted") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    const BorealCudaApi& api = library.api();
    BorealCudaStep steps[2]{};
    for (BorealCudaStep& step : steps) step.out = step.in_width[0] = step.out_width = 1;
    steps[0].kernel = BOREAL_CUDA_CHECK;
    steps[1].kernel = BOREAL_CUDA_PLACE;
    const uint64_t row_bytes[] = {4, 4};
    const BorealCudaPlan plan{steps, 2, 1, 1, 2, row_bytes, nullptr, 0, 8, 0, nullptr};
    BorealCudaProgram* program = nullptr;
    BorealCudaError error{};
    REQUIRE(api.create(device, &plan, &program, &error) == BOREAL_CUDA_OK);
    std::vector<float> x(100, 1.0f), y(100);
    const auto status = [&](int (*stop)(const void*)) {
      return api.run(program, x.data(), x.size(), y.data(), stop, &x, &error);
    };
    CHECK(status(nullptr) == BOREAL_CUDA_OK);
    const uint64_t bytes = api.memory_bytes(program);
    CHECK(status([](const void*) { return 1; }) == BOREAL_CUDA_ABORTED);
    CHECK(api.memory_bytes(program) == bytes);
    x[20] = NAN;
    CHECK(status(nullptr) == BOREAL_CUDA_REJECTED);
    CHECK(error.row == 20);
    CHECK(api.memory_bytes(program) == bytes);
    x[20] = 1;
    CHECK(status(nullptr) == BOREAL_CUDA_OK);
    CHECK(y == x);
    api.destroy(program);
  });
}

TEST_CASE("memory: programs that come and go leave nothing behind") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    PlanWriter writer(2);
    const Plan plan = small_plan(writer);
    const std::vector<float> x = {1, 2, 3, 4}, expected = run(*prepare_cuda(plan, library, device), x);
    const uint64_t before = free_bytes(library, device);
    const long live = live_objects();
    const int cycles = 10000;
    int right = 0;
    for (int cycle = 0; cycle < cycles; ++cycle) {
      right += same(run(*prepare_cuda(plan, library, device), x), expected);
    }
    CHECK(right == cycles);
    CHECK(live_objects() == live);
    check_given_back(library, device, before);
  });
}

TEST_CASE("memory: a driver that is too old says for which CUDA it is, and the next look finds another") {
  if (!cuda_devices().emulated) return;
  const CudaLibrary& library = *cuda_devices().library;
  const Failing failing("driver 1");
  std::string message;
  try {
    library.device_count();
  } catch (const Error& error) {
    CHECK(std::string(error.code()) == "ERR_CUDA_DRIVER");
    message = error.what();
  }
  CHECK(message.find("one for CUDA 13.0, and one for CUDA 13.0 is needed") != std::string::npos);
  CHECK(library.device_count() > 0);
}

TEST_CASE("memory: any call that needs some may fail") {
  if (!cuda_devices().emulated) return;  // a device cannot be told to fail
  each_device([&](const CudaLibrary& library, int32_t device) {
    PlanWriter writer(2);
    const Plan plan = small_plan(writer);
    const std::vector<float> x = {1, 2, 3, 4}, expected = run(*prepare_cuda(plan, library, device), x);
    const uint64_t before = free_bytes(library, device);
    // At create, at the first run, and at the second one of so many rows, which is recorded as a graph.
    int failed = 0;
    for (int nth = 1; nth <= 12; ++nth) {
      CAPTURE(nth);
      std::unique_ptr<Program<float>> program;
      std::string code;
      {
        const Failing failing("memory " + std::to_string(nth));
        code = error_code([&] {
          program = prepare_cuda(plan, library, device);
          for (int again = 0; again < 3; ++again) {
            const std::vector<float> y = run(*program, x);  // what it throws is no failed check
            CHECK(same(y, expected));
          }
        });
      }
      CHECK((code == "none" || code == "ERR_OUT_OF_MEMORY"));
      failed += code == "none" ? 0 : 1;
      if (program == nullptr) program = prepare_cuda(plan, library, device);
      for (int again = 0; again < 3; ++again) CHECK(same(run(*program, x), expected));
      program.reset();
      CHECK(free_bytes(library, device) == before);
    }
    CHECK(failed >= 2);
  });
}

TEST_CASE("a kernel's failure is an error of the call that started it") {
  if (!cuda_devices().emulated) return;
  each_device([&](const CudaLibrary& library, int32_t device) {
    PlanWriter writer(2);
    const auto program = prepare_cuda(small_plan(writer), library, device);
    const std::vector<float> x = {1, 2, 3, 4}, expected = run(*program, x);
    const Failing failing("work 1");
    CHECK(error_code([&] { run(*program, x); }) == "ERR_CUDA");
    CHECK(same(run(*program, x), expected));
  });
}

}  // namespace test
}  // namespace boreal
