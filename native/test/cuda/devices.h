// The devices that the tests of CUDA run on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "device/cuda_library.h"

namespace boreal {
namespace test {

struct CudaDevices {
  const CudaLibrary* library = nullptr;
  std::vector<int32_t> numbers;
  bool emulated = false;
  std::string reason;  // why there is none
};

const CudaDevices& cuda_devices();

// body(library, number of the device), for each of them.
template <typename F>
void each_device(F body) {
  for (const int32_t device : cuda_devices().numbers) body(*cuda_devices().library, device);
}

}  // namespace test
}  // namespace boreal
