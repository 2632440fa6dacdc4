// A perceptron of narrow layers in one kernel: the activations of a block of rows stay in shared memory from
// the first layer to the last, the weights pass through it a slice at a time. The sums are those of
// product.cu, term by term.
//
// Floor: 2 operations for each weight and row over the peak of float32; layer by layer the rows would also go
// through memory, 8 bytes for each row and width. That is less than the sums take already for layers as wide
// as 64, so that one kernel is not much faster there than several whose traffic is hidden. A thread has 8 x 4
// sums: of four k twelve loads of 16 bytes for 128 multiply-adds. For few rows it has but one row.
#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr int kSlice = 16;  // lines of weights in shared memory
constexpr int kGroup = 4;   // columns of a thread, and k that it reads at once

// Blocks for layers of at most kWide columns, whose threads have kOwn rows each; a warp is 8 threads wide and
// 4 high, as in product.cu.
template <int kWide, int kOwn>
struct MlpShape {
  static constexpr int kWarpsAcross = kWide / kGroup / 8;
  static constexpr int kDown = static_cast<int>(kThreads) / 32 / kWarpsAcross * 4;  // threads
  static constexpr int kRows = kDown * kOwn;
  static constexpr int kPitch = kWide + kGroup;  // neighbouring rows begin in other banks
  static constexpr size_t kBytes = sizeof(float) * (kRows * kPitch + 2 * kSlice * kWide);
};

