#include "train/forest_gpu.h"

#include <algorithm>

#include "device/forest_splits.h"

namespace boreal {

// The 48 KiB that every device has, less what cuda/kernels/forest_search.cu declares itself.
bool ForestGpu::fits(const BinTable& table, uint32_t class_count) {
  constexpr size_t kSharedBytes = (48 << 10) - 64;
  size_t slots = 0;
  for (size_t j = 0; j < table.cols(); ++j) slots = std::max<size_t>(slots, table.bins(j) + 1);
  return forest_search_bytes(slots, class_count) <= kSharedBytes;
}

ForestGpu::ForestGpu(const CudaTarget& target, const BinTable& table, const Setup& setup)
    : api_(target.library->api().forest_training), class_count_(setup.class_count), most_(setup.most) {
  std::vector<uint32_t> bins(table.cols());
  for (size_t j = 0; j < bins.size(); ++j) bins[j] = table.bins(j);
  BorealCudaForestData data{};
  data.by_column = table.column(0);
  data.bins = bins.data();
  data.classes = setup.classes.data;
  data.targets = setup.targets.data;
  data.rows = table.rows();
  data.cols = static_cast<uint32_t>(bins.size());
  data.class_count = setup.class_count;
  data.trees = setup.trees;
  data.most = setup.most;
  data.terms = setup.terms.empty() ? nullptr : setup.terms.data();
  data.term_count = setup.terms.size();
  data.weight_step = setup.weight_step;
  data.least_weight = setup.least_weight;
  data.least_rows = setup.least_rows;
  BorealCudaError error{};
  CudaLibrary::check(api_->create(target.device, &data, &forest_, &error), error);
}

ForestGpu::~ForestGpu() { api_->destroy(forest_); }

void ForestGpu::start(uint32_t tree, const std::vector<uint32_t>& rows,
                      const std::vector<uint32_t>& weights) {
  call(api_->start, tree, rows.data(), static_cast<uint32_t>(rows.size()), weights.data());
}

void ForestGpu::search(const std::vector<BorealCudaForestNode>& nodes,
                       std::vector<BorealCudaForestFound>* found, std::vector<uint64_t>* left) {
  found->resize(nodes.size());
  left->resize(nodes.size() * words());
  call(api_->search, nodes.data(), static_cast<uint32_t>(nodes.size()), found->data(), left->data());
}

void ForestGpu::rows(uint32_t tree, uint32_t side, uint32_t* rows) { call(api_->rows, tree, side, rows); }

void ForestGpu::split(const std::vector<BorealCudaForestSplit>& splits) {
  call(api_->split, splits.data(), static_cast<uint32_t>(splits.size()));
}

}  // namespace boreal
