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
  stream().upload(y_.as<double>(), loss.y, rows);
  if (loss.weights != nullptr) stream().upload(weights_.as<double>(), loss.weights, rows);
  stream().upload(scores_.as<double>(), loss.scores, all);
  stream().wait("copying targets");
}

LossRows TreeLoss::rows() const {
  return {kind_,
          parameter_,
          growth_.rows(),
          outputs_,
          y_.as<const double>(),
          weights_.as<const double>(),
          scores_.as<const double>(),
          gradients_.as<float>(),
          hessians_.as<float>()};
}

const float* TreeLoss::gradients_of(uint32_t output) const {
  return rows().gradients + size_t{output} * growth_.rows();
}
const float* TreeLoss::hessians_of(uint32_t output) const {
  const float* const hessians = rows().hessians;
  return hessians == nullptr ? nullptr : hessians + size_t{output} * growth_.rows();
}
double* TreeLoss::scores_of(uint32_t output) const {
  return scores_.as<double>() + size_t{output} * growth_.rows();
}

unsigned char* TreeLoss::scratch(size_t bytes) {
  if (bytes > scratch_.bytes()) {
    stream().wait("waiting for memory");
    scratch_ = DeviceMemory();
    scratch_ = DeviceMemory(bytes);
  }
  return scratch_.data();
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
  run_gradients(rows(), stream());  // what they are for waits
}

void TreeLoss::ranges(uint32_t output, const BorealCudaParts& parts, BorealCudaRange* ranges) {
  growth_.use();
  auto* const found = reinterpret_cast<BorealCudaRange*>(scratch(parts.count * sizeof(BorealCudaRange)));
  run_ranges(gradients_of(output), hessians_of(output), growth_.rows(), parts, found, stream());
  download(ranges, found, parts.count);
}

void TreeLoss::quantize(uint32_t output, double gradient_scale, double hessian_scale, uint64_t one) {
  growth_.use();
  run_quantize(gradients_of(output), hessians_of(output), growth_.rows(), gradient_scale, hessian_scale, one,
               growth_.packed(), stream());
}

void TreeLoss::leaf_sums(uint32_t output, const BorealCudaSlice* slices, uint32_t count,
                         const BorealCudaParts& parts, double* sums) {
  growth_.use();
  const std::vector<LeafTask> tasks = tasks_of(slices, count);
  const size_t task_bytes = aligned(count * sizeof(LeafTask)), sums_at = aligned(count * 2 * sizeof(double));
  unsigned char* const memory = scratch(leaf_bytes(count, uint64_t{parts.count} * count));
  auto* const leaves = reinterpret_cast<LeafTask*>(memory);
  auto* const joined = reinterpret_cast<double*>(memory + task_bytes);
  auto* const partial = reinterpret_cast<double*>(memory + task_bytes + sums_at);
  stream().upload(leaves, tasks.data(), count);
  run_leaf_sums(leaves, count, gradients_of(output), hessians_of(output), parts, partial, joined, stream());
  download(sums, joined, size_t{count} * 2);
}

void TreeLoss::add_values(uint32_t output, const BorealCudaSlice* slices, const double* values,
                          uint32_t count) {
  growth_.use();
  const std::vector<LeafTask> tasks = tasks_of(slices, count);
  const size_t task_bytes = aligned(count * sizeof(LeafTask));
  unsigned char* const memory = scratch(task_bytes + count * sizeof(double));
  auto* const leaves = reinterpret_cast<LeafTask*>(memory);
  auto* const leaf_values = reinterpret_cast<double*>(memory + task_bytes);
  stream().upload(leaves, tasks.data(), count);
  stream().upload(leaf_values, values, count);
  run_add_values(leaves, leaf_values, count, longest_of(tasks), scores_of(output), stream());
  stream().wait("adding a tree");
}

void TreeLoss::add_tree(uint32_t output, const BorealCudaBinnedTree& tree) {
  growth_.use();
  const size_t node_bytes = aligned(tree.node_count * sizeof(BorealCudaTreeNode));
  const size_t set_bytes = aligned(tree.set_count * size_t{4} * sizeof(uint64_t));
  unsigned char* const memory = scratch(tree_bytes(tree.node_count, tree.set_count, tree.leaf_count));
  auto* const nodes = reinterpret_cast<BorealCudaTreeNode*>(memory);
  auto* const sets = reinterpret_cast<uint64_t*>(memory + node_bytes);
  auto* const values = reinterpret_cast<double*>(memory + node_bytes + set_bytes);
  stream().upload(nodes, tree.nodes, tree.node_count);
  stream().upload(sets, tree.sets, size_t{4} * tree.set_count);
  stream().upload(values, tree.values, tree.leaf_count);
  run_add_tree({growth_.bins(), growth_.rows(), growth_.stride(), nodes,
                reinterpret_cast<const unsigned long long*>(sets), values, scores_of(output)},
               stream());
  stream().wait("adding a tree");
}

void TreeLoss::loss_sums(const BorealCudaParts& parts, double* sums) {
  growth_.use();
  auto* const found = reinterpret_cast<double*>(scratch(parts.count * sizeof(double)));
  run_loss_sums(rows(), parts, found, stream());
  download(sums, found, parts.count);
}

void TreeLoss::scores(double* scores) {
  growth_.use();
  download(scores, scores_.as<const double>(), size_t{growth_.rows()} * outputs_);
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
