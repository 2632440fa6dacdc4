#include "test/cuda/devices.h"

#include <cstdlib>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

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

long live_objects() {
  long count = 0;
#if !defined(_WIN32)
  if (!cuda_devices().emulated) return 0;
  void* const library = dlopen(cuda_devices().library->path().c_str(), RTLD_NOW | RTLD_LOCAL);
  count = reinterpret_cast<long (*)()>(dlsym(library, "boreal_cuda_emulated_live"))();
  dlclose(library);
#endif
  return count;
}

uint64_t free_bytes(const CudaLibrary& library, int32_t device) {
  uint64_t bytes = 0;
  BorealCudaError error{};
  CudaLibrary::check(library.api().free_bytes(device, &bytes, &error), error);
  return bytes;
}

}  // namespace test
}  // namespace boreal
