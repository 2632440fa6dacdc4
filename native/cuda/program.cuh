// A plan on one device. Any number of threads may run it at once: each run has lanes of its own, which the
// program keeps for the next run of its size.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cuda/lane.cuh"

namespace boreal {
namespace cuda {

// The value that a run has refused.
struct Refused {
  uint64_t row;
  uint32_t column;
  int op, reason;
};
struct Aborted {};

class Program {
 public:
  Program(int device, const BorealCudaPlan& plan);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Throws Failure, Refused or Aborted; the program stays usable.
  void run(const float* x, uint64_t rows, float* out, int (*stop)(const void*), const void* context);
  // Nanoseconds of a pass over x without transfers.
  double time_pass(const float* x, uint64_t rows, uint32_t repeats);
  uint64_t memory_bytes() const;
  // Null where no library was looked for.
  const LibraryChoice* choice(size_t step) const;

 private:
  using LanePtr = std::unique_ptr<Lane>;
  LanePtr take(uint64_t capacity);
  void give(LanePtr lane);

  const int device_;
  LoadedPlan plan_;
  mutable std::mutex mutex_;
  std::vector<LanePtr> idle_;
};

}  // namespace cuda
}  // namespace boreal
