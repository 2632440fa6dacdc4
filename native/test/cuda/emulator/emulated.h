// What the emulation counts: objects of the runtime and of cublasLt that live, for tests of what leaks.
#pragma once

#include <cuda_runtime.h>

#include <atomic>

namespace emulator {

struct Live {
  std::atomic<long> streams{0}, graphs{0}, pinned{0}, library_objects{0};
};
extern Live live;

bool is_recorded(const Stream* stream);

}  // namespace emulator

// All of them together; the tests look it up in the library.
extern "C" long boreal_cuda_emulated_live();
// Calls heard(with) whenever a stream is waited for; null ends that.
extern "C" void boreal_cuda_emulated_on_wait(void (*heard)(const void*), const void* with);
