// The last layers of a network in one kernel. A block takes its rows forward, through the loss and back: the
// weights stay in shared memory for all of them, the values of all edges for those of a tile. What leaves is
// the block's part of the gradient, which the update adds to the others' in their order, and the losses. The
// block that comes last adds up the losses: with the update a step is two launches.
//
// All three products read four floats at a time: values lie as lines of rows, so that a thread of the forward
// product has four rows by four columns and goes along the inputs; one of the backward product four rows by
// four inputs, along the columns; one of the gradient four inputs by four columns, along the rows. A line
// begins four banks after the one before, or a line of weights an odd number of four.
//
// Floor: 6 operations for each weight and row at the rate of fused multiply-adds of the multiprocessors that
// have a block; reading shared memory takes as long, two reads of 16 bytes for 16 multiply-adds. From the L2
// cache come 4 bytes a weight and block, and go as many for its gradient; of that the update reads all.
// A step of 128-64-10 at 1024 rows: 55 MFLOP, 64 blocks of 36 KB each way.
#include "cuda/activation.cuh"
#include "cuda/network_loss.cuh"
#include "cuda/network_tail.cuh"
#include "cuda/ptx.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kWarps = kThreads / kWarp;

__device__ float4 four(const float* from) { return *reinterpret_cast<const float4*>(from); }

// sum[i] += a's i-th times b.
__device__ void add_products(float4 (&sum)[4], const float4& a, const float4& b) {
  const float as[4] = {a.x, a.y, a.z, a.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    sum[i].x = fmaf(as[i], b.x, sum[i].x);
    sum[i].y = fmaf(as[i], b.y, sum[i].y);
    sum[i].z = fmaf(as[i], b.z, sum[i].z);
    sum[i].w = fmaf(as[i], b.w, sum[i].w);
  }
}

