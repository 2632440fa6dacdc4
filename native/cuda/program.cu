#include <algorithm>
#include <chrono>
#include <utility>

#include "cuda/program.cuh"

namespace boreal {
namespace cuda {
namespace {

// Passes of a run: while one computes, the rows of the next are on their way.
constexpr size_t kLanes = 2;
// Lanes that a program keeps when nobody uses them.
constexpr size_t kMostIdle = 8;

}  // namespace

Program::Program(int device, const BorealCudaPlan& plan) : device_(device) {
  if (plan.max_rows == 0) throw Failure(cudaErrorInvalidValue, "a plan whose passes have no rows");
  use_device(device);
  plan_.steps.assign(plan.steps, plan.steps + plan.step_count);
  plan_.row_bytes.assign(plan.row_bytes, plan.row_bytes + plan.buffer_count);
  plan_.input_width = plan.input_width;
  plan_.output_width = plan.output_width;
  plan_.max_rows = plan.max_rows;
  plan_.arena = DeviceMemory(plan.arena_bytes);
  if (plan.arena_bytes > 0) {
    check(cudaMemcpy(plan_.arena.data(), plan.arena, plan.arena_bytes, cudaMemcpyHostToDevice),
          "copying constants to the device");
    // They may still be on their way from the host, and the streams of lanes do not wait for them.
    check(cudaStreamSynchronize(nullptr), "copying constants to the device");
  }
  if (plan.library_rows > 0) choose_libraries(&plan_, plan.library_rows, plan.library_path);
}

Program::~Program() {
  // The device may be lost by now; its memory is gone then.
  cudaSetDevice(device_);
}

Program::LanePtr Program::take(uint64_t capacity) {
  std::vector<LanePtr> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto fits = std::find_if(idle_.begin(), idle_.end(),
                                   [&](const LanePtr& lane) { return lane->capacity() == capacity; });
    if (fits != idle_.end()) {
      LanePtr lane = std::move(*fits);
      idle_.erase(fits);
      return lane;
    }
  }
  try {
    return std::make_unique<Lane>(plan_, capacity);
  } catch (const Failure& failure) {
    if (failure.error() != cudaErrorMemoryAllocation) throw;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    dropped.swap(idle_);
  }
  dropped.clear();
  return std::make_unique<Lane>(plan_, capacity);
}

void Program::give(LanePtr lane) {
  LanePtr oldest;  // freed after the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.size() == kMostIdle) {
    oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  idle_.push_back(std::move(lane));
}

void Program::run(const float* x, uint64_t rows, float* out, int (*stop)(const void*), const void* context) {
  if (rows == 0) return;
  use_device(device_);
  const uint64_t pass = bucket_of(rows, plan_.max_rows);
  const uint64_t passes = (rows + pass - 1) / pass;
  LanePtr lanes[kLanes];
  const auto finish = [&](Lane& lane) {
    const Refusal refusal = lane.finish(out + lane.first_row() * plan_.output_width);
    if (refusal == kNoRefusal) return;
    throw Refused{lane.first_row() + (refusal >> kRowShift),
                  static_cast<uint32_t>(refusal >> kColumnShift & kColumnMask),
                  static_cast<int>(refusal >> kOpShift & kOpMask), static_cast<int>(refusal & kReasonMask)};
  };
  const auto give_back = [&] {
    for (LanePtr& lane : lanes) {
      if (lane == nullptr) continue;
      if (lane->busy()) lane->finish(out + lane->first_row() * plan_.output_width);
      give(std::move(lane));
    }
  };
  try {
    // Passes end in the order in which they began, so the first refusal is that of the first row.
    for (uint64_t p = 0; p < passes + kLanes; ++p) {
      LanePtr& lane = lanes[p % kLanes];
      if (lane != nullptr && lane->busy()) finish(*lane);
      if (p >= passes) continue;
      if (stop != nullptr && stop(context) != 0) throw Aborted{};
      if (lane == nullptr) lane = take(pass);
      const uint64_t first = p * pass;
      lane->start(x + first * plan_.input_width, std::min(pass, rows - first), first);
    }
  } catch (const Failure&) {
    throw;  // a lane that may have failed is given up: its destructor waits for it
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

double Program::time_pass(const float* x, uint64_t rows, uint32_t repeats) {
  if (rows == 0 || rows > plan_.max_rows || repeats == 0) {
    throw Failure(cudaErrorInvalidValue, "timing a pass of no rows, or of more than fit");
  }
  use_device(device_);
  LanePtr lane = take(bucket_of(rows, plan_.max_rows));
  std::vector<float> out(rows * plan_.output_width);
  lane->start(x, rows, 0);  // the steps leave the input as it is
  lane->finish(out.data());
  const auto begin = std::chrono::steady_clock::now();
  lane->compute(rows, repeats);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  give(std::move(lane));
  return taken.count() / repeats;
}

const LibraryChoice* Program::choice(size_t step) const {
  return step < plan_.choices.size() ? &plan_.choices[step] : nullptr;
}

uint64_t Program::memory_bytes() const { return plan_.arena.bytes() + plan_.lane_bytes; }

}  // namespace cuda
}  // namespace boreal
