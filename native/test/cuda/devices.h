// The devices that the tests of CUDA run on.
#pragma once

#include <cstdint>
#include <cstdlib>
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

uint64_t free_bytes(const CudaLibrary& library, int32_t device);

// Makes the emulation fail for as long as it lives: "memory 3" or "work 1", as emulator/runtime.cc has it.
class Failing {
 public:
  explicit Failing(const std::string& what) { setenv("BOREAL_CUDA_EMULATED_FAIL", what.c_str(), 1); }
  ~Failing() { unsetenv("BOREAL_CUDA_EMULATED_FAIL"); }
};

// Leaves the emulated devices so many bytes of memory for as long as it lives.
class SmallDevice {
 public:
  explicit SmallDevice(uint64_t bytes) {
    setenv("BOREAL_CUDA_EMULATED_BYTES", std::to_string(bytes).c_str(), 1);
  }
  ~SmallDevice() { unsetenv("BOREAL_CUDA_EMULATED_BYTES"); }
};

}  // namespace test
}  // namespace boreal
