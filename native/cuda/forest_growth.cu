#include <algorithm>
#include <vector>

#include "cuda/forest_growth.cuh"

namespace boreal {
namespace cuda {

ForestGrowth::ForestGrowth(int device, const BorealCudaForestData& data)
    : device_((use_device(device), device)),
      rows_(static_cast<uint32_t>(data.rows)),
      cols_(data.cols),
      class_count_(data.class_count),
      most_(data.most),
      weight_step_(data.weight_step),
      least_weight_(data.least_weight),
      least_rows_(data.least_rows) {
  const size_t all = size_t{data.trees} * rows_;
  slots_ = 1 + *std::max_element(data.bins, data.bins + cols_);
  by_column_ = DeviceMemory(size_t{cols_} * rows_);
  bins_ = DeviceMemory(cols_ * sizeof(uint32_t));
  if (class_count_ > 0) classes_ = DeviceMemory(rows_ * sizeof(int32_t));
  if (class_count_ == 0) targets_ = DeviceMemory(rows_ * sizeof(int64_t));
  if (data.terms != nullptr) terms_ = DeviceMemory(data.term_count * sizeof(uint64_t));
  for (DeviceMemory& side : sides_) side = DeviceMemory(all * sizeof(uint32_t));
  weights_ = DeviceMemory(all * sizeof(uint32_t));
  nodes_ = DeviceMemory(most_ * sizeof(BorealCudaForestNode));
  order_ = DeviceMemory(most_ * sizeof(uint32_t));
  found_ = DeviceMemory(most_ * sizeof(BorealCudaForestFound));
  left_ = DeviceMemory(size_t{most_} * words_of_side(class_count_) * sizeof(uint64_t));
  tasks_ = DeviceMemory(most_ * sizeof(PartitionTask));
  tiles_ = all / kTileRows + 1 + most_;
  marks_ = DeviceMemory(tiles_ * kTileRows / 8);
  lefts_ = DeviceMemory(tiles_ * sizeof(uint32_t));
  totals_ = DeviceMemory(most_ * sizeof(uint32_t));
  stream_.upload(by_column_.data(), data.by_column, by_column_.bytes());
  stream_.upload(bins_.as<uint32_t>(), data.bins, cols_);
  if (class_count_ > 0) stream_.upload(classes_.as<int32_t>(), data.classes, rows_);
  if (class_count_ == 0) stream_.upload(targets_.as<int64_t>(), data.targets, rows_);
  if (data.terms != nullptr) stream_.upload(terms_.as<uint64_t>(), data.terms, data.term_count);
  stream_.wait("copying bins");
}

void ForestGrowth::rows(uint32_t tree, uint32_t side, uint32_t* rows) {
  use_device(device_);
  stream_.download(rows, rows_at(side, {tree, side, 0, 0, 0, 0}), rows_);
  stream_.wait("copying rows");
}

uint32_t* ForestGrowth::rows_at(uint32_t side, const BorealCudaForestNode& node) const {
  return sides_[side].as<uint32_t>() + size_t{node.tree} * rows_ + node.begin;
}

void ForestGrowth::start(uint32_t tree, const uint32_t* rows, uint32_t count, const uint32_t* weights) {
  use_device(device_);
  stream_.upload(rows_at(0, {tree, 0, 0, count, 0, 0}), rows, count);
  stream_.upload(weights_.as<uint32_t>() + size_t{tree} * rows_, weights, rows_);
  stream_.wait("starting a tree");
}

void ForestGrowth::search(const BorealCudaForestNode* nodes, uint32_t count, BorealCudaForestFound* found,
                          uint64_t* left) {
  use_device(device_);
  if (count == 0 || count > most_) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
  std::vector<uint32_t> order(count);
  for (uint32_t k = 0; k < count; ++k) order[k] = k;
  const auto few = std::stable_partition(order.begin(), order.end(),
                                         [&](uint32_t k) { return nodes[k].count < kFewRows; });
  stream_.upload(nodes_.as<BorealCudaForestNode>(), nodes, count);
  stream_.upload(order_.as<uint32_t>(), order.data(), count);
  ForestSearchCall call{};
  call.nodes = nodes_.as<const BorealCudaForestNode>();
  call.order = order_.as<const uint32_t>();
  call.few = static_cast<uint32_t>(few - order.begin());
  call.count = count;
  call.by_column = by_column_.data();
  call.bins = bins_.as<const uint32_t>();
  call.classes = classes_.as<const int32_t>();
  call.targets = targets_.as<const long long>();
  for (size_t k = 0; k < 2; ++k) call.sides[k] = sides_[k].as<const uint32_t>();
  call.weights = weights_.as<const uint32_t>();
  call.rows = rows_;
  call.class_count = class_count_;
  call.slots = slots_;
  call.terms = terms_.as<const unsigned long long>();
  call.weight_step = weight_step_;
  call.least_weight = least_weight_;
  call.least_rows = least_rows_;
  call.found = found_.as<BorealCudaForestFound>();
  call.left = left_.as<unsigned long long>();
  run_forest_search(call, stream_);
  stream_.download(found, call.found, count);
  stream_.download(left, left_.as<const uint64_t>(), size_t{count} * words_of_side(class_count_));
  stream_.wait("finding splits");
}

void ForestGrowth::split(const BorealCudaForestSplit* splits, uint32_t count) {
  use_device(device_);
  std::vector<PartitionTask> tasks(count);
  PartitionCall call{};
  for (uint32_t k = 0; k < count; ++k) {
    const BorealCudaForestNode& node = splits[k].node;
    PartitionTask& task = tasks[k];
    task.from = rows_at(node.side, node);
    task.to = rows_at(1 - node.side, node);
    task.bins = by_column_.data() + size_t{node.column} * rows_;
    task.count = node.count;
    task.first_tile = call.tiles;
    std::copy_n(splits[k].goes_left, 8, task.goes_left);
    call.tiles += tiles_of(task.count);
  }
  if (count == 0 || count > most_ || call.tiles > tiles_) {
    throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
  }
  stream_.upload(tasks_.as<PartitionTask>(), tasks.data(), count);
  call.tasks = tasks_.as<const PartitionTask>();
  call.count = count;
  call.marks = marks_.as<uint32_t>();
  call.lefts = lefts_.as<uint32_t>();
  call.totals = totals_.as<uint32_t>();
  run_partition(call, stream_);
  stream_.wait("parting rows");
}

}  // namespace cuda
}  // namespace boreal
