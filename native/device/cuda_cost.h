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

}  // namespace boreal
