// The CUDA plug-in of this process: a shared library that is opened when a GPU is asked for, and stays open.
// Its devices, and errors in our words and codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "device/cuda_api.h"

namespace boreal {

// What the plug-in's functions ask for `stop`: context is a CancelToken.
inline int cuda_is_cancelled(const void* token) {
  return static_cast<const CancelToken*>(token)->cancelled() ? 1 : 0;
}

class CudaLibrary {
 public:
  // The library at the path, or the one that is open already. Throws ERR_CUDA_PLUGIN when it does not load or
  // belongs to another release.
  static const CudaLibrary& open(const std::string& path);

  // Throws ERR_CUDA_DRIVER when there is no usable driver.
  int32_t device_count() const;
  // Throws ERR_DEVICE for a number beyond the devices here.
  const BorealCudaDevice& device(int32_t index) const;
  // Throws ERR_DEVICE for a GPU that is older than all that the plug-in has code for, too.
  const BorealCudaDevice& usable_device(int32_t index) const;
  // Measured once per device.
  const BorealCudaFigures& figures(int32_t index) const;
  const BorealCudaApi& api() const { return *api_; }
  const std::string& path() const { return path_; }

  // Throws the Error that a status other than BOREAL_CUDA_OK stands for.
  static void check(int status, const BorealCudaError& error);
  static void check_capability(const BorealCudaDevice& device);

 private:
  CudaLibrary(std::string path, const BorealCudaApi* api) : path_(std::move(path)), api_(api) {}

  std::string path_;
  const BorealCudaApi* api_;
};

// A GPU that a fit trains on; without a library it trains on the CPU.
struct CudaTarget {
  const CudaLibrary* library = nullptr;
  int32_t device = 0;

  bool is_gpu() const { return library != nullptr; }
};

}  // namespace boreal
