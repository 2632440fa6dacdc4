// The devices that the tests of CUDA run on.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
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

// Objects of CUDA and of libraries that live in the emulation; 0 on a device, which does not tell.
long live_objects();

// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// Makes the emulation fail: "memory 3" or "work 1", as emulator/runtime.cc has it.
class Failing : public Variable {
 public:
  explicit Failing(const std::string& what) : Variable("BOREAL_CUDA_EMULATED_FAIL", what) {}
};

// Calls a function whenever the emulation is waited for, for as long as it lives.
class OnWait {
 public:
  explicit OnWait(std::function<void()> called);
  ~OnWait();
  OnWait(const OnWait&) = delete;
  OnWait& operator=(const OnWait&) = delete;

 private:
  const std::function<void()> called_;
};

// Leaves the emulated devices so many bytes of memory.
class SmallDevice : public Variable {
 public:
  explicit SmallDevice(uint64_t bytes) : Variable("BOREAL_CUDA_EMULATED_BYTES", std::to_string(bytes)) {}
};

}  // namespace test
}  // namespace boreal
