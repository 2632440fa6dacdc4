// A perceptron of narrow layers in one kernel: the activations of a block of rows stay in shared memory from
// the first layer to the last, the weights pass through it a slice at a time. The sums are those of
// product.cu, term by term.
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr int kWidth = BOREAL_CUDA_MLP_WIDTH;
constexpr int kRows = 32;   // of a block
constexpr int kSlice = 16;  // rows of the weights in shared memory
constexpr int kTile = 4;    // a thread makes kTile x kTile activations
constexpr int kThreadCols = kWidth / kTile;
static_assert(kThreadCols * (kRows / kTile) == static_cast<int>(kThreads), "a thread for each block");

__global__ void __launch_bounds__(kThreads)
    mlp_kernel(const float* x, float* y, uint32_t rows, const unsigned char* arena,
               const BorealCudaLayer* layers, int count) {
  __shared__ float activations[2][kRows][kWidth];
  __shared__ __align__(16) float weights[kSlice][kWidth];
  const int thread = static_cast<int>(threadIdx.x);
  const int tx = thread % kThreadCols, ty = thread / kThreadCols;

  for (size_t first = size_t{blockIdx.x} * kRows; first < rows; first += size_t{gridDim.x} * kRows) {
    const int inputs = layers[0].inputs;
    for (int at = thread; at < kRows * inputs; at += kThreads) {
      const int row = at / inputs, column = at % inputs;
      activations[0][row][column] = first + row < rows ? x[first * inputs + at] : 0.0f;
    }
    for (int l = 0; l < count; ++l) {
      const BorealCudaLayer layer = layers[l];
      const float* from = reinterpret_cast<const float*>(arena + layer.weights);
      const float* bias = reinterpret_cast<const float*>(arena + layer.bias);
      const float(*in)[kWidth] = activations[l % 2];
      float(*out)[kWidth] = activations[1 - l % 2];
      float sum[kTile][kTile];
#pragma unroll
      for (int j = 0; j < kTile; ++j) {
        const int column = tx * kTile + j;
        const float start = column < layer.outputs ? bias[column] : 0.0f;
#pragma unroll
        for (int i = 0; i < kTile; ++i) sum[i][j] = start;
      }
      for (int k0 = 0; k0 < layer.inputs; k0 += kSlice) {
        const int depth = layer.inputs - k0 < kSlice ? layer.inputs - k0 : kSlice;
        __syncthreads();  // the activations are written, the last slice is read
        for (int at = thread; at < depth * layer.outputs; at += kThreads) {
          weights[at / layer.outputs][at % layer.outputs] = from[k0 * layer.outputs + at];
        }
        __syncthreads();
        if (tx * kTile < layer.outputs) {
          for (int k = 0; k < depth; ++k) {
            const float4 w = *reinterpret_cast<const float4*>(&weights[k][tx * kTile]);
#pragma unroll
            for (int i = 0; i < kTile; ++i) {
              const float a = in[ty * kTile + i][k0 + k];
              sum[i][0] = fmaf(a, w.x, sum[i][0]);
              sum[i][1] = fmaf(a, w.y, sum[i][1]);
              sum[i][2] = fmaf(a, w.z, sum[i][2]);
              sum[i][3] = fmaf(a, w.w, sum[i][3]);
            }
          }
        }
      }
#pragma unroll
      for (int i = 0; i < kTile; ++i) {
#pragma unroll
        for (int j = 0; j < kTile; ++j) {
          const int row = ty * kTile + i, column = tx * kTile + j;
          if (column >= layer.outputs) continue;
          const float value = apply(static_cast<Unary>(layer.activation), sum[i][j]);
          if (l + 1 < count) {
            out[row][column] = value;
          } else if (first + row < rows) {
            y[(first + row) * layer.outputs + column] = value;
          }
        }
      }
    }
    __syncthreads();  // the next rows go where the last layer has read
  }
}

}  // namespace

void run_mlp(const StepCall& call) {
  launch(mlp_kernel, grid_of(call.rows, kRows), kThreads, 0, call.stream, call.in(0), call.out(), call.rows,
         call.arena, call.constant<BorealCudaLayer>(0), call.step.n[0]);
}

}  // namespace cuda
}  // namespace boreal
