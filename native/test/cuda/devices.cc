#include "test/cuda/devices.h"

#include <cstdlib>
#include <utility>

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

// A function of the emulation's own.
template <typename F>
F of_emulation(const char* name) {
  void* function = nullptr;
#if !defined(_WIN32)
  void* const library = dlopen(cuda_devices().library->path().c_str(), RTLD_NOW | RTLD_LOCAL);
  function = dlsym(library, name);
  dlclose(library);  // which the plug-in keeps open
#endif
  return reinterpret_cast<F>(function);
}

void tell_of_waits(void (*heard)(const void*), const void* with) {
  of_emulation<void (*)(void (*)(const void*), const void*)>("boreal_cuda_emulated_on_wait")(heard, with);
}

}  // namespace

const CudaDevices& cuda_devices() {
  static const CudaDevices devices = look();
  return devices;
}

long live_objects() {
  return cuda_devices().emulated ? of_emulation<long (*)()>("boreal_cuda_emulated_live")() : 0;
}

OnWait::OnWait(std::function<void()> called) : called_(std::move(called)) {
  tell_of_waits([](const void* function) { (*static_cast<const std::function<void()>*>(function))(); },
                &called_);
}
OnWait::~OnWait() { tell_of_waits(nullptr, nullptr); }

uint64_t free_bytes(const CudaLibrary& library, int32_t device) {
  uint64_t bytes = 0;
  BorealCudaError error{};
  CudaLibrary::check(library.api().free_bytes(device, &bytes, &error), error);
  return bytes;
}

}  // namespace test
}  // namespace boreal
