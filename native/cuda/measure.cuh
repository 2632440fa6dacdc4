// The speeds of a device, measured in a few milliseconds.
#pragma once

#include <algorithm>
#include <chrono>

#include "device/cuda_api.h"

namespace boreal {
namespace cuda {

// The least of a few runs of work, in nanoseconds; the first one warms up.
template <typename F>
double least_ns(F work) {
  using Clock = std::chrono::steady_clock;
  work();
  double least = 1e30;
  for (int i = 0; i < 3; ++i) {
    const Clock::time_point begin = Clock::now();
    work();
    least = std::min(least, std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  return least;
}

// The device is current.
BorealCudaFigures measure(int device);

}  // namespace cuda
}  // namespace boreal
