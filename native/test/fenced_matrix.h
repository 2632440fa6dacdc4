// A row-major matrix that shows what a kernel may not touch. Its last element is followed by a page without
// access, so that reading or writing beyond it faults even through vector instructions, which
// AddressSanitizer does not see; before it and between its rows lie bytes that intact() compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace boreal {
namespace test {

template <typename T>
class FencedMatrix {
 public:
  // Ends `shift` elements before the fence: another alignment of the same matrix.
  FencedMatrix(size_t rows, size_t cols, size_t stride, size_t shift = 0)
      : rows_(rows), cols_(cols), stride_(stride) {
    const size_t elements = (rows == 0 || cols == 0 ? 0 : (rows - 1) * stride + cols) + shift;
    const size_t page = page_size();
    bytes_ = (elements * sizeof(T) / page + 2) * page;
    memory_ = allocate(bytes_, page);
    std::memset(memory_, kCanary, bytes_ - page);
    data_ = reinterpret_cast<T*>(memory_ + bytes_ - page) - elements;
  }
  FencedMatrix(const FencedMatrix&) = delete;
  FencedMatrix& operator=(const FencedMatrix&) = delete;
  ~FencedMatrix() { release(memory_, bytes_); }

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t stride() const { return stride_; }
  T* data() const { return data_; }
  T* row(size_t i) const { return data_ + i * stride_; }
  T& at(size_t i, size_t j) const { return data_[i * stride_ + j]; }

  void set(const std::vector<T>& values) {  // [rows, cols], dense
    for (size_t i = 0; i < rows_; ++i) {
      for (size_t j = 0; j < cols_; ++j) at(i, j) = values[i * cols_ + j];
    }
  }

  // Nothing was written before the matrix or between its rows.
  bool intact() const {
    const auto* first = reinterpret_cast<const uint8_t*>(data_);
    bool ok = untouched(memory_, first);
    for (size_t i = 0; i + 1 < rows_ && cols_ > 0; ++i) {
      ok = ok && untouched(reinterpret_cast<const uint8_t*>(row(i) + cols_),
                           reinterpret_cast<const uint8_t*>(row(i + 1)));
    }
    return ok;
  }

 private:
  static constexpr uint8_t kCanary = 0xa5;

  static bool untouched(const uint8_t* begin, const uint8_t* end) {
    for (; begin < end; ++begin) {
      if (*begin != kCanary) return false;
    }
    return true;
  }

  static size_t page_size() {
#if defined(_WIN32)
    return 4096;
#else
    static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
#endif
  }
  static uint8_t* allocate(size_t bytes, size_t page) {
#if defined(_WIN32)
    void* memory = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD before;
    if (memory == nullptr) throw std::bad_alloc();
    VirtualProtect(static_cast<uint8_t*>(memory) + bytes - page, page, PAGE_NOACCESS, &before);
#else
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(static_cast<uint8_t*>(memory) + bytes - page, page, PROT_NONE);
#endif
    return static_cast<uint8_t*>(memory);
  }
  static void release(uint8_t* memory, size_t bytes) {
#if defined(_WIN32)
    (void)bytes;
    VirtualFree(memory, 0, MEM_RELEASE);
#else
    munmap(memory, bytes);
#endif
  }

  size_t rows_, cols_, stride_, bytes_;
  uint8_t* memory_;
  T* data_;
};

}  // namespace test
}  // namespace boreal