template <int kWide, int kOwn>
__global__ void __launch_bounds__(kThreads, 2)
    mlp_kernel(const float* x, float* y, uint32_t rows, const unsigned char* arena,
               const BorealCudaLayer* layers, int count) {
  using Shape = MlpShape<kWide, kOwn>;
  float* const activations = reinterpret_cast<float*>(shared_bytes());  // [rows, pitch]
  float* const slices = activations + Shape::kRows * Shape::kPitch;     // [2, slice, wide]
  const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  const int column = (warp % Shape::kWarpsAcross * 8 + lane / 2 % 8) * kGroup;
  const int ty = warp / Shape::kWarpsAcross * 4 + lane / 16 * 2 + lane % 2;
  const auto row_of = [&](int i) { return activations + (i * Shape::kDown + ty) * Shape::kPitch; };

  for (size_t first = size_t{blockIdx.x} * Shape::kRows; first < rows;
       first += size_t{gridDim.x} * Shape::kRows) {
    const int inputs = layers[0].inputs;
    for (int row = warp; row < Shape::kRows; row += static_cast<int>(kThreads) / 32) {
      const bool inside = first + row < rows;
      const float* const from = x + (inside ? (first + row) * inputs : 0);
      for (int k = lane; k < inputs; k += 32) {
        copy_async4(activations + row * Shape::kPitch + k, from + k, inside);
      }
    }
    for (int l = 0; l < count; ++l) {
      const BorealCudaLayer layer = layers[l];
      const float* const weights = reinterpret_cast<const float*>(arena + layer.weights);
      const float* const bias = reinterpret_cast<const float*>(arena + layer.bias);
      const auto load = [&](int stage, int k0) {
        float* const to = slices + stage * kSlice * kWide;
        for (int k = warp; k < kSlice && k0 + k < layer.inputs; k += static_cast<int>(kThreads) / 32) {
          const float* const from = weights + (k0 + k) * layer.outputs;
          if (layer.outputs % kGroup == 0) {
            const int j = lane * kGroup;
            if (j < layer.outputs) copy_async16(to + k * kWide + j, from + j, true);
          } else {
            for (int j = lane; j < layer.outputs; j += 32) copy_async4(to + k * kWide + j, from + j, true);
          }
        }
        copy_async_commit();
      };
      load(0, 0);

      float sum[kOwn][kGroup];
#pragma unroll
      for (int j = 0; j < kGroup; ++j) {
        const float start = column + j < layer.outputs ? bias[column + j] : 0.0f;
#pragma unroll
        for (int i = 0; i < kOwn; ++i) sum[i][j] = start;
      }
      const auto multiply = [&](const float(&a)[kOwn], const float* line) {
        const float4 b = *reinterpret_cast<const float4*>(line + column);
#pragma unroll
        for (int i = 0; i < kOwn; ++i) {
          sum[i][0] = fmaf(a[i], b.x, sum[i][0]);
          sum[i][1] = fmaf(a[i], b.y, sum[i][1]);
          sum[i][2] = fmaf(a[i], b.z, sum[i][2]);
          sum[i][3] = fmaf(a[i], b.w, sum[i][3]);
        }
      };
      for (int k0 = 0, stage = 0; k0 < layer.inputs; k0 += kSlice, stage = 1 - stage) {
        copy_async_wait<0>();
        __syncthreads();  // the slice and the activations are here, the other slice has been read
        if (k0 + kSlice < layer.inputs) load(1 - stage, k0 + kSlice);
        if (column >= layer.outputs) continue;
        const float* const slice = slices + stage * kSlice * kWide;
        const int depth = layer.inputs - k0 < kSlice ? layer.inputs - k0 : kSlice;
        int k = 0;
#pragma unroll 2
        for (; k + kGroup <= depth; k += kGroup) {
          float a[kGroup][kOwn];
#pragma unroll
          for (int i = 0; i < kOwn; ++i) {
            const float4 four = *reinterpret_cast<const float4*>(row_of(i) + k0 + k);
            a[0][i] = four.x, a[1][i] = four.y, a[2][i] = four.z, a[3][i] = four.w;
          }
#pragma unroll
          for (int e = 0; e < kGroup; ++e) multiply(a[e], slice + (k + e) * kWide);
        }
        for (; k < depth; ++k) {
          float a[kOwn];
#pragma unroll
          for (int i = 0; i < kOwn; ++i) a[i] = row_of(i)[k0 + k];
          multiply(a, slice + k * kWide);
        }
      }
      __syncthreads();  // the activations and the last slice have been read

      const auto activation = static_cast<Unary>(layer.activation);
      const Finish finish{activation == Unary::kIdentity ? BOREAL_CUDA_PLAIN : BOREAL_CUDA_ACTIVATION,
                          activation, 0, 0, 0};
#pragma unroll
      for (int i = 0; i < kOwn; ++i) {
        finish_all(finish, sum[i]);
        const size_t row = first + i * Shape::kDown + ty;
        if (l + 1 == count && row >= rows) continue;
        float* const to = (l + 1 < count ? row_of(i) : y + row * layer.outputs) + column;
#pragma unroll
        for (int j = 0; j < kGroup; ++j) {
          if (column + j < layer.outputs) to[j] = sum[i][j];
        }
      }
    }
    __syncthreads();  // the next rows go where the last layer has read
  }
}

template <int kWide, int kOwn>
void start(const StepCall& call) {
  using Shape = MlpShape<kWide, kOwn>;
  const auto kernel = mlp_kernel<kWide, kOwn>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(Shape::kBytes)),
        "asking for shared memory");
  launch(kernel, grid_of(call.rows, Shape::kRows), kThreads, Shape::kBytes, call.stream, call.in(0),
         call.out(), call.rows, call.arena, call.constant<BorealCudaLayer>(0), call.step.n[0]);
}

}  // namespace

void run_mlp(const StepCall& call) {
  if (call.step.n[2] != BOREAL_CUDA_FLOAT32) return run_tensor_mlp(call);
  const bool is_narrow = call.step.n[1] <= 64;
  const uint32_t multiprocessors = static_cast<uint32_t>(limits_of_device().multiprocessors);
  if (call.rows < 64 * multiprocessors) return is_narrow ? start<64, 1>(call) : start<128, 1>(call);
  is_narrow ? start<64, 8>(call) : start<128, 8>(call);
}

}  // namespace cuda
}  // namespace boreal
