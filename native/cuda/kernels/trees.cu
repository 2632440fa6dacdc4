// Sums over decision trees. A thread walks a row through all trees of a batch, four at a time to hide the
// latency of a step. Small trees stand in shared memory beside the ranks of the block's rows, and rows stream
// past them; large ones are read through the caches.
//
// Leaf values are added in float64 in the order of the trees, batch after batch: a prediction has the CPU's
// bits.
//
// Floor of a row and tree in shared memory: two reads a level, of a node and of a rank, which no two lanes of
// a warp have in one bank unless a level has more than 32 nodes, and the value of a leaf. A step is four
// operations of whole numbers beside those reads, which take about as long: half a clock of a multiprocessor.
#include "cuda/launch.cuh"
#include "cuda/step.cuh"
#include "device/resident_trees.h"

namespace boreal {
namespace cuda {
namespace {

constexpr int kTrees = kWalkTrees;    // that a thread walks at once
constexpr int kOutputs = 4;           // that it sums at once
constexpr unsigned kMostRows = 1024;  // of a block with trees in shared memory

struct TreeCall {
  const uint32_t* ranks;  // [rank_words, capacity]
  uint32_t rank_words, rows, capacity;
  const void* nodes;
  uint32_t node_count;
  const BorealCudaTree* trees;
  int tree_count;
  const double* values;  // [value_width] of each leaf
  int value_width;
  int first_value, value_count;  // the columns of values that are added: at most kOutputs
  double* sums;                  // [value_count, capacity], of the first of them
  bool first;                    // sums start from 0
  float* each;                   // or one column per tree: [rows, each_width], from its first on
  uint32_t each_width;
};

// What a thread makes of the leaves of its row: kSums sums, or, for 0, each tree's own value.
template <int kSums>
struct RowResult {
  const TreeCall& call;
  size_t row;
  double sum[kSums + 1] = {};

  __device__ RowResult(const TreeCall& its_call, size_t its_row) : call(its_call), row(its_row) {
#pragma unroll
    for (int j = 0; j < kSums; ++j) {
      if (!call.first && j < call.value_count) sum[j] = call.sums[size_t(j) * call.capacity + row];
    }
  }
  // value: of the leaf of tree t.
  __device__ void add(int t, const double* value) {
    if (kSums == 0) call.each[row * call.each_width + t] = static_cast<float>(value[0]);
#pragma unroll
    for (int j = 0; j < kSums; ++j) {
      if (kSums == 1 || j < call.value_count) sum[j] += value[j];
    }
  }
  __device__ void write() const {
#pragma unroll
    for (int j = 0; j < kSums; ++j) {
      if (j < call.value_count) call.sums[size_t(j) * call.capacity + row] = sum[j];
    }
  }
};

// ---- Trees in shared memory -------------------------------------------------------------------------

constexpr int kDepthShift = 24;

struct Resident {
  const unsigned char *nodes, *ranks;  // ranks: of the thread's row
  const TreeWalk* walks;
  const unsigned char* values;  // the first that counts
  uint32_t value_step;          // bytes of values for each byte of nodes

  // A node: BorealCudaTrees' with the place of its rank in place of the column. A leaf stays where it is,
  // since no rank is greater than 255.
  __device__ uint32_t step(uint32_t at) const {
    const uint32_t node = *reinterpret_cast<const uint32_t*>(nodes + at);
    const uint32_t rank = static_cast<uint32_t>(ranks[node & 0xffff]) << 24;
    at += __byte_perm(node, 0, 0x4442) * 4;
    if (rank > node) at += 4;
    return at;
  }

