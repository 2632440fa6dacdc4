// A Plan as steps for the CUDA plug-in: which kernels run, in which buffers, over which packed constants.
// Pure computation that needs neither a plug-in nor a device.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "device/cuda_api.h"
#include "plan/plan.h"

namespace boreal {

// Constants one after another, each at a multiple of 256 bytes.
class CudaArena {
 public:
  template <typename T>
  uint64_t add(const T* data, size_t count) {
    const size_t offset = (bytes_.size() + kAlign - 1) / kAlign * kAlign;
    bytes_.resize(offset + count * sizeof(T));
    if (count > 0) std::memcpy(bytes_.data() + offset, data, count * sizeof(T));
    return offset;
  }
  template <typename T>
  uint64_t add(const std::vector<T>& values) {
    return add(values.data(), values.size());
  }
  // In float32.
  uint64_t add_floats(Span<double> values);

  const std::vector<unsigned char>& bytes() const { return bytes_; }

 private:
  static constexpr size_t kAlign = 256;
  std::vector<unsigned char> bytes_;
};

// NVIDIA's library, whose products may take the place of the plug-in's where they are faster.
struct CudaMathLibrary {
  uint64_t rows = 0;  // of the runs that are to be fast; 0: it is not looked for
  std::string path;   // empty: as the system finds it
};

struct CudaPlan {
  size_t input_width = 0, output_width = 0;
  std::vector<BorealCudaStep> steps;
  std::vector<std::string> details;  // of each step, for people
  CudaArena arena;
  std::vector<uint64_t> row_bytes;  // of each buffer
  uint64_t max_rows = 0;            // of a pass
  CudaMathLibrary math_library;
  double row_flops = 0;    // work of a row, as additions and multiplications
  double row_traffic = 0;  // bytes of a row that its steps read and write on the device

  // Borrows what this plan owns.
  BorealCudaPlan view() const;
};

// What layers on tensor cores multiply, the compute capability (10 major + minor) of the device that does,
// and how layers are planned.
struct CudaArithmetic {
  BorealCudaElement products = BOREAL_CUDA_FLOAT32;
  int32_t capability = 75;
  bool together = true;  // narrow layers, one after another, are one kernel
};

// Throws ERR_NOT_SUPPORTED, naming the op, when a step has no kernel, or when the device does not multiply
// such elements. shared_bytes: what a block of the device can have, for the size of batches of trees;
// pass_bytes: device memory for the buffers of one pass.
constexpr uint64_t kCudaPassBytes = uint64_t{256} << 20;
CudaPlan plan_cuda(const Plan& plan, size_t shared_bytes, uint64_t pass_bytes = kCudaPassBytes,
                   CudaArithmetic arithmetic = {});

const char* cuda_kernel_name(const BorealCudaStep& step);

}  // namespace boreal
