// Sums over decision trees. A thread walks a row through all trees of a batch, four at a time to hide the
// latency of a step. Small trees stand in shared memory beside the ranks of the block's rows, and rows stream
// past them; large ones are read through the caches.
//
// Leaf values are added in float64 in the order of the trees, batch after batch: a prediction has the CPU's
// bits.
#include "cuda/launch.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr int kTrees = 4;    // that a thread walks at once
constexpr int kOutputs = 4;  // that it sums at once

struct TreeCall {
  const uint32_t* ranks;  // [rank_words, capacity]
  uint32_t rank_words, rows, capacity;
  const void* nodes;
  uint32_t node_count;
  const BorealCudaTree* trees;
  int tree_count;
  const double* values;  // [leaves, value_width]
  int value_width;
  int first_value, value_count;  // the columns of values that are added: at most kOutputs
  double* sums;                  // [value_count, capacity], of the first of them
  bool first;                    // sums start from 0
  float* each;                   // or one column per tree: [rows, each_width], from its first on
  uint32_t each_width;
};

// The ranks of one row: words lie `stride` apart.
struct RowRanks {
  const uint32_t* words;
  size_t stride;
};

// Byte ranks; nodes as RankNode.
struct SmallNodes {
  using Node = uint32_t;
  static __device__ uint32_t step(const Node* nodes, uint32_t at, const RowRanks& row) {
    const Node node = nodes[at];
    const uint32_t ahead = node >> 20;
    const uint32_t column = ahead != 0 ? node >> 8 & 0xfff : 0;  // a leaf has its index there
    const uint32_t rank = row.words[column / 4 * row.stride] >> column % 4 * 8 & 0xff;
    return at + ahead + (rank > (node & 0xff) ? 1 : 0);
  }
  static __device__ uint32_t leaf(const Node* nodes, uint32_t at) { return nodes[at] >> 8 & 0xfff; }
};

// Ranks of two bytes; trees of any size.
struct LargeNodes {
  using Node = BorealCudaNode;
  static __device__ uint32_t step(const Node* nodes, uint32_t at, const RowRanks& row) {
    const Node node = nodes[at];
    if (node.left == 0) return at;
    const uint32_t rank = row.words[node.column / 2 * row.stride] >> node.column % 2 * 16 & 0xffff;
    return node.left + (rank > node.cut ? 1 : 0);
  }
  static __device__ uint32_t leaf(const Node* nodes, uint32_t at) {
    return uint32_t{nodes[at].column} | uint32_t{nodes[at].cut} << 16;
  }
};

// leaf[k] = row of the leaf value in tree first + k.
template <typename Nodes>
__device__ void find_leaves(const typename Nodes::Node* nodes, const BorealCudaTree* trees, int first,
                            int count, const RowRanks& row, uint32_t* leaf) {
  const typename Nodes::Node* root[kTrees];
  uint32_t at[kTrees], depth = 0;
#pragma unroll
  for (int k = 0; k < kTrees; ++k) {
    const BorealCudaTree& tree = trees[first + (k < count ? k : 0)];
    root[k] = nodes + tree.begin;
    at[k] = 0;
    depth = tree.depth > depth ? tree.depth : depth;
  }
  for (; depth > 0; --depth) {
#pragma unroll
    for (int k = 0; k < kTrees; ++k) at[k] = Nodes::step(root[k], at[k], row);
  }
#pragma unroll
  for (int k = 0; k < kTrees; ++k) {
    leaf[k] = trees[first + (k < count ? k : 0)].values + Nodes::leaf(root[k], at[k]);
  }
}

template <typename Nodes>
__device__ void walk(const TreeCall& call, const typename Nodes::Node* nodes, const BorealCudaTree* trees,
                     const RowRanks& ranks, size_t row) {
  double sum[kOutputs];
#pragma unroll
  for (int j = 0; j < kOutputs; ++j) {
    sum[j] = call.each != nullptr || call.first || j >= call.value_count
                 ? 0.0
                 : call.sums[size_t(j) * call.capacity + row];
  }
  for (int t = 0; t < call.tree_count; t += kTrees) {
    uint32_t leaf[kTrees];
    const int count = call.tree_count - t < kTrees ? call.tree_count - t : kTrees;
    find_leaves<Nodes>(nodes, trees, t, count, ranks, leaf);
#pragma unroll
    for (int k = 0; k < kTrees; ++k) {
      if (k >= count) continue;
      const double* value = call.values + size_t{leaf[k]} * call.value_width + call.first_value;
      if (call.each != nullptr) {
        call.each[row * call.each_width + t + k] = static_cast<float>(value[0]);
        continue;
      }
#pragma unroll
      for (int j = 0; j < kOutputs; ++j) {
        if (j < call.value_count) sum[j] += value[j];
      }
    }
  }
  if (call.each != nullptr) return;
#pragma unroll
  for (int j = 0; j < kOutputs; ++j) {
    if (j < call.value_count) call.sums[size_t(j) * call.capacity + row] = sum[j];
  }
}

