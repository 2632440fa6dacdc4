#include <algorithm>
#include <cstring>

#include "cuda/tree_growth.cuh"

namespace boreal {
namespace cuda {
namespace {

// Of histograms on the device, unless one is larger.
constexpr size_t kMostHistogramBytes = size_t{64} << 20;
// Rows that a block adds up at least: fewer would not be worth clearing and adding its histogram.
constexpr uint32_t kLeastShare = 2048;

uint32_t row_stride(uint32_t stride) { return (stride + 3) / 4 * 4; }

int multiprocessors(int device) {
  int count = 0;
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device), "asking for a device");
  return count;
}

}  // namespace

TreeGrowth::TreeGrowth(int device, const BorealCudaBins& bins)
    : device_((use_device(device), device)),
      rows_(static_cast<uint32_t>(bins.rows)),
      cols_(bins.cols),
      slots_(bins.slots),
      most_(bins.most),
      counts_(bins.counts != 0),
      stride_(row_stride(bins.stride)),
      group_(histogram_group(bins.cols, bins.slots, bins.counts != 0)) {
  const size_t rows = rows_;
  const uint32_t groups = (cols_ + group_ - 1) / group_;
  blocks_ = std::max(1u, 4 * static_cast<uint32_t>(multiprocessors(device)) / groups);
  // Of a batch's children one half is built, the other half derived.
  const size_t fitting = kMostHistogramBytes / (histogram_size() * sizeof(uint64_t));
  histograms_ = static_cast<uint32_t>(std::clamp<size_t>(fitting, 1, std::max(1u, most_ / 2)));

  by_row_ = DeviceMemory(rows * stride_);
  by_column_ = DeviceMemory(rows * cols_);
  gradients_ = DeviceMemory(rows * sizeof(uint64_t));
  for (DeviceMemory& side : sides_) side = DeviceMemory(rows * sizeof(uint32_t));
  collected_ = DeviceMemory(rows * sizeof(uint32_t));
  const size_t tiles = rows / kTileRows + 1 + most_;
  marks_ = DeviceMemory(tiles * kTileRows / 8);
  lefts_ = DeviceMemory(tiles * sizeof(uint32_t));
  totals_ = DeviceMemory(most_ * sizeof(uint64_t));
  staged_totals_ = PinnedMemory(totals_.bytes());
  const size_t task_bytes = std::max({most_ * sizeof(PartitionTask), most_ * sizeof(CollectTask),
                                      (size_t{histograms_} + blocks_) * sizeof(HistogramTask)});
  tasks_ = DeviceMemory(task_bytes);
  staged_tasks_ = PinnedMemory(task_bytes);

  std::vector<uint8_t> wider;
  const uint8_t* by_row = bins.by_row;
  if (stride_ != bins.stride) {
    wider.assign(rows * stride_, 0);
    for (size_t i = 0; i < rows; ++i) {
      std::memcpy(&wider[i * stride_], bins.by_row + i * bins.stride, bins.stride);
    }
    by_row = wider.data();
  }
  check(cudaMemcpyAsync(by_row_.data(), by_row, by_row_.bytes(), cudaMemcpyHostToDevice, stream_),
        "copying bins");
  check(
      cudaMemcpyAsync(by_column_.data(), bins.by_column, by_column_.bytes(), cudaMemcpyHostToDevice, stream_),
      "copying bins");
  wait("copying bins");
}

void TreeGrowth::load_build() {
  use_device(device_);
  const size_t size = histogram_size();
  sums_ = DeviceMemory(histograms_ * size * sizeof(uint64_t));
  staged_sums_ = PinnedMemory(sums_.bytes());
  if (!counts_) return;
  count_sums_ = DeviceMemory(histograms_ * size * sizeof(uint32_t));
  staged_counts_ = PinnedMemory(count_sums_.bytes());
}

uint32_t* TreeGrowth::rows_at(const BorealCudaSlice& slice) const {
  return reinterpret_cast<uint32_t*>(sides_[slice.side].data()) + slice.begin;
}

