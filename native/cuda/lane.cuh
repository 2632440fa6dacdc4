// One pass of rows over the device at a time: a stream, the buffers of a plan for a number of rows, pinned
// memory on the way in and out, and the recorded graphs of passes that come again.
#pragma once

#include <cuda_runtime.h>

#include <atomic>
#include <vector>

#include "cuda/library_choice.cuh"
#include "cuda/memory.cuh"
#include "cuda/step.cuh"
#include "cuda/stream.cuh"

namespace boreal {
namespace cuda {

// A plan whose constants are on the device.
struct LoadedPlan {
  std::vector<BorealCudaStep> steps;
  std::vector<uint64_t> row_bytes;  // of each buffer
  uint32_t input_width = 0, output_width = 0;
  uint64_t max_rows = 0;
  DeviceMemory arena;
  Library library;
  std::vector<LibraryChoice> choices;           // of each step; none: no library was looked for
  mutable std::atomic<uint64_t> lane_bytes{0};  // on the device, of all lanes
};

// Buffers are made for a power of two of rows, so that a lane serves any number up to it.
uint64_t bucket_of(uint64_t rows, uint64_t most);
// Rows up to which starting kernels takes longer than running them: passes of so many are recorded.
constexpr uint64_t kRecordedRows = 4096;

class Lane {
 public:
  Lane(const LoadedPlan& plan, uint64_t capacity);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  uint64_t capacity() const { return capacity_; }

  // Starts a pass and returns; x is copied before. rows <= capacity, first_row is that of the whole run.
  void start(const float* x, uint64_t rows, uint64_t first_row);
  // Runs the steps alone, again and again, on whatever the buffers hold, and waits.
  void compute(uint64_t rows, uint32_t repeats);
  bool busy() const { return rows_ > 0; }
  uint64_t first_row() const { return first_row_; }
  // Waits for the pass; writes out [rows, output_width] of it. Returns its refusal, rows counted from the
  // pass's first, or kNoRefusal.
  Refusal finish(float* out);

 private:
  struct Recorded {
    uint64_t rows;
    Recording pass;
  };
  void enqueue(uint64_t rows);
  void enqueue_steps(uint64_t rows);
  // A pass of so many rows; null the first time that the number is met.
  const Recording* recorded(uint64_t rows);

  const LoadedPlan& plan_;
  const uint64_t capacity_;
  DeviceMemory buffers_;
  std::vector<void*> places_;         // of each buffer
  unsigned char* scratch_ = nullptr;  // for products by a library, one after another
  Refusal* refusal_ = nullptr;
  PinnedMemory staging_;
  float *staged_in_ = nullptr, *staged_out_ = nullptr;
  Refusal* staged_refusal_ = nullptr;
  uint64_t rows_ = 0, first_row_ = 0;
  std::vector<Recorded> recorded_;
  std::vector<uint64_t> met_;
  Stream stream_;
};

}  // namespace cuda
}  // namespace boreal