// Trees and nodes are brought into shared memory once, the ranks of a block's rows for each tile of them.
__global__ void __launch_bounds__(1024) resident_kernel(TreeCall call) {
  uint32_t* nodes = reinterpret_cast<uint32_t*>(shared_bytes());
  BorealCudaTree* trees = reinterpret_cast<BorealCudaTree*>(nodes + call.node_count);
  uint32_t* tile = reinterpret_cast<uint32_t*>(trees + call.tree_count);
  for (uint32_t i = threadIdx.x; i < call.node_count; i += blockDim.x) {
    nodes[i] = static_cast<const uint32_t*>(call.nodes)[i];
  }
  for (int i = static_cast<int>(threadIdx.x); i < call.tree_count; i += static_cast<int>(blockDim.x)) {
    trees[i] = call.trees[i];
  }
  __syncthreads();
  // A thread brings the ranks of its own row, so nobody has to wait for anybody from here on.
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    for (uint32_t word = 0; word < call.rank_words; ++word) {
      tile[word * blockDim.x + threadIdx.x] = call.ranks[size_t{word} * call.capacity + row];
    }
    walk<SmallNodes>(call, nodes, trees, RowRanks{tile + threadIdx.x, blockDim.x}, row);
  }
}

template <typename Nodes>
__global__ void streamed_kernel(TreeCall call) {
  const typename Nodes::Node* nodes = static_cast<const typename Nodes::Node*>(call.nodes);
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    walk<Nodes>(call, nodes, call.trees, RowRanks{call.ranks + row, call.capacity}, row);
  }
}

// As many threads as leave their rows' ranks room beside the trees; 0: they have none.
unsigned resident_threads(const TreeCall& call, size_t tree_bytes, size_t limit) {
  const size_t row_bytes = size_t{call.rank_words} * sizeof(uint32_t);
  for (unsigned threads = 1024; threads >= 128; threads /= 2) {
    if (tree_bytes + threads * row_bytes <= limit) return threads;
  }
  return 0;
}

void start_trees(const TreeCall& call, bool small, cudaStream_t stream) {
  if (!small) {
    return launch(streamed_kernel<LargeNodes>, grid_of(call.rows, 128), 128, 0, stream, call);
  }
  const Limits limits = limits_of_device();
  const size_t tree_bytes =
      call.node_count * sizeof(uint32_t) + static_cast<size_t>(call.tree_count) * sizeof(BorealCudaTree);
  unsigned threads = resident_threads(call, tree_bytes, static_cast<size_t>(limits.shared_bytes));
  // Few rows are better off without copying trees that each block would use once.
  if (threads == 0 || call.rows < 2048) {
    return launch(streamed_kernel<SmallNodes>, grid_of(call.rows, 64), 64, 0, stream, call);
  }
  while (threads > 128 && call.rows / threads < static_cast<unsigned>(limits.multiprocessors)) threads /= 2;
  const size_t bytes = tree_bytes + size_t{threads} * call.rank_words * sizeof(uint32_t);
  check(
      cudaFuncSetAttribute(resident_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, limits.shared_bytes),
      "asking for shared memory");
  const unsigned resident =
      static_cast<unsigned>(std::max<size_t>(1, static_cast<size_t>(limits.shared_bytes) / bytes)) *
      static_cast<unsigned>(limits.multiprocessors);
  launch(resident_kernel, dim3(std::min((call.rows + threads - 1) / threads, resident)), threads, bytes,
         stream, call);
}

__global__ void result_kernel(const double* sums, float* y, uint32_t rows, uint32_t capacity, uint32_t width,
                              double divisor) {
  for (size_t i = first_element(); i < size_t{rows} * width; i += element_step()) {
    y[i] = static_cast<float>(sums[i % width * capacity + i / width] / divisor);
  }
}

}  // namespace

void run_trees(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const bool small = step.n[1] == 1, each = step.kernel == BOREAL_CUDA_TREE_VALUES;
  TreeCall trees{};
  trees.ranks = static_cast<const uint32_t*>(call.buffers[step.in[0]]);
  trees.rank_words = (static_cast<uint32_t>(step.x[0]) + (small ? 3 : 1)) / (small ? 4 : 2);
  trees.rows = call.rows;
  trees.capacity = call.capacity;
  trees.nodes = call.constant<void>(0);
  trees.node_count = static_cast<uint32_t>(step.n[5]);
  trees.trees = call.constant<BorealCudaTree>(1);
  trees.tree_count = step.n[0];
  trees.values = call.constant<double>(2);
  trees.value_width = step.n[2];
  trees.first = step.n[4] != 0;
  if (each) {
    trees.value_count = 1;
    trees.each = call.out() + step.n[3];
    trees.each_width = step.out_width;
    return start_trees(trees, small, call.stream);
  }
  for (int first = 0; first < step.n[2]; first += kOutputs) {
    trees.first_value = first;
    trees.value_count = std::min(kOutputs, step.n[2] - first);
    trees.sums = static_cast<double*>(call.buffers[step.out]) + size_t(step.n[3] + first) * call.capacity;
    start_trees(trees, small, call.stream);
  }
}

void run_tree_result(const StepCall& call) {
  launch(result_kernel, grid_of(size_t{call.rows} * call.step.out_width), kThreads, 0, call.stream,
         static_cast<const double*>(call.buffers[call.step.in[0]]), call.out(), call.rows, call.capacity,
         call.step.out_width, call.step.x[0]);
}

}  // namespace cuda
}  // namespace boreal
