// cuBLAS as a peer, where it is installed: opened at run time together with the driver, so that the benchmark
// builds without either.
#pragma once

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace boreal {

class CublasPeer {
 public:
  // Kinds of numbers, by NVIDIA's library_types.h and cublas_api.h.
  struct Kind {
    int in, out, compute;
    size_t in_bytes;
    bool whole;  // factors are integers
  };
  static constexpr Kind kFloat32{0, 0, 68, 4, false}, kTf32{0, 0, 77, 4, false},
      kBfloat16{14, 0, 68, 2, false}, kFloat16{2, 0, 68, 2, false}, kInt8{3, 10, 72, 1, true};

  CublasPeer() { ready_ = open(); }
  bool ready() const { return ready_; }
  const std::string& library() const { return library_; }

  // Milliseconds of the product of two square matrices of random bytes, both with k along their rows; < 0: it
  // failed.
  double milliseconds(const Kind& kind, size_t side) {
    const size_t in_bytes = side * side * kind.in_bytes;
    Memory a(*this, in_bytes), b(*this, in_bytes), c(*this, side * side * 4);
    if (a.at == 0 || b.at == 0 || c.at == 0) return -1;
    std::vector<uint8_t> random(in_bytes);
    uint32_t state = 1;
    for (size_t i = 0; i < in_bytes; ++i) {
      state = state * 1664525 + 1013904223;
      // The byte of the exponent stays below that of infinity.
      random[i] = static_cast<uint8_t>(state >> 24) & (i % kind.in_bytes + 1 == kind.in_bytes ? 0xbf : 0xff);
    }
    if (copy_(a.at, random.data(), in_bytes) != 0 || copy_(b.at, random.data(), in_bytes) != 0) return -1;
    const float one = 1, zero = 0;
    const int32_t whole_one = 1, whole_zero = 0;
    const void* const alpha = kind.whole ? static_cast<const void*>(&whole_one) : &one;
    const void* const beta = kind.whole ? static_cast<const void*>(&whole_zero) : &zero;
    const int n = static_cast<int>(side);
    const auto run = [&](int times) {
      for (int i = 0; i < times; ++i) {
        const int status = multiply_(handle_, 1, 0, n, n, n, alpha, reinterpret_cast<void*>(a.at), kind.in, n,
                                     reinterpret_cast<void*>(b.at), kind.in, n, beta,
                                     reinterpret_cast<void*>(c.at), kind.out, n, kind.compute, -1);
        if (status != 0) return false;
      }
      return synchronize_() == 0;
    };
    constexpr int kTimes = 10;
    if (!run(3)) return -1;
    const auto begin = std::chrono::steady_clock::now();
    if (!run(kTimes)) return -1;
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
    return taken.count() / kTimes;
  }

 private:
  using Address = unsigned long long;
  struct Memory {
    Memory(CublasPeer& peer, size_t bytes) : owner(peer) {
      if (owner.allocate_(&at, bytes) != 0) at = 0;
    }
    ~Memory() {
      if (at != 0) owner.free_(at);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    CublasPeer& owner;
    Address at = 0;
  };

  template <typename F>
  static bool find([[maybe_unused]] void* library, [[maybe_unused]] const char* name,
                   [[maybe_unused]] F* function) {
#if defined(_WIN32)
    return false;
#else
    *function = reinterpret_cast<F>(dlsym(library, name));
    return *function != nullptr;
#endif
  }
  static void* load([[maybe_unused]] const char* name) {
#if defined(_WIN32)
    return nullptr;
#else
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
#endif
  }
  // Everything in the first device's primary context, which the plug-in uses, too.
  bool open() {
    void* const driver = load("libcuda.so.1");
    void* blas = nullptr;
    for (const char* name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so"}) {
      library_ = name;
      if ((blas = load(name)) != nullptr) break;
    }
    int (*init)(unsigned), (*retain)(void**, int), (*make_current)(void*), (*create)(void**);
    void* context = nullptr;
    return driver != nullptr && blas != nullptr && find(driver, "cuInit", &init) &&
           find(driver, "cuDevicePrimaryCtxRetain", &retain) &&
           find(driver, "cuCtxSetCurrent", &make_current) && find(driver, "cuMemAlloc_v2", &allocate_) &&
           find(driver, "cuMemFree_v2", &free_) && find(driver, "cuMemcpyHtoD_v2", &copy_) &&
           find(driver, "cuCtxSynchronize", &synchronize_) && find(blas, "cublasCreate_v2", &create) &&
           find(blas, "cublasGemmEx", &multiply_) && init(0) == 0 && retain(&context, 0) == 0 &&
           make_current(context) == 0 && create(&handle_) == 0;
  }

  std::string library_;
  void* handle_ = nullptr;
  int (*allocate_)(Address*, size_t) = nullptr;
  int (*free_)(Address) = nullptr;
  int (*copy_)(Address, const void*, size_t) = nullptr;
  int (*synchronize_)() = nullptr;
  int (*multiply_)(void*, int, int, int, int, int, const void*, const void*, int, int, const void*, int, int,
                   const void*, void*, int, int, int, int) = nullptr;
  bool ready_ = false;
};

}  // namespace boreal
