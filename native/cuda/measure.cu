#include <algorithm>
#include <vector>

#include "cuda/measure.cuh"
#include "cuda/program.cuh"
#include "cuda/stream.cuh"
#include "kernels/functions.h"

namespace boreal {
namespace cuda {
namespace {

BorealCudaStep step_of(BorealCudaKernel kernel, uint32_t width) {
  BorealCudaStep step{};
  step.kernel = kernel;
  step.in_width[0] = step.out_width = width;
  step.out = 1;
  std::fill_n(step.c, 3, BOREAL_CUDA_NONE);
  return step;
}

// A plan of one step repeated, run on its own buffers.
double run_ns(int device, const BorealCudaStep& step, uint32_t repeats, const std::vector<float>& arena,
              uint64_t rows, bool copies) {
  const uint32_t width = step.in_width[0];
  const std::vector<BorealCudaStep> steps(repeats, step);
  const uint64_t row_bytes[2] = {width * sizeof(float), step.out_width * sizeof(float)};
  const BorealCudaPlan plan{
      steps.data(), repeats, width,  step.out_width, 2, row_bytes, arena.data(), arena.size() * sizeof(float),
      rows,         0,       nullptr};
  if (copies) {
    Program program(device, plan);
    const std::vector<float> x(rows * width, 1.0f);
    std::vector<float> out(rows * step.out_width);
    return least_ns([&] { program.run(x.data(), rows, out.data(), nullptr, nullptr); });
  }
  LoadedPlan loaded;
  loaded.arena = DeviceMemory(plan.arena_bytes);
  DeviceMemory x(rows * row_bytes[0]), y(rows * row_bytes[1]);
  if (plan.arena_bytes > 0) check(cudaMemset(loaded.arena.data(), 0, plan.arena_bytes), "clearing memory");
  check(cudaMemset(x.data(), 0, x.bytes()), "clearing memory");
  void* const buffers[2] = {x.data(), y.data()};
  // A stream of its own: waiting for all of the device would break what other threads record meanwhile.
  check(cudaStreamSynchronize(nullptr), "clearing memory");
  const Stream stream;
  const double ns = least_ns([&] {
    for (const BorealCudaStep& each : steps) {
      run_step({each, buffers, loaded.arena.data(), static_cast<uint32_t>(rows), static_cast<uint32_t>(rows),
                nullptr, stream});
    }
    stream.wait("measuring");
  });
  return ns / repeats;
}

}  // namespace

BorealCudaFigures measure(int device) {
  // An emulated device need not show what it can do.
#ifdef __CUDACC__
  constexpr uint64_t kSide = 2048, kRows = uint64_t{1} << 18;
#else
  constexpr uint64_t kSide = 17, kRows = 64;
#endif
  constexpr uint32_t kWidth = 32;
  BorealCudaStep copy = step_of(BOREAL_CUDA_UNARY, kWidth);
  copy.n[0] = static_cast<int32_t>(Unary::kNegate);
  BorealCudaStep product = step_of(BOREAL_CUDA_PRODUCT, kSide);
  product.c[0] = 0;
  BorealCudaStep narrow = step_of(BOREAL_CUDA_FOLD, kWidth);  // many columns in, few out
  narrow.out_width = 1;

  BorealCudaFigures figures{};
  const double bytes = static_cast<double>(kRows * kWidth * sizeof(float));
  figures.round_trip_ns = run_ns(device, copy, 1, {}, 1, true);
  figures.step_ns = std::max(run_ns(device, copy, 65, {}, 1, true) - figures.round_trip_ns, 0.0) / 64;
  const double in_ns = run_ns(device, narrow, 1, {}, kRows, true);
  const double both_ns = run_ns(device, copy, 1, {}, kRows, true);
  const double copy_ns = run_ns(device, copy, 8, {}, kRows, false);
  figures.upload_bytes_per_ns = bytes / std::max(in_ns - figures.round_trip_ns, 1.0);
  figures.download_bytes_per_ns = bytes / std::max(both_ns - in_ns, 1.0);
  figures.memory_bytes_per_ns = 2 * bytes / copy_ns;
  const double product_ns = run_ns(device, product, 4, std::vector<float>(kSide * kSide), kSide, false);
  figures.flops_per_ns = 2.0 * static_cast<double>(kSide * kSide) * static_cast<double>(kSide) / product_ns;
  return figures;
}

}  // namespace cuda
}  // namespace boreal