  template <int kSums>
  __device__ void add(int walk, int count, RowResult<kSums>* result) const {
    TreeWalk w = walks[walk];
    const uint32_t depth = w.at[0] >> kDepthShift;
    w.at[0] &= (1u << kDepthShift) - 1;
    for (uint32_t level = 0; level < depth; ++level) {
#pragma unroll
      for (int k = 0; k < kTrees; ++k) w.at[k] = step(w.at[k]);
    }
    const double* value[kTrees];
#pragma unroll
    for (int k = 0; k < kTrees; ++k) {
      value[k] = reinterpret_cast<const double*>(values + uint64_t{w.at[k]} * value_step);
    }
#pragma unroll
    for (int k = 0; k < kTrees; ++k) {
      if (k < count) result->add(walk * kTrees + k, value[k]);
    }
  }
};

// Trees are brought into shared memory once, the ranks of a block's rows for each tile of them: words of four
// columns of a row, those of neighbouring rows side by side.
template <int kSums>
__global__ void __launch_bounds__(kMostRows) resident_kernel(TreeCall call) {
  TreeWalk* const walks = reinterpret_cast<TreeWalk*>(shared_bytes());
  uint32_t* const nodes =
      reinterpret_cast<uint32_t*>(shared_bytes() + walk_bytes(static_cast<size_t>(call.tree_count)));
  uint32_t* const tile = nodes + call.node_count;
  const uint32_t threads = blockDim.x;
  for (uint32_t i = threadIdx.x; i < call.node_count; i += threads) {
    const uint32_t node = static_cast<const uint32_t*>(call.nodes)[i], column = node & 0xffff;
    nodes[i] = (node & 0xffff0000u) | (column / 4 * threads * 4 + column % 4);
  }
  for (uint32_t i = threadIdx.x; i * kTrees < static_cast<uint32_t>(call.tree_count); i += threads) {
    TreeWalk walk;
    uint32_t depth = 0;
    for (uint32_t k = 0; k < kTrees; ++k) {
      const uint32_t t = i * kTrees + k, last = static_cast<uint32_t>(call.tree_count) - 1;
      const BorealCudaTree tree = call.trees[t < last ? t : last];
      walk.at[k] = 4 * tree.begin;
      depth = tree.depth > depth ? tree.depth : depth;
    }
    walk.at[0] |= depth << kDepthShift;
    walks[i] = walk;
  }
  __syncthreads();
  // A thread brings the ranks of its own row, so nobody has to wait for anybody from here on.
  uint32_t* const own = tile + threadIdx.x;
  const Resident resident{reinterpret_cast<const unsigned char*>(nodes),
                          reinterpret_cast<const unsigned char*>(own), walks,
                          reinterpret_cast<const unsigned char*>(call.values + call.first_value),
                          static_cast<uint32_t>(call.value_width) * 2};
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    for (uint32_t word = 0; word < call.rank_words; ++word) {
      own[word * threads] = call.ranks[size_t{word} * call.capacity + row];
    }
    RowResult<kSums> result(call, row);
    const int whole = call.tree_count / kTrees;
    for (int walk = 0; walk < whole; ++walk) resident.add(walk, kTrees, &result);
    if (whole * kTrees < call.tree_count) resident.add(whole, call.tree_count % kTrees, &result);
    result.write();
  }
}

// ---- Trees read through the caches ------------------------------------------------------------------

// The ranks of one row: words lie `stride` apart.
struct RowRanks {
  const uint32_t* words;
  size_t stride;
};

struct SmallNodes {
  using Node = uint32_t;
  static __device__ uint32_t step(const Node* nodes, uint32_t at, const RowRanks& row) {
    const Node node = nodes[at];
    const uint32_t column = node & 0xffff;
    const uint32_t rank = row.words[column / 4 * row.stride] >> column % 4 * 8 & 0xff;
    return at + (node >> 16 & 0xff) + (rank > node >> 24 ? 1 : 0);
  }
  // The row of the leaf's values, where tree `begin` is at it.
  static __device__ uint32_t leaf(const Node*, uint32_t begin, uint32_t at) { return begin + at; }
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
  static __device__ uint32_t leaf(const Node* nodes, uint32_t, uint32_t at) {
    return uint32_t{nodes[at].column} | uint32_t{nodes[at].cut} << 16;
  }
};

// leaf[k] = row of the leaf value in tree first + k.
template <typename Nodes>
__device__ void find_leaves(const TreeCall& call, int first, int count, const RowRanks& row, uint32_t* leaf) {
  const typename Nodes::Node* root[kTrees];
  uint32_t begin[kTrees], at[kTrees], depth = 0;
#pragma unroll
  for (int k = 0; k < kTrees; ++k) {
    const BorealCudaTree& tree = call.trees[first + (k < count ? k : 0)];
    begin[k] = tree.begin;
    root[k] = static_cast<const typename Nodes::Node*>(call.nodes) + tree.begin;
    at[k] = 0;
    depth = tree.depth > depth ? tree.depth : depth;
  }
  for (; depth > 0; --depth) {
#pragma unroll
    for (int k = 0; k < kTrees; ++k) at[k] = Nodes::step(root[k], at[k], row);
  }
#pragma unroll
  for (int k = 0; k < kTrees; ++k) leaf[k] = Nodes::leaf(root[k], begin[k], at[k]);
}

template <typename Nodes, int kSums>
__global__ void streamed_kernel(TreeCall call) {
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    RowResult<kSums> result(call, row);
    for (int t = 0; t < call.tree_count; t += kTrees) {
      uint32_t leaf[kTrees];
      const int count = call.tree_count - t < kTrees ? call.tree_count - t : kTrees;
      find_leaves<Nodes>(call, t, count, {call.ranks + row, call.capacity}, leaf);
#pragma unroll
      for (int k = 0; k < kTrees; ++k) {
        if (k >= count) continue;
        result.add(t + k, call.values + size_t{leaf[k]} * call.value_width + call.first_value);
      }
    }
    result.write();
  }
}

// ---- Their launches ---------------------------------------------------------------------------------

// Blocks with trees in shared memory; none where the ranks of rows have no room beside them.
template <int kSums>
struct ResidentShape {
  explicit ResidentShape(const TreeCall& call) {
    const Limits limits = limits_of_device();
    const size_t limit = static_cast<size_t>(limits.shared_bytes);
    const size_t tree_bytes = resident_tree_bytes(static_cast<size_t>(call.tree_count), call.node_count);
    const size_t words = std::max<size_t>(call.rank_words, 1), row_bytes = words * sizeof(uint32_t);
    if (!trees_may_reside(tree_bytes, words, limit)) return;
    const size_t fitting =
        std::min({(limit - tree_bytes) / row_bytes, kResidentRankBytes / row_bytes, size_t{kMostRows}});
    const auto most = static_cast<unsigned>(fitting / 32 * 32);
    check(cudaFuncSetAttribute(resident_kernel<kSums>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               limits.shared_bytes),
          "asking for shared memory");
    int of_multiprocessor = 0;
    check(
        cudaOccupancyMaxActiveBlocksPerMultiprocessor(&of_multiprocessor, resident_kernel<kSums>,
                                                      static_cast<int>(most), tree_bytes + most * row_bytes),
        "asking for the blocks of a multiprocessor");
    blocks = static_cast<unsigned>(std::max(1, of_multiprocessor) * limits.multiprocessors);
    // All blocks go round as often, with about as many rows in the last round as in the others.
    const unsigned per_block = (call.rows + blocks - 1) / blocks, rounds = (per_block + most - 1) / most;
    threads = std::max(kResidentThreads, ((per_block + rounds - 1) / rounds + 31) / 32 * 32);
    blocks = std::min(blocks, (call.rows + threads - 1) / threads);
    bytes = tree_bytes + threads * row_bytes;
  }
  unsigned threads = 0, blocks = 0;
  size_t bytes = 0;
};

template <int kSums>
void start_trees(const TreeCall& call, bool small, cudaStream_t stream) {
  if (!small) {
    return launch(streamed_kernel<LargeNodes, kSums>, grid_of(call.rows, 128), 128, 0, stream, call);
  }
  if (call.rows >= kResidentRows) {
    const ResidentShape<kSums> shape(call);
    if (shape.blocks > 0) {
      return launch(resident_kernel<kSums>, dim3(shape.blocks), shape.threads, shape.bytes, stream, call);
    }
  }
  launch(streamed_kernel<SmallNodes, kSums>, grid_of(call.rows, 64), 64, 0, stream, call);
}

// A thread takes a row of a column: its sums are those of its neighbours' rows side by side.
__global__ void result_kernel(const double* sums, float* y, uint32_t rows, uint32_t capacity, uint32_t width,
                              double divisor) {
  for (uint32_t j = blockIdx.y; j < width; j += gridDim.y) {
    for (size_t row = first_element(); row < rows; row += element_step()) {
      y[row * width + j] = static_cast<float>(sums[size_t{j} * capacity + row] / divisor);
    }
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
    trees.each = call.out() + step.n[3];
    trees.each_width = step.out_width;
    return start_trees<0>(trees, small, call.stream);
  }
  for (int first = 0; first < step.n[2]; first += kOutputs) {
    trees.first_value = first;
    trees.value_count = std::min(kOutputs, step.n[2] - first);
    trees.sums = static_cast<double*>(call.buffers[step.out]) + size_t(step.n[3] + first) * call.capacity;
    if (trees.value_count == 1) {
      start_trees<1>(trees, small, call.stream);
    } else {
      start_trees<kOutputs>(trees, small, call.stream);
    }
  }
}

void run_tree_result(const StepCall& call) {
  dim3 grid = grid_of(call.rows);
  grid.y = std::min(call.step.out_width, 65535u);
  launch(result_kernel, grid, kThreads, 0, call.stream,
         static_cast<const double*>(call.buffers[call.step.in[0]]), call.out(), call.rows, call.capacity,
         call.step.out_width, call.step.x[0]);
}

}  // namespace cuda
}  // namespace boreal
