// Where bench_cuda measures, and what its sections share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "device/cuda_program.h"

namespace boreal {

inline std::vector<double> random_values(Rng& rng, size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<float>(rng.uniform() * 2 - 1) / 16;
  return values;
}
// Values keep their spread through layers of them: else these would multiply zeros in the end.
inline std::vector<double> random_weights(Rng& rng, size_t inputs, size_t outputs) {
  std::vector<double> weights(inputs * outputs);
  const double size = std::sqrt(6 / static_cast<double>(inputs));
  for (double& weight : weights) weight = static_cast<float>((rng.uniform() * 2 - 1) * size);
  return weights;
}

// Of a run from the host's memory to the host's memory.
inline double run_ns(const Program<float>& program, const std::vector<float>& x, int repeats) {
  const size_t rows = x.size() / program.input_width();
  std::vector<float> out(rows * program.output_width());
  program.run(x.data(), rows, out.data(), 0, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) program.run(x.data(), rows, out.data(), 0, nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / repeats;
}

class GpuBench {
 public:
  GpuBench(const CudaLibrary& library, int32_t device, bool small)
      : library_(library), device_(device), small_(small) {}

 protected:
  // Nanoseconds of the plan on rows that are on the device.
  double resident_ns(const CudaPlan& plan, uint64_t rows) {
    BorealCudaPlan view = plan.view();
    view.library_rows = library_rows_;
    BorealCudaProgram* program = nullptr;
    BorealCudaError error{};
    CudaLibrary::check(library_.api().create(device_, &view, &program, &error), error);
    const char* note = "";
    library_.api().step_library(program, view.step_count - 1, &note);
    note_ = note;
    double ns = 0;
    const uint64_t pass = std::min(rows, plan.max_rows);
    std::vector<float> x(pass * plan.input_width);
    for (float& value : x) value = static_cast<float>(rng_.uniform() * 2 - 1);
    const int status = library_.api().time_pass(program, x.data(), pass, small_ ? 1 : 10, &ns, &error);
    library_.api().destroy(program);
    CudaLibrary::check(status, error);
    return ns * static_cast<double>(rows) / static_cast<double>(pass);
  }
  CudaPlan steps_of(const Plan& plan, BorealCudaElement products = BOREAL_CUDA_FLOAT32,
                    bool together = true) {
    const BorealCudaDevice& device = library_.device(device_);
    return plan_cuda(plan, device.shared_bytes, uint64_t{8} << 30,
                     {products, 10 * device.major + device.minor, together});
  }
  std::unique_ptr<Program<float>> program_of(const Plan& plan) {
    return prepare_cuda(plan, library_, device_);
  }

  const CudaLibrary& library_;
  const int32_t device_;
  const bool small_;
  uint64_t library_rows_ = 0;  // as CudaMathLibrary has them
  std::string note_;           // of the last step that was timed
  Rng rng_{7};
};

}  // namespace boreal