void TreeGrowth::check_count(uint32_t count) const {
  if (count == 0 || count > most_) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
}

template <typename Task>
const Task* TreeGrowth::upload(const std::vector<Task>& tasks) {
  const size_t bytes = tasks.size() * sizeof(Task);
  std::memcpy(staged_tasks_.data(), tasks.data(), bytes);
  check(cudaMemcpyAsync(tasks_.data(), staged_tasks_.data(), bytes, cudaMemcpyHostToDevice, stream_),
        "copying tasks");
  return reinterpret_cast<const Task*>(tasks_.data());
}

uint64_t TreeGrowth::start(const uint64_t* gradients, const uint32_t* rows, uint64_t count) {
  use_device(device_);
  if (gradients != nullptr) {
    check(cudaMemcpyAsync(gradients_.data(), gradients, gradients_.bytes(), cudaMemcpyHostToDevice, stream_),
          "copying gradients");
  }
  uint32_t* const root = rows_at({0, count, 0, 0});
  if (rows == nullptr) {
    run_number(root, static_cast<uint32_t>(count), stream_);
  } else {
    check(cudaMemcpyAsync(root, rows, count * sizeof(uint32_t), cudaMemcpyHostToDevice, stream_),
          "copying rows");
  }
  auto* const total = reinterpret_cast<unsigned long long*>(totals_.data());
  check(cudaMemsetAsync(total, 0, sizeof(*total), stream_), "clearing memory");
  run_total(root, static_cast<uint32_t>(count), packed(), total, stream_);
  check(cudaMemcpyAsync(staged_totals_.data(), total, sizeof(*total), cudaMemcpyDeviceToHost, stream_),
        "copying results from the device");
  wait("starting a tree");
  return *reinterpret_cast<const uint64_t*>(staged_totals_.data());
}

void TreeGrowth::split(BorealCudaSplit* splits, uint32_t count) {
  use_device(device_);
  check_count(count);
  std::vector<PartitionTask> tasks(count);
  PartitionCall call{};
  for (uint32_t k = 0; k < count; ++k) {
    const BorealCudaSplit& split = splits[k];
    PartitionTask& task = tasks[k];
    BorealCudaSlice other = split.slice;
    other.side = 1 - other.side;
    task.from = rows_at(split.slice);
    task.to = rows_at(other);
    task.bins = by_column_.data() + size_t{split.column} * rows_;
    task.count = static_cast<uint32_t>(split.slice.count);
    task.first_tile = call.tiles;
    for (uint32_t b = 0; b < 256; ++b)
      task.goes_left[b / 32] |= (split.goes_left[b] != 0 ? 1u : 0u) << b % 32;
    call.tiles += tiles_of(task.count);
  }
  call.tasks = upload(tasks);
  call.count = count;
  call.marks = reinterpret_cast<uint32_t*>(marks_.data());
  call.lefts = reinterpret_cast<uint32_t*>(lefts_.data());
  call.totals = reinterpret_cast<uint32_t*>(totals_.data());
  run_partition(call, stream_);
  const uint32_t* const totals = reinterpret_cast<const uint32_t*>(staged_totals_.data());
  check(cudaMemcpyAsync(staged_totals_.data(), totals_.data(), count * sizeof(uint32_t),
                        cudaMemcpyDeviceToHost, stream_),
        "copying results from the device");
  wait("parting rows");
  for (uint32_t k = 0; k < count; ++k) splits[k].lefts = totals[k];
}

void TreeGrowth::build(const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
                       uint32_t* const* counts) {
  use_device(device_);
  if (sums_.bytes() == 0) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
  for (uint32_t first = 0; first < count; first += histograms_) {
    build_some(slices + first, std::min(histograms_, count - first), sums + first,
               counts_ ? counts + first : nullptr);
  }
}