__device__ float add_dot(float sum, const float4& a, const float4& b) {
  return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

template <int kRows>
class TailBlock {
 public:
  static constexpr uint32_t kPitch = kRows + 4;  // floats of a line

  __device__ explicit TailBlock(const TailCall& call)
      : call_(call),
        step_(call.loss.clock.before()),
        keys_(call.keys + size_t{call.loss.clock.progress->step} * call.dropouts),
        weights_(reinterpret_cast<float*>(shared_bytes())),
        values_(weights_ + call.weights),
        gradient_(values_ + size_t{call.lines} * kPitch),
        other_(gradient_ + size_t{call.widest} * kPitch),
        layers_(reinterpret_cast<TailLayer*>(other_ + size_t{call.widest} * kPitch)),
        partial_(call.partial + blockIdx.x * call.part) {}

  __device__ void run() {
    const uint32_t begin = blockIdx.x * call_.range;
    const uint32_t end = begin + call_.range < step_.rows ? begin + call_.range : step_.rows;
    if (begin >= end) {
      // In the last step of an epoch; the update adds all parts.
      for (uint64_t at = threadIdx.x; step_.rows > 0 && at < call_.part; at += kThreads) partial_[at] = 0;
      return;
    }
    load_layers();
    load_weights();
    for (first_ = begin; first_ < end; first_ += kRows) {
      count_ = end - first_ < kRows ? end - first_ : kRows;
      adds_ = first_ > begin;
      load_rows();
      for (uint32_t l = 0; l < call_.count; ++l) {
        forward(layers_[l]);
        __syncthreads();
      }
      score(layers_[call_.count - 1]);
      __syncthreads();
      for (uint32_t l = call_.count; l-- > call_.lowest;) {
        backward(layers_[l], l > call_.lowest || call_.dx != nullptr);
        __syncthreads();
      }
      if (call_.dx != nullptr) store_gradient(layers_[0].inputs);
    }
  }

 private:
  __device__ static float* line(float* lines, uint32_t j) { return lines + j * kPitch; }

  // Between memory and lines a warp takes 4 rows by 8 values: of each row a sector of memory, and each lane
  // its own bank. The thread's row, and body(j) for its values of it.
  static constexpr uint32_t kGroups = kRows / 4;
  __device__ static uint32_t own_row() { return threadIdx.x / kWarp % kGroups * 4 + threadIdx.x % 4; }
  template <typename Body>
  __device__ static void each_own_value(uint32_t width, const Body& body) {
    const uint32_t begin = threadIdx.x / kWarp / kGroups * 8 + threadIdx.x % kWarp / 4;
    for (uint32_t j = begin; j < width; j += kWarps / kGroups * 8) body(j);
  }

  // All at once: what the loops below ask of them is near then.
  __device__ void load_layers() {
    for (uint32_t l = threadIdx.x; l < call_.count; l += kThreads) layers_[l] = call_.layers[l];
    __syncthreads();
  }

  __device__ void load_weights() {
    const uint32_t warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
    for (uint32_t l = 0; l < call_.count; ++l) {
      const TailLayer& layer = layers_[l];
      if (layer.kind != BOREAL_CUDA_DENSE) continue;
      for (uint32_t k = warp; k <= layer.width; k += kWarps) {
        const float* const from = call_.w + layer.source + size_t{k} * layer.units;
        float* const to = weights_ + layer.weights + k * layer.pitch;
        const bool there = k < layer.width || layer.has_bias;
        for (uint32_t j = lane; j < layer.pitch; j += kWarp) {
          const bool inside = there && j < layer.units;
          copy_async4(to + j, inside ? from + j : call_.w, inside);
        }
      }
    }
  }

  __device__ void load_rows() {
    const uint32_t row = own_row();
    const bool inside = row < count_;
    size_t i = size_t{first_} + (inside ? row : 0);
    if (call_.x.ordered) i = static_cast<size_t>(call_.loss.clock.order[step_.first + i]);
    const float* const x = call_.x.data + i * call_.x.width;
    each_own_value(call_.x.width, [&](uint32_t j) { copy_async4(line(values_, j) + row, x + j, inside); });
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
  }

  // ---- Forward: rows that are not there stay 0 in all lines, whatever a bias makes of them ----

  __device__ bool is_there(uint32_t row) const { return row < count_; }
  // Else what is not finite would poison gradients, though theirs is 0.
  __device__ float or_zero(float value, uint32_t row) const { return is_there(row) ? value : 0.0f; }

  __device__ void forward(const TailLayer& layer) {
    if (layer.kind == BOREAL_CUDA_DENSE) return multiply(layer);
    if (layer.group > 0) return softmax(layer);
    for (uint32_t at = threadIdx.x; at < layer.outputs * kRows; at += kThreads) {
      const uint32_t j = at / kRows, row = at % kRows;
      const float x = line(values_, layer.in + j)[row];
      const float y = layer.kind == BOREAL_CUDA_DROPOUT ? dropped(layer, row, j, x)
                                                        : activate(layer.activation, layer.parameter, x);
      line(values_, layer.out + j)[row] = or_zero(y, row);
    }
  }

  __device__ float dropped(const TailLayer& layer, uint32_t row, uint32_t j, float x) const {
    const uint32_t i = (first_ + row) * layer.outputs + j;
    return dropout_hash(keys_[layer.dropout], i) >= layer.threshold ? layer.scale * x : 0.0f;
  }

  __device__ void multiply(const TailLayer& layer) {
    const uint32_t width = layer.width, pitch = layer.pitch, columns = (layer.units + 3) / 4;
    for (uint32_t item = threadIdx.x; item < layer.positions * columns * kGroups; item += kThreads) {
      const uint32_t row = item % kGroups * 4, column = item / kGroups % columns * 4;
      const uint32_t position = item / kGroups / columns;
      const float* const x = line(values_, layer.in + position * width) + row;
      const float* const w = weights_ + layer.weights + column;
      const float4 bias = four(w + width * pitch);
      float4 sum[4] = {{bias.x, bias.x, bias.x, bias.x},
                       {bias.y, bias.y, bias.y, bias.y},
                       {bias.z, bias.z, bias.z, bias.z},
                       {bias.w, bias.w, bias.w, bias.w}};
#pragma unroll 4
      for (uint32_t k = 0; k < width; ++k) {
        add_products(sum, four(w + k * pitch), four(x + k * kPitch));
      }
      const uint32_t out = layer.out + position * layer.units + column;
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        if (column + i >= layer.units) continue;
        *reinterpret_cast<float4*>(line(values_, out + i) + row) = {
            or_zero(sum[i].x, row), or_zero(sum[i].y, row + 1), or_zero(sum[i].z, row + 2),
            or_zero(sum[i].w, row + 3)};
      }
    }
  }

  // body(lines of a group, row) by a thread for each row and group of a softmax.
  template <typename Body>
  __device__ static void each_group(const TailLayer& layer, const Body& body) {
    const uint32_t groups = layer.outputs / layer.group;
    for (uint32_t at = threadIdx.x; at < groups * kRows; at += kThreads) {
      body(at / kRows * layer.group, at % kRows);
    }
  }

  // As softmax_rows_kernel: NaN makes all of its group NaN by the sum.
  __device__ void softmax(const TailLayer& layer) {
    const bool log = layer.activation == Activation::kLogSoftmax;
    each_group(layer, [&](uint32_t begin, uint32_t row) {
      const float* const x = line(values_, layer.in + begin) + row;
      float* const y = line(values_, layer.out + begin) + row;
      float most = -INFINITY, sum = 0;
      for (uint32_t j = 0; j < layer.group; ++j) most = fmaxf(most, x[j * kPitch]);
      for (uint32_t j = 0; j < layer.group; ++j) sum += expf(x[j * kPitch] - most);
      for (uint32_t j = 0; j < layer.group; ++j) {
        const float z = x[j * kPitch] - most;
        y[j * kPitch] = or_zero(log ? z - logf(sum) : expf(z) / sum, row);
      }
    });
  }

  __device__ void score(const TailLayer& last) {
    constexpr int kLanes = kThreads / kRows;
    const uint32_t row = threadIdx.x / kLanes;
    const bool counts = is_there(row);
    const LossPlace place{kPitch, line(values_, last.out) + row, other_ + row, gradient_ + row};
    score_row<kLanes>(call_.loss, step_, first_ + (counts ? row : 0), place, counts);
  }

  // ---- Backward: gradient_ holds that of the layer's outputs, and then of its inputs ----

  __device__ void backward(const TailLayer& layer, bool passes) {
    if (layer.kind == BOREAL_CUDA_DENSE) {
      if (layer.learns) add_gradient(layer);
      if (!passes) return;
      multiply_back(layer);
      float* const done = gradient_;
      gradient_ = other_;
      other_ = done;
      return;
    }
    if (layer.group > 0) return softmax_back(layer);
    for (uint32_t at = threadIdx.x; at < layer.outputs * kRows; at += kThreads) {
      const uint32_t j = at / kRows, row = at % kRows;
      float* const g = line(gradient_, j) + row;
      *g = layer.kind == BOREAL_CUDA_DROPOUT
               ? dropped(layer, row, j, *g)
               : *g * derivative(layer.activation, layer.parameter, line(values_, layer.at + j)[row]);
    }
  }

  __device__ void softmax_back(const TailLayer& layer) {
    const bool log = layer.activation == Activation::kLogSoftmax;
    each_group(layer, [&](uint32_t begin, uint32_t row) {
      const float* const y = line(values_, layer.at + begin) + row;
      float* const g = line(gradient_, begin) + row;
      float sum = 0;
      for (uint32_t j = 0; j < layer.group; ++j) {
        sum = log ? sum + g[j * kPitch] : fmaf(y[j * kPitch], g[j * kPitch], sum);
      }
      for (uint32_t j = 0; j < layer.group; ++j) {
        const float d = g[j * kPitch], at = y[j * kPitch];
        g[j * kPitch] = log ? d - expf(at) * sum : at * (d - sum);
      }
    });
  }

  __device__ void multiply_back(const TailLayer& layer) {
    const uint32_t inputs = (layer.width + 3) / 4, whole = layer.units / 4 * 4;
    for (uint32_t item = threadIdx.x; item < layer.positions * inputs * kGroups; item += kThreads) {
      const uint32_t row = item % kGroups * 4, input = item / kGroups % inputs * 4;
      const uint32_t position = item / kGroups / inputs;
      const float* const g = line(gradient_, position * layer.units) + row;
      // Beyond the inputs stand the bias and what follows it: their sums are dropped.
      const float* w[4];
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t own = input + i < layer.width ? input + i : layer.width;
        w[i] = weights_ + layer.weights + own * layer.pitch;
      }
      float4 sum[4] = {};
#pragma unroll 2
      for (uint32_t c = 0; c < whole; c += 4) {
        float4 gs[4];
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) gs[i] = four(g + (c + i) * kPitch);
        const float4 ws[4] = {four(w[0] + c), four(w[1] + c), four(w[2] + c), four(w[3] + c)};
        add_products(sum, {ws[0].x, ws[1].x, ws[2].x, ws[3].x}, gs[0]);
        add_products(sum, {ws[0].y, ws[1].y, ws[2].y, ws[3].y}, gs[1]);
        add_products(sum, {ws[0].z, ws[1].z, ws[2].z, ws[3].z}, gs[2]);
        add_products(sum, {ws[0].w, ws[1].w, ws[2].w, ws[3].w}, gs[3]);
      }
      for (uint32_t c = whole; c < layer.units; ++c) {
        add_products(sum, {w[0][c], w[1][c], w[2][c], w[3][c]}, four(g + c * kPitch));
      }
      const uint32_t out = position * layer.width + input;
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        if (input + i < layer.width) *reinterpret_cast<float4*>(line(other_, out + i) + row) = sum[i];
      }
    }
  }

  // Each element is always the same thread's: it adds to what it has written itself.
  __device__ void note(uint64_t at, float sum) { partial_[at] = adds_ ? partial_[at] + sum : sum; }

  __device__ void add_gradient(const TailLayer& layer) {
    // A thread's inputs and columns stand apart, so that those of its neighbours are in neighbouring lines.
    const uint32_t inputs = (layer.width + 3) / 4, columns = (layer.units + 3) / 4;
    for (uint32_t item = threadIdx.x; item < inputs * columns; item += kThreads) {
      const uint32_t column = item % columns, input = item / columns;
      const float *x[4], *g[4];
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t k = input + i * inputs, j = column + i * columns;
        x[i] = line(values_, layer.in + (k < layer.width ? k : 0));
        g[i] = line(gradient_, j < layer.units ? j : 0);
      }
      float sum[4][4] = {};
      for (uint32_t position = 0; position < layer.positions; ++position) {
        const uint32_t x_from = position * layer.width * kPitch, g_from = position * layer.units * kPitch;
#pragma unroll 2
        for (uint32_t row = 0; row < kRows; row += 4) {
          float4 xs[4], gs[4];
#pragma unroll
          for (uint32_t i = 0; i < 4; ++i) {
            xs[i] = four(x[i] + x_from + row);
            gs[i] = four(g[i] + g_from + row);
          }
#pragma unroll
          for (uint32_t i = 0; i < 4; ++i) {
#pragma unroll
            for (uint32_t j = 0; j < 4; ++j) sum[i][j] = add_dot(sum[i][j], xs[i], gs[j]);
          }
        }
      }
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
#pragma unroll
        for (uint32_t j = 0; j < 4; ++j) {
          const uint32_t k = input + i * inputs, c = column + j * columns;
          if (k < layer.width && c < layer.units)
            note(layer.partial + size_t{k} * layer.units + c, sum[i][j]);
        }
      }
    }
    if (!layer.has_bias) return;
    for (uint32_t c = threadIdx.x; c < layer.units; c += kThreads) {
      float sum = 0;
      for (uint32_t position = 0; position < layer.positions; ++position) {
        const float* const g = line(gradient_, position * layer.units + c);
        for (uint32_t row = 0; row < kRows; ++row) sum += g[row];
      }
      note(layer.partial + size_t{layer.width} * layer.units + c, sum);
    }
  }

  __device__ void store_gradient(uint32_t width) {
    const uint32_t row = own_row();
    if (row >= count_) return;
    each_own_value(width, [&](uint32_t j) {
      const size_t at = (size_t{first_} + row) * width + j;
      const float g = line(gradient_, j)[row];
      call_.dx[at] =
          call_.at == nullptr ? g : g * derivative(call_.activation, call_.parameter, call_.at[at]);
    });
  }

  const TailCall& call_;
  const BorealCudaTrainStep step_;
  const uint64_t* const keys_;
  float *const weights_, *const values_;
  float *gradient_, *other_;
  TailLayer* const layers_;
  float* const partial_;
  uint32_t first_ = 0, count_ = 0;  // rows of the tile
  bool adds_ = false;               // it is not the block's first
};

