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
  blocks_ = std::max(1u, 4 * static_cast<uint32_t>(limits_of_device().multiprocessors) / groups);
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
  stream_.upload(by_row_.data(), by_row, by_row_.bytes());
  stream_.upload(by_column_.data(), bins.by_column, by_column_.bytes());
  stream_.wait("copying bins");
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
  return sides_[slice.side].as<uint32_t>() + slice.begin;
}

void TreeGrowth::check_count(uint32_t count) const {
  if (count == 0 || count > most_) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
}

template <typename Task>
const Task* TreeGrowth::upload(const std::vector<Task>& tasks) {
  std::copy(tasks.begin(), tasks.end(), staged_tasks_.as<Task>());
  stream_.upload(tasks_.as<Task>(), staged_tasks_.as<const Task>(), tasks.size());
  return tasks_.as<const Task>();
}

uint64_t TreeGrowth::start(const uint64_t* gradients, const uint32_t* rows, uint64_t count) {
  use_device(device_);
  if (gradients != nullptr) stream_.upload(gradients_.as<uint64_t>(), gradients, rows_);
  uint32_t* const root = rows_at({0, count, 0, 0});
  if (rows == nullptr) {
    run_number(root, static_cast<uint32_t>(count), stream_);
  } else {
    stream_.upload(root, rows, count);
  }
  auto* const total = totals_.as<unsigned long long>();
  check(cudaMemsetAsync(total, 0, sizeof(*total), stream_), "clearing memory");
  run_total(root, static_cast<uint32_t>(count), packed(), total, stream_);
  stream_.download(staged_totals_.as<unsigned long long>(), total, 1);
  stream_.wait("starting a tree");
  return *staged_totals_.as<const unsigned long long>();
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
  call.marks = marks_.as<uint32_t>();
  call.lefts = lefts_.as<uint32_t>();
  call.totals = totals_.as<uint32_t>();
  run_partition(call, stream_);
  uint32_t* const totals = staged_totals_.as<uint32_t>();
  stream_.download(totals, call.totals, count);
  stream_.wait("parting rows");
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
  clear(sums_, count * size * sizeof(uint64_t));
  if (counts_) clear(count_sums_, count * size * sizeof(uint32_t));
  add_up(upload(tasks), static_cast<uint32_t>(tasks.size()), sums_.as<unsigned long long>(),
         count_sums_.as<uint32_t>());
  const uint64_t* const all_sums = staged_sums_.as<const uint64_t>();
  const uint32_t* const all_counts = staged_counts_.as<const uint32_t>();
  stream_.download(staged_sums_.as<uint64_t>(), sums_.as<const uint64_t>(), count * size);
  if (counts_)
    stream_.download(staged_counts_.as<uint32_t>(), count_sums_.as<const uint32_t>(), count * size);
  stream_.wait("adding histograms up");
  for (uint32_t k = 0; k < count; ++k) {
    std::copy_n(all_sums + k * size, size, sums[k]);
    if (counts_) std::copy_n(all_counts + k * size, size, counts[k]);
  }
}

void TreeGrowth::rows(const BorealCudaSlice* slices, uint32_t count, uint32_t* rows) {
  use_device(device_);
  uint32_t* const collected = collected_.as<uint32_t>();
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
    stream_.wait("collecting rows");
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