std::vector<HistogramTask> TreeGrowth::share(const BorealCudaSlice* slices, const uint32_t* numbers,
                                             uint32_t count) const {
  uint64_t total = 0;
  for (uint32_t k = 0; k < count; ++k) total += slices[k].count;
  const uint32_t share = std::max(kLeastShare, static_cast<uint32_t>(total / blocks_ + 1));
  std::vector<HistogramTask> tasks;
  for (uint32_t k = 0; k < count; ++k) {
    const uint32_t rows = static_cast<uint32_t>(slices[k].count);
    for (uint32_t begin = 0; begin < rows; begin += share) {
      tasks.push_back({rows_at(slices[k]) + begin, std::min(share, rows - begin), numbers[k]});
    }
  }
  return tasks;
}

void TreeGrowth::add_up(const HistogramTask* tasks, uint32_t count, unsigned long long* sums,
                        uint32_t* counts) {
  if (count == 0) return;
  HistogramCall call{};
  call.tasks = tasks;
  call.count = count;
  call.bins = by_row_.data();
  call.stride = stride_;
  call.cols = cols_;
  call.slots = slots_;
  call.group = group_;
  call.gradients = packed();
  call.sums = sums;
  call.counts = counts;
  run_histograms(call, stream_);
}

void TreeGrowth::build_some(const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
                            uint32_t* const* counts) {
  std::vector<uint32_t> numbers(count);
  for (uint32_t k = 0; k < count; ++k) numbers[k] = k;
  const std::vector<HistogramTask> tasks = share(slices, numbers.data(), count);
  const size_t size = histogram_size();
  const auto clear = [&](const DeviceMemory& memory, size_t bytes) {
    check(cudaMemsetAsync(memory.data(), 0, bytes, stream_), "clearing memory");
  };
  const auto fetch = [&](const PinnedMemory& to, const DeviceMemory& from, size_t bytes) {
    check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToHost, stream_),
          "copying histograms from the device");
  };
  clear(sums_, count * size * sizeof(uint64_t));
  if (counts_) clear(count_sums_, count * size * sizeof(uint32_t));
  add_up(upload(tasks), static_cast<uint32_t>(tasks.size()),
         reinterpret_cast<unsigned long long*>(sums_.data()),
         reinterpret_cast<uint32_t*>(count_sums_.data()));
  fetch(staged_sums_, sums_, count * size * sizeof(uint64_t));
  if (counts_) fetch(staged_counts_, count_sums_, count * size * sizeof(uint32_t));
  wait("adding histograms up");
  for (uint32_t k = 0; k < count; ++k) {
    std::memcpy(sums[k], staged_sums_.data() + k * size * sizeof(uint64_t), size * sizeof(uint64_t));
    if (!counts_) continue;
    std::memcpy(counts[k], staged_counts_.data() + k * size * sizeof(uint32_t), size * sizeof(uint32_t));
  }
}

void TreeGrowth::rows(const BorealCudaSlice* slices, uint32_t count, uint32_t* rows) {
  use_device(device_);
  uint32_t* const collected = reinterpret_cast<uint32_t*>(collected_.data());
  uint64_t end = 0;
  for (uint32_t first = 0; first < count; first += most_) {
    std::vector<CollectTask> tasks;
    uint32_t longest = 0;
    for (uint32_t k = first; k < std::min(count, first + most_); ++k) {
      tasks.push_back(
          {rows_at(slices[k]), collected + slices[k].begin, static_cast<uint32_t>(slices[k].count)});
      longest = std::max(longest, tasks.back().count);
      end = std::max(end, slices[k].begin + slices[k].count);
    }
    run_collect(upload(tasks), static_cast<uint32_t>(tasks.size()), longest, stream_);
    wait("collecting rows");
  }
  check(cudaMemcpy(rows, collected, end * sizeof(uint32_t), cudaMemcpyDeviceToHost),
        "copying rows from the device");
}

uint64_t TreeGrowth::memory_bytes() const {
  uint64_t bytes = 0;
  for (const DeviceMemory* memory : {&by_row_, &by_column_, &gradients_, &sides_[0], &sides_[1], &marks_,
                                     &lefts_, &totals_, &sums_, &count_sums_, &tasks_, &collected_}) {
    bytes += memory->bytes();
  }
  return bytes;
}

}  // namespace cuda
}  // namespace boreal
