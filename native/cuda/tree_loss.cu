#include <algorithm>

#include "cuda/tree_loss.cuh"

namespace boreal {
namespace cuda {
namespace {

bool has_constant_hessian(LossKind kind) {
  return kind == LossKind::kSquaredError || kind == LossKind::kHuber;
}

// Of a leaf's task, its two sums, and its sums by parts.
size_t leaf_bytes(uint64_t leaves, uint64_t sums) {
  constexpr size_t kPair = 2 * sizeof(double);
  return aligned(leaves * sizeof(LeafTask)) + aligned(leaves * kPair) + sums * kPair;
}
size_t tree_bytes(uint64_t nodes, uint64_t sets, uint64_t leaves) {
  return aligned(nodes * sizeof(BorealCudaTreeNode)) + aligned(sets * 4 * sizeof(uint64_t)) +
         leaves * sizeof(double);
}

uint32_t longest_of(const std::vector<LeafTask>& tasks) {
  uint32_t longest = 0;
  for (const LeafTask& task : tasks) longest = std::max(longest, task.count);
  return longest;
}

}  // namespace

TreeLoss::TreeLoss(TreeGrowth* growth, const BorealCudaLoss& loss)
    : growth_(*growth),
      kind_(static_cast<LossKind>(loss.kind)),
      parameter_(loss.parameter),
      outputs_(loss.outputs) {
  growth_.use();
  const size_t rows = growth_.rows(), all = rows * outputs_;
  y_ = DeviceMemory(rows * sizeof(double));
  scores_ = DeviceMemory(all * sizeof(double));
  gradients_ = DeviceMemory(all * sizeof(float));
  if (loss.weights != nullptr) weights_ = DeviceMemory(rows * sizeof(double));
  if (loss.weights != nullptr || !has_constant_hessian(kind_)) hessians_ = DeviceMemory(all * sizeof(float));
  const uint64_t leaves = loss.most_leaves;
  scratch_ = DeviceMemory(
      std::max(leaf_bytes(leaves, loss.most_sums), tree_bytes(2 * leaves - 1, leaves - 1, leaves)));
  upload(y_.data(), loss.y, y_.bytes(), "copying targets");
  upload(weights_.data(), loss.weights, weights_.bytes(), "copying weights");
  upload(scores_.data(), loss.scores, scores_.bytes(), "copying scores");
  wait("copying targets");
}

LossRows TreeLoss::rows() const {
  return {kind_,
          parameter_,
          growth_.rows(),
          outputs_,
          reinterpret_cast<const double*>(y_.data()),
          reinterpret_cast<const double*>(weights_.data()),
          reinterpret_cast<const double*>(scores_.data()),
          reinterpret_cast<float*>(gradients_.data()),
          reinterpret_cast<float*>(hessians_.data())};
}

const float* TreeLoss::gradients_of(uint32_t output) const {
  return rows().gradients + size_t{output} * growth_.rows();
}
const float* TreeLoss::hessians_of(uint32_t output) const {
  const float* const hessians = rows().hessians;
  return hessians == nullptr ? nullptr : hessians + size_t{output} * growth_.rows();
}
double* TreeLoss::scores_of(uint32_t output) const {
  return reinterpret_cast<double*>(scores_.data()) + size_t{output} * growth_.rows();
}

unsigned char* TreeLoss::scratch(size_t bytes) {
  if (bytes > scratch_.bytes()) {
    wait("waiting for memory");
    scratch_ = DeviceMemory();
    scratch_ = DeviceMemory(bytes);
  }
  return scratch_.data();
}

void TreeLoss::upload(void* to, const void* from, size_t bytes, const char* what) {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, growth_.stream()), what);
}
void TreeLoss::download(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, growth_.stream()),
        "copying results from the device");
  wait("computing a loss");
}

std::vector<LeafTask> TreeLoss::tasks_of(const BorealCudaSlice* slices, uint32_t count) const {
  std::vector<LeafTask> tasks(count);
  for (uint32_t k = 0; k < count; ++k) {
    tasks[k] = {growth_.rows_at(slices[k]), static_cast<uint32_t>(slices[k].count)};
  }
  return tasks;
}

void TreeLoss::gradients() {
  growth_.use();
  run_gradients(rows(), growth_.stream());
  wait("computing gradients");
}

