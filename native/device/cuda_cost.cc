#include "device/cuda_cost.h"

#include <algorithm>
#include <cstdint>

namespace boreal {
namespace {

// Kernels reach this share of what the measured ones do.
constexpr double kShare = 0.5;
// No estimate is looked at beyond so many rows.
constexpr size_t kMostRows = size_t{1} << 30;

}  // namespace

double cuda_run_ns(const CudaPlan& plan, const BorealCudaFigures& figures, size_t rows) {
  const double count = static_cast<double>(rows);
  const double passes = static_cast<double>((rows + plan.max_rows - 1) / plan.max_rows);
  const double starts =
      figures.round_trip_ns + passes * figures.step_ns * static_cast<double>(plan.steps.size());
  const double upload = 4.0 * static_cast<double>(plan.input_width) / figures.upload_bytes_per_ns;
  const double download = 4.0 * static_cast<double>(plan.output_width) / figures.download_bytes_per_ns;
  const double work = plan.row_flops / (kShare * figures.flops_per_ns) +
                      plan.row_traffic / (kShare * figures.memory_bytes_per_ns);
  return starts + count * (upload + download + work);
}

double cpu_run_ns(double row_cost_ns, size_t threads, size_t rows) {
  // A thread more is worth nothing to a row alone.
  const double shares = static_cast<double>(std::clamp<size_t>(rows, 1, std::max<size_t>(threads, 1)));
  return row_cost_ns * static_cast<double>(rows) / shares;
}

size_t cuda_break_even(const CudaPlan& plan, const BorealCudaFigures& figures, double row_cost_ns,
                       size_t threads) {
  const auto faster = [&](size_t rows) {
    return cuda_run_ns(plan, figures, rows) < cpu_run_ns(row_cost_ns, threads, rows);
  };
  size_t high = 1;
  while (!faster(high)) {
    if (high >= kMostRows) return SIZE_MAX;
    high *= 2;
  }
  // Past the first power of two the answer changes once.
  size_t low = high / 2;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (faster(middle) ? high : low) = middle;
  }
  return high;
}

double cuda_training_ns(const CudaTrainingWork& work, const BorealCudaFigures& figures) {
  return work.waits * figures.round_trip_ns + work.kernels * figures.step_ns +
         work.upload_bytes / figures.upload_bytes_per_ns +
         work.download_bytes / figures.download_bytes_per_ns + work.flops / (kShare * figures.flops_per_ns) +
         work.traffic_bytes / (kShare * figures.memory_bytes_per_ns);
}

}  // namespace boreal
