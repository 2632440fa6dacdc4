#include "test/cuda/devices.h"

#include <cstdlib>

#include "base/error.h"

namespace boreal {
namespace test {
namespace {

CudaDevices look() {
  CudaDevices devices;
  const char* const path = std::getenv("BOREAL_CUDA_LIBRARY");
  if (path == nullptr) {
    devices.reason = "BOREAL_CUDA_LIBRARY names no plug-in";
    return devices;
  }
  try {
    const CudaLibrary& library = CudaLibrary::open(path);
    const int32_t count = library.device_count();
    if (count == 0) devices.reason = "there is no GPU";
    for (int32_t device = 0; device < count; ++device) devices.numbers.push_back(device);
    if (count > 0) {
      devices.library = &library;
      devices.emulated = library.device(0).emulated != 0;
    }
  } catch (const Error& error) {
    devices.reason = error.what();
  }
  return devices;
}

}  // namespace

const CudaDevices& cuda_devices() {
  static const CudaDevices devices = look();
  return devices;
}

uint64_t free_bytes(const CudaLibrary& library, int32_t device) {
  BorealCudaDevice info{};
  BorealCudaError error{};
  CudaLibrary::check(library.api().device_info(device, &info, &error), error);
  return info.free_bytes;
}

}  // namespace test
}  // namespace boreal