void TreeLoss::ranges(uint32_t output, const BorealCudaParts& parts, BorealCudaRange* ranges) {
  growth_.use();
  const size_t bytes = parts.count * sizeof(BorealCudaRange);
  auto* const found = reinterpret_cast<BorealCudaRange*>(scratch(bytes));
  run_ranges(gradients_of(output), hessians_of(output), growth_.rows(), parts, found, growth_.stream());
  download(ranges, found, bytes);
}

void TreeLoss::quantize(uint32_t output, double gradient_scale, double hessian_scale, uint64_t one) {
  growth_.use();
  run_quantize(gradients_of(output), hessians_of(output), growth_.rows(), gradient_scale, hessian_scale, one,
               growth_.packed(), growth_.stream());
}

void TreeLoss::leaf_sums(uint32_t output, const BorealCudaSlice* slices, uint32_t count,
                         const BorealCudaParts& parts, double* sums) {
  growth_.use();
  const std::vector<LeafTask> tasks = tasks_of(slices, count);
  const size_t task_bytes = aligned(count * sizeof(LeafTask)), sum_bytes = count * 2 * sizeof(double);
  unsigned char* const memory = scratch(leaf_bytes(count, uint64_t{parts.count} * count));
  auto* const leaves = reinterpret_cast<LeafTask*>(memory);
  auto* const joined = reinterpret_cast<double*>(memory + task_bytes);
  auto* const partial = reinterpret_cast<double*>(memory + task_bytes + aligned(sum_bytes));
  upload(leaves, tasks.data(), count * sizeof(LeafTask), "copying tasks");
  run_leaf_sums(leaves, count, gradients_of(output), hessians_of(output), parts, partial, joined,
                growth_.stream());
  download(sums, joined, sum_bytes);
}

void TreeLoss::add_values(uint32_t output, const BorealCudaSlice* slices, const double* values,
                          uint32_t count) {
  growth_.use();
  const std::vector<LeafTask> tasks = tasks_of(slices, count);
  const size_t task_bytes = aligned(count * sizeof(LeafTask));
  unsigned char* const memory = scratch(task_bytes + count * sizeof(double));
  auto* const leaves = reinterpret_cast<LeafTask*>(memory);
  auto* const leaf_values = reinterpret_cast<double*>(memory + task_bytes);
  upload(leaves, tasks.data(), count * sizeof(LeafTask), "copying tasks");
  upload(leaf_values, values, count * sizeof(double), "copying leaf values");
  run_add_values(leaves, leaf_values, count, longest_of(tasks), scores_of(output), growth_.stream());
  wait("adding a tree");
}

void TreeLoss::add_tree(uint32_t output, const BorealCudaBinnedTree& tree) {
  growth_.use();
  const size_t node_bytes = aligned(tree.node_count * sizeof(BorealCudaTreeNode));
  const size_t set_bytes = aligned(tree.set_count * size_t{4} * sizeof(uint64_t));
  unsigned char* const memory = scratch(tree_bytes(tree.node_count, tree.set_count, tree.leaf_count));
  upload(memory, tree.nodes, tree.node_count * sizeof(BorealCudaTreeNode), "copying a tree");
  upload(memory + node_bytes, tree.sets, tree.set_count * size_t{4} * sizeof(uint64_t), "copying a tree");
  upload(memory + node_bytes + set_bytes, tree.values, tree.leaf_count * sizeof(double), "copying a tree");
  run_add_tree(
      {growth_.bins(), growth_.rows(), growth_.stride(), reinterpret_cast<const BorealCudaTreeNode*>(memory),
       reinterpret_cast<const unsigned long long*>(memory + node_bytes),
       reinterpret_cast<const double*>(memory + node_bytes + set_bytes), scores_of(output)},
      growth_.stream());
  wait("adding a tree");
}

void TreeLoss::loss_sums(const BorealCudaParts& parts, double* sums) {
  growth_.use();
  const size_t bytes = parts.count * sizeof(double);
  auto* const found = reinterpret_cast<double*>(scratch(bytes));
  run_loss_sums(rows(), parts, found, growth_.stream());
  download(sums, found, bytes);
}

void TreeLoss::scores(double* scores) {
  growth_.use();
  download(scores, scores_.data(), scores_.bytes());
}

uint64_t TreeLoss::memory_bytes() const {
  uint64_t bytes = 0;
  for (const DeviceMemory* memory : {&y_, &weights_, &scores_, &gradients_, &hessians_, &scratch_}) {
    bytes += memory->bytes();
  }
  return bytes;
}

}  // namespace cuda
}  // namespace boreal
