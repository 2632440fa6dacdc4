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
  const BorealCudaCodes* codes;  // of codes: of each code_rows rows, or (0) of all
  uint32_t code_rows;
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
    if constexpr (kElement == BOREAL_CUDA_CODE)
      codes = codes_of(call.codes, static_cast<uint32_t>(row), call.code_rows);
#pragma unroll
    for (uint32_t e = 0; e < kGroup; ++e) {
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        y[e] = column + e < call.columns ? CodeRange(codes).code_of(x[e]) : 0;
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

constexpr uint32_t kLongRow = 2048;  // of which a block finds the range, rather than a warp

struct Range {
  float low, high;
  int odd;  // not 0: there is a value that is no number
};
__device__ __forceinline__ void widen(Range& range, const Range& by) {
  range.low = fminf(range.low, by.low);
  range.high = fmaxf(range.high, by.high);
  range.odd |= by.odd;
}

// Scale and zero of the range of each row and 0, as linalg/quantize.h has them: kLanes threads, a warp or the
// block, for each row.
template <int kLanes>
__global__ void range_kernel(const float* x, size_t m, uint32_t columns, BorealCudaCodes* codes) {
  constexpr uint32_t kWarps = kLanes / kWarp;
  const uint32_t lane = threadIdx.x % kLanes;
  for (size_t row = first_element() / kLanes; row < m; row += element_step() / kLanes) {
    Range range{0, 0, 0};
    for (uint32_t j = lane; j < columns; j += kLanes) {
      const float value = x[row * columns + j];
      widen(range, {value, value, !(value - value == 0)});
    }
#pragma unroll
    for (int step = kWarp / 2; step > 0; step /= 2) {
      widen(range, {__shfl_xor_sync(kAllLanes, range.low, step), __shfl_xor_sync(kAllLanes, range.high, step),
                    __shfl_xor_sync(kAllLanes, range.odd, step)});
    }
    if constexpr (kWarps > 1) {
      __shared__ Range parts[kWarps];
      if (lane % kWarp == 0) parts[lane / kWarp] = range;
      __syncthreads();
      if (lane == 0) {
        for (uint32_t warp = 1; warp < kWarps; ++warp) widen(range, parts[warp]);
      }
      __syncthreads();  // the next row's parts go there
    }
    if (lane != 0) continue;
    if (range.odd != 0) {
      codes[row] = {quiet_nan(), 0};
      continue;
    }
    const float extent = range.high - range.low;
    float scale = isinf(extent) ? range.high / 255.0f - range.low / 255.0f : extent / 255.0f;
    if (scale == 0) scale = 1;
    codes[row] = {scale, static_cast<int32_t>(rintf(fminf(fmaxf(-range.low / scale, 0.0f), 255.0f)))};
  }
}

template <int kElement>
void start(CastCall cast, cudaStream_t stream) {
  cast.row_groups =
      static_cast<uint32_t>(element_row_bytes(kElement, cast.columns) / element_bytes(kElement) / kGroup);
  launch(cast_kernel<kElement>, grid_of(cast.m * cast.row_groups), kThreads, 0, stream, cast);
}

}  // namespace

void run_cast(const StepCall& call) {
  const size_t places = static_cast<size_t>(call.step.n[1]);
  const CastCall cast{
      call.in(0), call.rows * places, static_cast<uint32_t>(call.step.in_width[0] / places), 0, nullptr,
      0,          call.out()};
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
  const size_t places = static_cast<size_t>(call.step.n[0]);
  CastCall cast{call.in(0),
                call.rows * places,
                static_cast<uint32_t>(call.step.in_width[0] / places),
                0,
                call.constant<BorealCudaCodes>(0),
                0,
                call.out()};
  if (cast.codes == nullptr) {
    BorealCudaCodes* const codes = static_cast<BorealCudaCodes*>(call.buffers[call.step.in[1]]);
    cast.code_rows = static_cast<uint32_t>(call.step.n[1] != 0 ? places : 1);
    const size_t ranges = cast.m / cast.code_rows;
    const uint32_t columns = cast.columns * cast.code_rows;
    if (columns < kLongRow) {
      launch(range_kernel<kWarp>, grid_of(ranges, kThreads / kWarp), kThreads, 0, call.stream, cast.x, ranges,
             columns, codes);
    } else {
      launch(range_kernel<kThreads>, grid_of(ranges, 1), kThreads, 0, call.stream, cast.x, ranges, columns,
             codes);
    }
    cast.codes = codes;
  }
  start<BOREAL_CUDA_CODE>(cast, call.stream);
}

}  // namespace cuda
}  // namespace boreal
