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
  send(by_column_, data.by_column, by_column_.bytes());
  send(bins_, data.bins, bins_.bytes());
  send(classes_, data.classes, classes_.bytes());
  send(targets_, data.targets, targets_.bytes());
  if (data.terms != nullptr) send(terms_, data.terms, terms_.bytes());
  wait("copying bins");
}

void ForestGrowth::rows(uint32_t tree, uint32_t side, uint32_t* rows) {
  use_device(device_);
  const size_t bytes = size_t{rows_} * sizeof(uint32_t);
  check(
      cudaMemcpyAsync(rows, rows_at(side, {tree, side, 0, 0, 0, 0}), bytes, cudaMemcpyDeviceToHost, stream_),
      "copying rows from the device");
  wait("copying rows");
}

void ForestGrowth::send(const DeviceMemory& to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to.data(), from, bytes, cudaMemcpyHostToDevice, stream_), "copying to the device");
}

uint32_t* ForestGrowth::rows_at(uint32_t side, const BorealCudaForestNode& node) const {
  return reinterpret_cast<uint32_t*>(sides_[side].data()) + size_t{node.tree} * rows_ + node.begin;
}

void ForestGrowth::start(uint32_t tree, const uint32_t* rows, uint32_t count, const uint32_t* weights) {
  use_device(device_);
  check(cudaMemcpyAsync(rows_at(0, {tree, 0, 0, count, 0, 0}), rows, count * sizeof(uint32_t),
                        cudaMemcpyHostToDevice, stream_),
        "copying rows");
  check(cudaMemcpyAsync(weights_.data() + size_t{tree} * rows_ * sizeof(uint32_t), weights,
                        rows_ * sizeof(uint32_t), cudaMemcpyHostToDevice, stream_),
        "copying weights");
  wait("starting a tree");
}

void ForestGrowth::search(const BorealCudaForestNode* nodes, uint32_t count, BorealCudaForestFound* found,
                          uint64_t* left) {
  use_device(device_);
  if (count == 0 || count > most_) throw Failure(cudaErrorInvalidValue, "more work than was agreed on");
  std::vector<uint32_t> order(count);
  for (uint32_t k = 0; k < count; ++k) order[k] = k;
  const auto few = std::stable_partition(order.begin(), order.end(),
                                         [&](uint32_t k) { return nodes[k].count < kFewRows; });
  send(nodes_, nodes, count * sizeof(*nodes));
  send(order_, order.data(), count * sizeof(uint32_t));
  ForestSearchCall call{};
  call.nodes = reinterpret_cast<const BorealCudaForestNode*>(nodes_.data());
  call.order = reinterpret_cast<const uint32_t*>(order_.data());
  call.few = static_cast<uint32_t>(few - order.begin());
  call.count = count;
  call.by_column = by_column_.data();
  call.bins = reinterpret_cast<const uint32_t*>(bins_.data());
  call.classes = reinterpret_cast<const int32_t*>(classes_.data());
  call.targets = reinterpret_cast<const long long*>(targets_.data());
  for (size_t k = 0; k < 2; ++k) call.sides[k] = reinterpret_cast<const uint32_t*>(sides_[k].data());
  call.weights = reinterpret_cast<const uint32_t*>(weights_.data());
  call.rows = rows_;
  call.class_count = class_count_;
  call.slots = slots_;
  call.terms = terms_.bytes() == 0 ? nullptr : reinterpret_cast<const unsigned long long*>(terms_.data());
  call.weight_step = weight_step_;
  call.least_weight = least_weight_;
  call.least_rows = least_rows_;
  call.found = reinterpret_cast<BorealCudaForestFound*>(found_.data());
  call.left = reinterpret_cast<unsigned long long*>(left_.data());
  run_forest_search(call, stream_);
  check(cudaMemcpyAsync(found, found_.data(), count * sizeof(*found), cudaMemcpyDeviceToHost, stream_),
        "copying splits from the device");
  check(cudaMemcpyAsync(left, left_.data(), size_t{count} * words_of_side(class_count_) * sizeof(uint64_t),
                        cudaMemcpyDeviceToHost, stream_),
        "copying splits from the device");
  wait("finding splits");
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
  send(tasks_, tasks.data(), count * sizeof(PartitionTask));
  call.tasks = reinterpret_cast<const PartitionTask*>(tasks_.data());
  call.count = count;
  call.marks = reinterpret_cast<uint32_t*>(marks_.data());
  call.lefts = reinterpret_cast<uint32_t*>(lefts_.data());
  call.totals = reinterpret_cast<uint32_t*>(totals_.data());
  run_partition(call, stream_);
  wait("parting rows");
}

}  // namespace cuda
}  // namespace boreal
