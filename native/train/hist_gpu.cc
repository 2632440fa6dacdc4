#include "train/hist_gpu.h"

#include <algorithm>

namespace boreal {
namespace {

BorealCudaSlice slice_of(const RowSlice& slice) { return {slice.begin, slice.count, slice.side, 0}; }

std::vector<BorealCudaSlice> slices_of(const std::vector<RowSlice>& slices) {
  std::vector<BorealCudaSlice> result;
  result.reserve(slices.size());
  for (const RowSlice& slice : slices) result.push_back(slice_of(slice));
  return result;
}

}  // namespace

HistGpu::HistGpu(const CudaTarget& target, const BinnedMatrix& x, size_t slots, bool count_rows, size_t most)
    : api_(target.library->api().tree_training), all_rows_(x.rows()) {
  BorealCudaBins bins{};
  bins.by_row = x.row(0);
  bins.by_column = x.column(0);
  bins.rows = x.rows();
  bins.cols = static_cast<uint32_t>(x.cols());
  bins.stride = static_cast<uint32_t>(x.stride());
  bins.slots = static_cast<uint32_t>(slots);
  bins.counts = count_rows ? 1 : 0;
  bins.most = static_cast<uint32_t>(most);
  BorealCudaError error{};
  CudaLibrary::check(api_->create(target.device, &bins, &trees_, &error), error);
}

HistGpu::~HistGpu() { api_->destroy(trees_); }

RowSlice HistGpu::start(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows) {
  const size_t count = all_rows ? all_rows_ : rows.size;
  BorealCudaError error{};
  CudaLibrary::check(api_->start(trees_, gradients.data(), all_rows ? nullptr : rows.data, count, &error),
                     error);
  return {0, count, 0};
}

void HistGpu::split(std::vector<RowSplit>* splits) {
  std::vector<BorealCudaSplit> calls(splits->size());
  for (size_t k = 0; k < calls.size(); ++k) {
    const RowSplit& split = (*splits)[k];
    calls[k].slice = slice_of(split.slice);
    calls[k].column = static_cast<uint32_t>(split.column);
    std::copy(split.goes_left.begin(), split.goes_left.end(), calls[k].goes_left);
  }
  BorealCudaError error{};
  CudaLibrary::check(api_->split(trees_, calls.data(), static_cast<uint32_t>(calls.size()), &error), error);
  for (size_t k = 0; k < calls.size(); ++k) {
    RowSplit& split = (*splits)[k];
    const size_t lefts = calls[k].lefts;
    const uint8_t side = 1 - split.slice.side;
    split.left = {split.slice.begin, lefts, side};
    split.right = {split.slice.begin + lefts, split.slice.count - lefts, side};
  }
}

void HistGpu::build(const std::vector<RowSlice>& slices, const std::vector<PackedPair*>& sums,
                    const std::vector<uint32_t*>& counts) {
  const std::vector<BorealCudaSlice> calls = slices_of(slices);
  BorealCudaError error{};
  CudaLibrary::check(api_->build(trees_, calls.data(), static_cast<uint32_t>(calls.size()), sums.data(),
                                 counts.data(), &error),
                     error);
}

void HistGpu::rows(const std::vector<RowSlice>& slices, uint32_t* rows) {
  const std::vector<BorealCudaSlice> calls = slices_of(slices);
  BorealCudaError error{};
  CudaLibrary::check(api_->rows(trees_, calls.data(), static_cast<uint32_t>(calls.size()), rows, &error),
                     error);
}

}  // namespace boreal
