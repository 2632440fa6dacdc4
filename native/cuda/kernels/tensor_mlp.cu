// A perceptron of narrow layers in one kernel on tensor cores, in elements of 16 bits. The weights of all
// layers stay in shared memory, and the activations of a warp's 16 rows in its registers: what a lane has of
// the sums of 16 columns is what it owes of the next layer's rows there (ptx.cuh). The sums are those of
// tensor_tile.cuh, term by term, and so are the roundings between layers.
//
// Floor: the bytes of the rows that come and go over the bandwidth. Layer by layer they would come and go for
// each, and be cast before: 4 layers in bfloat16 move three times as much. For each 16 rows and 128 x 128
// weights 128 blocks are multiplied, and as long as that takes 32 KiB of weights come from shared memory.
#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kStepBytes = 32, kStepColumns = 16;  // of k that one block takes
constexpr uint32_t kWarpRows = 16;

struct MlpCall {
  const unsigned char* x;
  unsigned char* y;
  uint32_t rows, inputs, outputs;
  bool takes_elements, makes_elements;  // else float32
  const unsigned char* arena;
  const BorealCudaLayer* layers;
  int count;
};

__device__ __forceinline__ uint32_t row_bytes(int element, bool elements, uint32_t columns) {
  return static_cast<uint32_t>(elements ? element_row_bytes(element, columns) : columns * sizeof(float));
}

// Layers of at most kWide columns.
template <int kElement, int kWide>
class MlpBlock {
 public:
  __device__ explicit MlpBlock(const MlpCall& call)
      : call_(call),
        x_bytes_(row_bytes(kElement, call.takes_elements, call.inputs)),
        y_bytes_(row_bytes(kElement, call.makes_elements, call.outputs)),
        lane_(threadIdx.x % 32) {}

  // Zeros beyond what there is of a layer.
  __device__ void load_weights() const {
    constexpr uint32_t kChunks = kWide * sizeof(uint16_t) / kElementRow;
    for (int l = 0; l < call_.count; ++l) {
      const BorealCudaLayer layer = call_.layers[l];
      const uint32_t bytes = row_bytes(kElement, true, static_cast<uint32_t>(layer.inputs));
      const uint32_t outputs = static_cast<uint32_t>(layer.outputs);
      unsigned char* const to = shared_bytes() + l * mlp_layer_bytes(kWide);
      for (uint32_t i = threadIdx.x; i < kWide * kChunks; i += kThreads) {
        const uint32_t row = i / kChunks, at = i % kChunks * kElementRow;
        const bool inside = row < outputs && at < bytes;
        const unsigned char* const from = call_.arena + layer.weights + (inside ? row * bytes + at : 0);
        copy_async16(to + row * mlp_row_bytes(kWide) + at, from, inside);
      }
      const float* const bias = reinterpret_cast<const float*>(call_.arena + layer.bias);
      for (uint32_t j = threadIdx.x; j < kWide; j += kThreads) bias_of(l)[j] = j < outputs ? bias[j] : 0.0f;
    }
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
  }

  // Of rows [first, first + kWarpRows), by one warp.
  __device__ void run(uint32_t first) const {
    const uint32_t row = first + lane_ / 4;
    uint32_t a[kWide / kStepColumns][4];
#pragma unroll
    for (uint32_t step = 0; step < kWide / kStepColumns; ++step) {
#pragma unroll
      for (uint32_t part = 0; part < 4; ++part) {
        a[step][part] = input_pair(row + part % 2 * 8, step * kStepColumns + part / 2 * 8 + lane_ % 4 * 2);
      }
    }
    for (int l = 0; l < call_.count; ++l) {
      const BorealCudaLayer layer = call_.layers[l];
      float sum[kWide / 8][4];
      multiply(l, a, sum);
      const uint32_t outputs = static_cast<uint32_t>(layer.outputs);
      const auto activation = static_cast<Unary>(layer.activation);
      const Finish finish{activation == Unary::kIdentity ? BOREAL_CUDA_PLAIN : BOREAL_CUDA_ACTIVATION,
                          activation, 0, 0, 0};
      const bool is_last = l + 1 == call_.count;
#pragma unroll
      for (uint32_t j = 0; j < kWide / 8; ++j) {
        const uint32_t column = j * 8 + lane_ % 4 * 2;
        finish_all(finish, sum[j]);
        if (column >= outputs) sum[j][0] = sum[j][2] = 0;
        if (column + 1 >= outputs) sum[j][1] = sum[j][3] = 0;
        if (is_last) {
          store_pair(row, column, sum[j][0], sum[j][1]);
          store_pair(row + 8, column, sum[j][2], sum[j][3]);
        } else {
          a[j / 2][j % 2 * 2] = two_elements<kElement>(sum[j][0], sum[j][1]);
          a[j / 2][j % 2 * 2 + 1] = two_elements<kElement>(sum[j][2], sum[j][3]);
        }
      }
    }
  }

 private:
  __device__ static float* bias_of(int l) {
    return reinterpret_cast<float*>(shared_bytes() + l * mlp_layer_bytes(kWide) +
                                    kWide * mlp_row_bytes(kWide));
  }

