// cublasLt where it is installed: opened at run time, so that nothing needs it. These are declarations of our
// own of what we call, by its manual; versions 12 and 13 have the same.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace boreal {
namespace cuda {

// Numbers of its interface.
enum LtType { kLtFloat32 = 0, kLtFloat16 = 2, kLtInt8 = 3, kLtInt32 = 10, kLtBfloat16 = 14 };
enum LtCompute { kLtComputeFloat32 = 68, kLtComputeInt32 = 72, kLtComputeTf32 = 77 };
enum LtProductAttribute { kLtTransposeA = 3, kLtEpilogue = 7, kLtBias = 8 };
enum LtPreferenceAttribute { kLtMostWorkspace = 1, kLtReductions = 3 };
enum LtSetting { kLtSplits = 2, kLtReduction = 3 };
constexpr uint32_t kLtEpilogueBias = 4;

struct LtAlgorithm {
  uint64_t data[8];
};
struct LtCandidate {
  LtAlgorithm algorithm;
  size_t workspace_bytes;
  int status;
  float waves;
  int reserved[4];
};
static_assert(sizeof(LtCandidate) == 96, "as the library writes it");

// Its functions; those that return an int return 0 or its code of an error. Handles may be used by any number
// of threads.
struct CublasLt {
  size_t (*version)();
  int (*create)(void** handle);
  int (*destroy)(void* handle);
  // D = op(A) op(B), each in columns.
  int (*multiply)(void* handle, void* product, const void* alpha, const void* a, void* layout_a,
                  const void* b, void* layout_b, const void* beta, const void* c, void* layout_c, void* d,
                  void* layout_d, const LtAlgorithm* algorithm, void* workspace, size_t workspace_bytes,
                  cudaStream_t stream);
  int (*create_product)(void** product, int compute, int scale_type);
  int (*destroy_product)(void* product);
  int (*set_product)(void* product, int attribute, const void* value, size_t bytes);
  int (*create_layout)(void** layout, int type, uint64_t rows, uint64_t columns, int64_t stride);
  int (*destroy_layout)(void* layout);
  int (*create_preference)(void** preference);
  int (*destroy_preference)(void* preference);
  int (*set_preference)(void* preference, int attribute, const void* value, size_t bytes);
  int (*find_algorithms)(void* handle, void* product, void* layout_a, void* layout_b, void* layout_c,
                         void* layout_d, void* preference, int most, LtCandidate* found, int* count);
  int (*check_algorithm)(void* handle, void* product, void* layout_a, void* layout_b, void* layout_c,
                         void* layout_d, const LtAlgorithm* algorithm, LtCandidate* result);
  int (*get_setting)(const LtAlgorithm* algorithm, int setting, void* value, size_t bytes, size_t* written);
};

// Opens the library at the path, or if that is null the one that the system finds; it stays open, since it
// cannot be unloaded while CUDA runs. Returns why there is none, or nothing.
std::string open_cublas_lt(const char* path, CublasLt* library);
// For people: "cublasLt 13.1.0".
std::string name_of(const CublasLt& library);

// What the library has made and is to destroy.
class LtObject {
 public:
  LtObject() = default;
  LtObject(void* object, int (*destroy)(void*)) : object_(object), destroy_(destroy) {}
  LtObject(LtObject&& other) noexcept { swap(other); }
  LtObject& operator=(LtObject&& other) noexcept {
    swap(other);
    return *this;
  }
  ~LtObject() {
    if (object_ != nullptr) destroy_(object_);
  }
  void* get() const { return object_; }

 private:
  void swap(LtObject& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(destroy_, other.destroy_);
  }
  void* object_ = nullptr;
  int (*destroy_)(void*) = nullptr;
};

// Throws Failure with a status other than 0.
void check_lt(int status, const char* what);

}  // namespace cuda
}  // namespace boreal
