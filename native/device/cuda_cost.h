// Where a run should be fastest: times estimated from the speeds that were measured on the device.
#pragma once

#include <cstddef>

#include "device/cuda_plan.h"

namespace boreal {

// Of a run of so many rows, transfers included.
double cuda_run_ns(const CudaPlan& plan, const BorealCudaFigures& figures, size_t rows);
double cpu_run_ns(double row_cost_ns, size_t threads, size_t rows);

// The least number of rows from which the device is faster; SIZE_MAX: it never is.
size_t cuda_break_even(const CudaPlan& plan, const BorealCudaFigures& figures, double row_cost_ns,
                       size_t threads);

// What a fit moves and computes on a device.
struct CudaTrainingWork {
  double upload_bytes = 0, download_bytes = 0;
  double traffic_bytes = 0;  // of the device's memory
  double flops = 0;
  double kernels = 0, waits = 0;  // that are started; times that the host waits for the device
};
double cuda_training_ns(const CudaTrainingWork& work, const BorealCudaFigures& figures);

}  // namespace boreal