  __device__ __forceinline__ void multiply(int l, const uint32_t (&a)[kWide / kStepColumns][4],
                                           float (&sum)[kWide / 8][4]) const {
    const unsigned char* const weights = shared_bytes() + l * mlp_layer_bytes(kWide) +
                                         (lane_ / 16 * 8 + lane_ % 8) * mlp_row_bytes(kWide) +
                                         lane_ / 8 % 2 * kElementRow;
#pragma unroll
    for (uint32_t j = 0; j < kWide / 8; ++j) {
      const float2 start = *reinterpret_cast<const float2*>(bias_of(l) + j * 8 + lane_ % 4 * 2);
      sum[j][0] = sum[j][2] = start.x;
      sum[j][1] = sum[j][3] = start.y;
    }
    // What lies beyond a layer's inputs and outputs is zeros: to leave it out would take branches, and moves
    // of sums.
#pragma unroll
    for (uint32_t step = 0; step < kWide / kStepColumns; ++step) {
#pragma unroll
      for (uint32_t j = 0; j < kWide / 8; j += 2) {
        uint32_t b[4];
        load_matrices(b, weights + j * 8 * mlp_row_bytes(kWide) + step * kStepBytes);
        multiply_block<kElement>(sum[j], a[step], b[0], b[1]);
        multiply_block<kElement>(sum[j + 1], a[step], b[2], b[3]);
      }
    }
  }

  // Columns `column`, which is even, and the next one of a row, as elements; zeros beyond.
  __device__ __forceinline__ uint32_t input_pair(uint32_t row, uint32_t column) const {
    if (row >= call_.rows || column >= call_.inputs) return 0;
    const unsigned char* const from = call_.x + size_t{row} * x_bytes_;
    if (call_.takes_elements) return *reinterpret_cast<const uint32_t*>(from + column * sizeof(uint16_t));
    const float* const x = reinterpret_cast<const float*>(from) + column;
    if (call_.inputs % 2 == 0) {
      const float2 both = *reinterpret_cast<const float2*>(x);
      return two_elements<kElement>(both.x, both.y);
    }
    return two_elements<kElement>(x[0], column + 1 < call_.inputs ? x[1] : 0.0f);
  }
  __device__ __forceinline__ void store_pair(uint32_t row, uint32_t column, float first, float second) const {
    if (row >= call_.rows) return;
    unsigned char* const to = call_.y + size_t{row} * y_bytes_;
    if (call_.makes_elements) {
      if (column * sizeof(uint16_t) >= y_bytes_) return;
      *reinterpret_cast<uint32_t*>(to + column * sizeof(uint16_t)) = two_elements<kElement>(first, second);
      return;
    }
    float* const y = reinterpret_cast<float*>(to) + column;
    if (column + 1 < call_.outputs && call_.outputs % 2 == 0) {
      *reinterpret_cast<float2*>(y) = {first, second};
    } else {
      if (column < call_.outputs) y[0] = first;
      if (column + 1 < call_.outputs) y[1] = second;
    }
  }

  const MlpCall& call_;
  const uint32_t x_bytes_, y_bytes_, lane_;
};

template <int kElement, int kWide>
__global__ void __launch_bounds__(kThreads, kWide == 64 ? 2 : 1)
    tensor_mlp_kernel(const __grid_constant__ MlpCall call) {
  const MlpBlock<kElement, kWide> block(call);
  block.load_weights();
  const uint32_t tiles = (call.rows + kWarpRows - 1) / kWarpRows, warps = kThreads / 32;
  for (uint32_t tile = blockIdx.x * warps + threadIdx.x / 32; tile < tiles; tile += gridDim.x * warps) {
    block.run(tile * kWarpRows);
  }
}

template <int kElement, int kWide>
void start(const MlpCall& call, cudaStream_t stream) {
  const auto kernel = tensor_mlp_kernel<kElement, kWide>;
  const uint32_t bytes = static_cast<uint32_t>(call.count) * mlp_layer_bytes(kWide);
  const Limits limits = limits_of_device();
  // As much as there may be: the next call shall not take it from one that is recorded.
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, limits.shared_bytes),
        "asking for shared memory");
  // Blocks stay for all their rows: each brings the weights once. Of a multiprocessor's memory, which has
  // room for one block of the largest, CUDA keeps 1 KiB a block.
  constexpr uint32_t kKept = 1024;
  const bool has_two =
      kWide == 64 && 2 * (bytes + kKept) <= static_cast<uint32_t>(limits.shared_bytes) + kKept;
  const uint32_t most = static_cast<uint32_t>(limits.multiprocessors) * (has_two ? 2 : 1);
  const dim3 blocks = grid_of(call.rows, kWarpRows * kThreads / 32);
  launch(kernel, dim3(std::min(blocks.x, most)), kThreads, bytes, stream, call);
}

template <int kElement>
void start_of(const MlpCall& call, bool is_narrow, cudaStream_t stream) {
  is_narrow ? start<kElement, 64>(call, stream) : start<kElement, 128>(call, stream);
}

}  // namespace

void run_tensor_mlp(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const MlpCall mlp{static_cast<const unsigned char*>(call.buffers[step.in[0]]),
                    static_cast<unsigned char*>(call.buffers[step.out]),
                    call.rows,
                    step.in_width[0],
                    step.out_width,
                    step.n[3] != 0,
                    step.n[4] != 0,
                    call.arena,
                    call.constant<BorealCudaLayer>(0),
                    step.n[0]};
  const bool is_narrow = step.n[1] <= 64;
  if (step.n[2] == BOREAL_CUDA_FLOAT16) return start_of<BOREAL_CUDA_FLOAT16>(mlp, is_narrow, call.stream);
  start_of<BOREAL_CUDA_BFLOAT16>(mlp, is_narrow, call.stream);
}

}  // namespace cuda
}  // namespace boreal