// Whether all other blocks of the grid have come here; what they wrote is visible then.
__device__ bool comes_last(uint32_t* arrived) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicAdd(arrived, 1u) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  return last;
}

template <int kRows>
__global__ void __launch_bounds__(kThreads) tail_kernel(const __grid_constant__ TailCall call) {
  TailBlock<kRows>(call).run();
  Progress* const progress = call.loss.clock.progress;
  if (!comes_last(&progress->arrived)) return;
  finish_step(call.finish);
  if (threadIdx.x == 0) progress->arrived = 0;
}

template <int kRows>
void start(const TailCall& call, const TailPlan& plan, cudaStream_t stream) {
  // As much as any plan may have: the next one shall not take it from a step that is recorded.
  check(cudaFuncSetAttribute(tail_kernel<kRows>, cudaFuncAttributeMaxDynamicSharedMemorySize, plan.limit),
        "asking for shared memory");
  launch(tail_kernel<kRows>, dim3(plan.blocks), kThreads, plan.shared_bytes(), stream, call);
}

}  // namespace

void run_tail(const TailCall& call, const TailPlan& plan, cudaStream_t stream) {
  plan.tile == 32 ? start<32>(call, plan, stream) : start<16>(call, plan, stream);
}

}  // namespace cuda
}  // namespace boreal
