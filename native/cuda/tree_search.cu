#include <algorithm>
#include <cstring>

#include "cuda/tree_search.cuh"

namespace boreal {
namespace cuda {
namespace {

// Lists one after another in pinned memory, and their places on the device.
class Packer {
 public:
  Packer(const PinnedMemory& staged, const DeviceMemory& device) : staged_(staged), device_(device) {}

  template <typename T>
  const T* add(const T* items, size_t count) {
    const size_t bytes = count * sizeof(T), at = end_;
    end_ += aligned(bytes);
    if (end_ > staged_.bytes()) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
    std::memcpy(staged_.data() + at, items, bytes);
    return reinterpret_cast<const T*>(device_.data() + at);
  }
  void send(const Stream& stream) const { stream.upload(device_.data(), staged_.as<const uint8_t>(), end_); }

 private:
  const PinnedMemory& staged_;
  const DeviceMemory& device_;
  size_t end_ = 0;
};

}  // namespace

TreeSearch::TreeSearch(TreeGrowth* growth, const BorealCudaColumn* columns, uint32_t histograms,
                       uint32_t group)
    : growth_(*growth), group_(group), groups_((growth->cols() + group - 1) / group) {
  growth_.use();
  const size_t size = growth_.histogram_size(), most = growth_.most(), pairs = most / 2;
  columns_ = DeviceMemory(growth_.cols() * sizeof(BorealCudaColumn));
  sums_ = DeviceMemory(histograms * size * sizeof(uint64_t));
  if (growth_.counts()) counts_ = DeviceMemory(histograms * size * sizeof(uint32_t));
  const size_t work = aligned(most * sizeof(uint32_t)) + aligned(pairs * sizeof(BorealCudaPair)) +
                      aligned((most + growth_.blocks()) * sizeof(HistogramTask));
  work_ = DeviceMemory(work);
  staged_work_ = PinnedMemory(work);
  found_ = DeviceMemory(pairs * groups_ * 2 * sizeof(BorealCudaFound));
  staged_found_ = PinnedMemory(found_.bytes());
  growth_.stream().upload(columns_.as<BorealCudaColumn>(), columns, growth_.cols());
  growth_.stream().wait("copying columns");
}

void TreeSearch::search(const BorealCudaBuild* builds, uint32_t build_count, const BorealCudaPair* pairs,
                        uint32_t pair_count, const BorealCudaSearch& rules, BorealCudaFound* found) {
  growth_.use();
  std::vector<BorealCudaSlice> slices;
  std::vector<uint32_t> numbers;
  for (uint32_t k = 0; k < build_count; ++k) {
    slices.push_back(builds[k].rows);
    numbers.push_back(builds[k].histogram);
  }
  const std::vector<HistogramTask> tasks = growth_.share(slices.data(), numbers.data(), build_count);
  auto* const sums = sums_.as<unsigned long long>();
  auto* const counts = counts_.as<uint32_t>();
  Packer packer(staged_work_, work_);
  const uint32_t* const cleared = packer.add(numbers.data(), numbers.size());
  SearchCall call{};
  call.pairs = packer.add(pairs, pair_count);
  const HistogramTask* const shares = packer.add(tasks.data(), tasks.size());
  packer.send(growth_.stream());
  if (build_count > 0) {
    run_clear(cleared, build_count, growth_.histogram_size(), sums, counts, growth_.stream());
  }
  growth_.add_up(shares, static_cast<uint32_t>(tasks.size()), sums, counts);
  call.pair_count = pair_count;
  call.columns = columns_.as<const BorealCudaColumn>();
  call.cols = growth_.cols();
  call.slots = growth_.slots();
  call.group = group_;
  call.rules = rules;
  call.sums = sums;
  call.counts = counts;
  call.found = found_.as<BorealCudaFound>();
  run_search(call, growth_.stream());
  BorealCudaFound* const staged = staged_found_.as<BorealCudaFound>();
  const size_t count = size_t{pair_count} * groups_ * 2;
  growth_.stream().download(staged, call.found, count);
  growth_.stream().wait("finding splits");
  std::copy_n(staged, count, found);
}

uint64_t TreeSearch::memory_bytes() const {
  return columns_.bytes() + sums_.bytes() + counts_.bytes() + work_.bytes() + found_.bytes();
}

}  // namespace cuda
}  // namespace boreal
