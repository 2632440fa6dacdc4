// Numbers as what tensor cores multiply: elements of 16 or 32 bits, and codes of 8 bits by a given range or
// by that of each row. Memory is the limit: 4 bytes in and 1 to 4 out for each number.
#include "cuda/launch.cuh"
#include "cuda/rows.cuh"
#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kGroup = 4;  // elements that a thread makes; rows are padded to whole groups

struct CastCall {
  const float* x;  // [m, columns]
  size_t m;
  uint32_t columns, row_groups;
  const BorealCudaCodes* codes;  // of codes: of each row, or (code_step 0) of all
  uint32_t code_step;
  void* out;  // [m, row_groups] groups
};

template <int kElement>
__global__ void cast_kernel(CastCall call) {
  const size_t count = call.m * call.row_groups;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / call.row_groups;
    const uint32_t column = static_cast<uint32_t>(i % call.row_groups) * kGroup;
    const float* const from = call.x + row * call.columns + column;
    float x[kGroup];
    if (call.columns % kGroup == 0 && column < call.columns) {
      const float4 all = *reinterpret_cast<const float4*>(from);
      x[0] = all.x, x[1] = all.y, x[2] = all.z, x[3] = all.w;
    } else {
#pragma unroll
      for (uint32_t e = 0; e < kGroup; ++e) x[e] = column + e < call.columns ? from[e] : 0.0f;
    }
    uint32_t y[kGroup];
    BorealCudaCodes codes{1, 0};
    if constexpr (kElement == BOREAL_CUDA_CODE) codes = call.codes[row * call.code_step];
#pragma unroll
    for (uint32_t e = 0; e < kGroup; ++e) {
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        y[e] = column + e < call.columns ? to_code(x[e], codes) : 0;
      } else {
        y[e] = to_element(kElement, x[e]);
      }
    }
    if constexpr (element_bytes(kElement) == 1) {
      static_cast<uint32_t*>(call.out)[i] = y[0] | y[1] << 8 | y[2] << 16 | y[3] << 24;
    } else if constexpr (element_bytes(kElement) == 2) {
      static_cast<uint2*>(call.out)[i] = {y[0] | y[1] << 16, y[2] | y[3] << 16};
    } else {
      static_cast<uint4*>(call.out)[i] = {y[0], y[1], y[2], y[3]};
    }
  }
}

// Scale and zero of the range of each row and 0, as linalg/quantize.h has them: a warp for each row.
__global__ void range_kernel(const float* x, size_t m, uint32_t columns, BorealCudaCodes* codes) {
  const uint32_t lane = threadIdx.x % kWarp;
  each_row_of_warp(m, [&](size_t row) {
    float low = 0, high = 0;
    int odd = 0;
    for (uint32_t j = lane; j < columns; j += kWarp) {
      const float value = x[row * columns + j];
      odd |= !(value - value == 0);
      low = fminf(low, value);
      high = fmaxf(high, value);
    }
#pragma unroll
    for (int step = kWarp / 2; step > 0; step /= 2) {
      low = fminf(low, __shfl_xor_sync(kAllLanes, low, step));
      high = fmaxf(high, __shfl_xor_sync(kAllLanes, high, step));
      odd |= __shfl_xor_sync(kAllLanes, odd, step);
    }
    if (lane != 0) return;
    if (odd != 0) {
      codes[row] = {quiet_nan(), 0};
      return;
    }
    const float range = high - low;
    float scale = isinf(range) ? high / 255.0f - low / 255.0f : range / 255.0f;
    if (scale == 0) scale = 1;
    codes[row] = {scale, static_cast<int32_t>(rintf(fminf(fmaxf(-low / scale, 0.0f), 255.0f)))};
  });
}

template <int kElement>
void start(CastCall cast, cudaStream_t stream) {
  cast.row_groups =
      static_cast<uint32_t>(element_row_bytes(kElement, cast.columns) / element_bytes(kElement) / kGroup);
  launch(cast_kernel<kElement>, grid_of(cast.m * cast.row_groups), kThreads, 0, stream, cast);
}

}  // namespace

void run_cast(const StepCall& call) {
  const size_t positions = static_cast<size_t>(call.step.n[1]);
  const uint32_t columns = static_cast<uint32_t>(call.step.in_width[0] / positions);
  const CastCall cast{call.in(0), call.rows * positions, columns, 0, nullptr, 0, call.out()};
  switch (call.step.n[0]) {
    case BOREAL_CUDA_FLOAT16:
      return start<BOREAL_CUDA_FLOAT16>(cast, call.stream);
    case BOREAL_CUDA_BFLOAT16:
      return start<BOREAL_CUDA_BFLOAT16>(cast, call.stream);
    case BOREAL_CUDA_TF32:
      return start<BOREAL_CUDA_TF32>(cast, call.stream);
    default:
      throw Failure(cudaErrorInvalidValue, "elements that this plug-in does not know");
  }
}

void run_quantize(const StepCall& call) {
  const size_t positions = static_cast<size_t>(call.step.n[0]);
  CastCall cast{call.in(0),
                call.rows * positions,
                static_cast<uint32_t>(call.step.in_width[0] / positions),
                0,
                call.constant<BorealCudaCodes>(0),
                0,
                call.out()};
  if (cast.codes == nullptr) {
    BorealCudaCodes* const codes = static_cast<BorealCudaCodes*>(call.buffers[call.step.in[1]]);
    launch(range_kernel, grid_of(cast.m, kThreads / kWarp), kThreads, 0, call.stream, cast.x, cast.m,
           cast.columns, codes);
    cast.codes = codes;
    cast.code_step = 1;
  }
  start<BOREAL_CUDA_CODE>(cast, call.stream);
}

}  // namespace cuda
}  // namespace boreal
