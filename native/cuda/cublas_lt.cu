#include "cuda/cublas_lt.cuh"
#include "cuda/launch.cuh"

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace boreal {
namespace cuda {
namespace {

constexpr size_t kOldest = 120000, kBelow = 140000;  // versions whose interface is the one declared here

#if !defined(_WIN32)
void* open_library(const char* path, std::string* reason) {
  *reason = "cublasLt is not installed";
  if (path != nullptr) {
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) *reason = std::string("cublasLt does not load: ") + dlerror();
    return library;
  }
  void* library = nullptr;
#ifdef __CUDACC__  // the streams of an emulation are none that the library could use
  for (const char* const name : {"libcublasLt.so.13", "libcublasLt.so.12"}) {
    if (library == nullptr) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
#endif
  return library;
}

template <typename F>
bool find(void* library, const char* name, F* function) {
  *function = reinterpret_cast<F>(dlsym(library, name));
  return *function != nullptr;
}
#endif

std::string version_text(size_t version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace

std::string open_cublas_lt(const char* path, CublasLt* library) {
#if defined(_WIN32)
  static_cast<void>(path);
  static_cast<void>(library);
  return "cublasLt is not looked for on Windows";
#else
  std::string reason;
  void* const handle = open_library(path, &reason);
  if (handle == nullptr) return reason;
  CublasLt& lt = *library;
  const bool complete =
      find(handle, "cublasLtGetVersion", &lt.version) && find(handle, "cublasLtCreate", &lt.create) &&
      find(handle, "cublasLtDestroy", &lt.destroy) && find(handle, "cublasLtMatmul", &lt.multiply) &&
      find(handle, "cublasLtMatmulDescCreate", &lt.create_product) &&
      find(handle, "cublasLtMatmulDescDestroy", &lt.destroy_product) &&
      find(handle, "cublasLtMatmulDescSetAttribute", &lt.set_product) &&
      find(handle, "cublasLtMatrixLayoutCreate", &lt.create_layout) &&
      find(handle, "cublasLtMatrixLayoutDestroy", &lt.destroy_layout) &&
      find(handle, "cublasLtMatmulPreferenceCreate", &lt.create_preference) &&
      find(handle, "cublasLtMatmulPreferenceDestroy", &lt.destroy_preference) &&
      find(handle, "cublasLtMatmulPreferenceSetAttribute", &lt.set_preference) &&
      find(handle, "cublasLtMatmulAlgoGetHeuristic", &lt.find_algorithms) &&
      find(handle, "cublasLtMatmulAlgoCheck", &lt.check_algorithm) &&
      find(handle, "cublasLtMatmulAlgoConfigGetAttribute", &lt.get_setting);
  if (!complete) return "the library that was found is not cublasLt";
  const size_t version = lt.version();
  if (version >= kOldest && version < kBelow) return "";
  return "cublasLt " + version_text(version) + " is none of the versions 12 and 13";
#endif
}

std::string name_of(const CublasLt& library) { return "cublasLt " + version_text(library.version()); }

void check_lt(int status, const char* what) {
  constexpr int kAllocationFailed = 3;
  if (status == 0) return;
  throw Failure(status == kAllocationFailed ? cudaErrorMemoryAllocation : cudaErrorUnknown,
                what + (", status " + std::to_string(status)));
}

}  // namespace cuda
}  // namespace boreal
