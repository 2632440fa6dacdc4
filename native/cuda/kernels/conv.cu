// Convolutions of NHWC images in float32 as a product that is never laid out: rows are pixels of the result,
// columns filters, and a sum runs over the taps of the kernel and the channels of its group. A tile of 64
// pixels and 64 filters goes through shared memory as in product.cu; the places of the image that a thread
// brings follow from its pixels, which stay the same, and from the tap.
//
// Floor: 2 x pixels x filters x taps x channels operations at the device's rate for float32. Where a group
// has few filters - depthwise convolutions - tiles would be empty: a thread makes one value then, neighbours
// make neighbouring channels, and the floor is reading the image once. Either way a value is one chain of
// fused multiply-adds from the bias, over taps and then channels in order.
#include "cuda/finish.cuh"
#include "cuda/launch.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

struct ConvCall {
  const float* x;
  const float* weights;  // [depth, out_channels]
  const float* bias;     // or null
  float* y;
  const BorealCudaWindows* windows;
  size_t pixels;  // of all images of the result
  int group_out, groups, depth;
  Finish finish;
};

// A pixel of the result in its image.
struct Corner {
  const float* image;
  int y, x;  // of the image, of the kernel's first tap
};
__device__ Corner corner_of(const ConvCall& call, const BorealCudaWindows& w, size_t pixel) {
  const size_t area = static_cast<size_t>(w.out_h) * w.out_w;
  const int at = static_cast<int>(pixel % area);
  return {call.x + pixel / area * (static_cast<size_t>(w.in_h) * w.in_w * w.in_channels),
          at / w.out_w * w.stride_h - w.pad_top, at % w.out_w * w.stride_w - w.pad_left};
}
// The value of a tap; 0 beyond the edges.
__device__ float value_at(const BorealCudaWindows& w, const Corner& corner, int dy, int dx, int channel) {
  const int y = corner.y + dy, x = corner.x + dx;
  if (y < 0 || y >= w.in_h || x < 0 || x >= w.in_w) return 0;
  return corner.image[(static_cast<size_t>(y) * w.in_w + x) * w.in_channels + channel];
}

__global__ void single_kernel(ConvCall call) {
  const BorealCudaWindows w = *call.windows;
  const size_t count = call.pixels * static_cast<size_t>(w.out_channels);
  const int group_in = w.in_channels / call.groups;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const int filter = static_cast<int>(i % w.out_channels);
    const int first = filter / call.group_out * group_in;
    const Corner corner = corner_of(call, w, i / w.out_channels);
    const float* weight = call.weights + filter;
    float sum = call.bias != nullptr ? call.bias[filter] : 0.0f;
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        for (int c = 0; c < group_in; ++c, weight += w.out_channels) {
          sum = fmaf(value_at(w, corner, ky * w.dilation_h, kx * w.dilation_w, first + c), *weight, sum);
        }
      }
    }
    call.y[i] = finish(call.finish, sum);
  }
}

constexpr int kSide = 64, kDepth = 16, kTile = 4;  // of a block: kSide pixels by kSide filters
constexpr int kSideThreads = kSide / kTile, kLoads = kSide * kDepth / static_cast<int>(kThreads);
static_assert(kSideThreads * kSideThreads == static_cast<int>(kThreads),
              "a thread for each block of the tile");

__global__ void __launch_bounds__(kThreads) tile_kernel(ConvCall call) {
  __shared__ __align__(16) float a_tile[2][kDepth][kSide + 4];
  __shared__ __align__(16) float b_tile[2][kDepth][kSide];
  const BorealCudaWindows w = *call.windows;
  const int thread = static_cast<int>(threadIdx.x), group = static_cast<int>(blockIdx.z);
  const int group_in = w.in_channels / call.groups, first_filter = static_cast<int>(blockIdx.y) * kSide;
  const size_t first_pixel = size_t{blockIdx.x} * kSide;
  const int tx = thread % kSideThreads, ty = thread / kSideThreads;

  // This thread brings products number thread % kDepth of a slice for kLoads pixels.
  Corner corners[kLoads];
  bool inside[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const size_t pixel = first_pixel + thread / kDepth + i * (kThreads / kDepth);
    inside[i] = pixel < call.pixels;
    corners[i] = corner_of(call, w, inside[i] ? pixel : 0);
  }
  float a_next[kLoads], b_next[kLoads];
  const auto fetch = [&](int k0) {
    const int k = k0 + thread % kDepth;
    const int tap = k / group_in, channel = group * group_in + k % group_in;
    const int dy = tap / w.kernel_w * w.dilation_h, dx = tap % w.kernel_w * w.dilation_w;
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      a_next[i] = inside[i] && k < call.depth ? value_at(w, corners[i], dy, dx, channel) : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      const int at = thread + i * static_cast<int>(kThreads), kk = at / kSide;
      const int filter = first_filter + at % kSide;
      const bool known = k0 + kk < call.depth && filter < call.group_out;
      b_next[i] =
          known
              ? call.weights[static_cast<size_t>(k0 + kk) * w.out_channels + group * call.group_out + filter]
              : 0.0f;
    }
  };
  const auto put = [&](int stage) {
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      const int at = thread + i * static_cast<int>(kThreads);
      a_tile[stage][thread % kDepth][at / kDepth] = a_next[i];
      b_tile[stage][at / kSide][at % kSide] = b_next[i];
    }
  };

  float sum[kTile][kTile];
#pragma unroll
  for (int j = 0; j < kTile; ++j) {
    const int filter = first_filter + tx * kTile + j;
    const bool known = call.bias != nullptr && filter < call.group_out;
    const float start = known ? call.bias[group * call.group_out + filter] : 0.0f;
#pragma unroll
    for (int i = 0; i < kTile; ++i) sum[i][j] = start;
  }
  const auto multiply = [&](int stage, int kk) {
    const float4 a4 = *reinterpret_cast<const float4*>(&a_tile[stage][kk][ty * kTile]);
    const float4 b4 = *reinterpret_cast<const float4*>(&b_tile[stage][kk][tx * kTile]);
    const float a[kTile] = {a4.x, a4.y, a4.z, a4.w}, b[kTile] = {b4.x, b4.y, b4.z, b4.w};
#pragma unroll
    for (int i = 0; i < kTile; ++i) {
#pragma unroll
      for (int j = 0; j < kTile; ++j) sum[i][j] = fmaf(a[i], b[j], sum[i][j]);
    }
  };

  fetch(0);
  put(0);
  __syncthreads();
  for (int k0 = 0, stage = 0; k0 < call.depth; k0 += kDepth, stage = 1 - stage) {
    const bool more = k0 + kDepth < call.depth;
    if (more) fetch(k0 + kDepth);
    if (more || call.depth - k0 == kDepth) {
#pragma unroll
      for (int kk = 0; kk < kDepth; ++kk) multiply(stage, kk);
    } else {
      // Zeros beyond the last product would turn a sum of -0 into 0.
      for (int kk = 0; kk < call.depth - k0; ++kk) multiply(stage, kk);
    }
    if (more) put(1 - stage);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < kTile; ++i) {
    const size_t pixel = first_pixel + ty * kTile + i;
    if (pixel >= call.pixels) continue;
#pragma unroll
    for (int j = 0; j < kTile; ++j) {
      const int filter = first_filter + tx * kTile + j;
      if (filter >= call.group_out) continue;
      call.y[pixel * w.out_channels + group * call.group_out + filter] = finish(call.finish, sum[i][j]);
    }
  }
}

constexpr int kFewFilters = 16;
constexpr size_t kFewPixels = 16;
constexpr int kMostLayers = 65535;  // of a grid: groups

}  // namespace

void run_conv(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const size_t pixels = size_t{call.rows} * static_cast<size_t>(step.n[0]);
  const ConvCall conv{call.in(0),
                      call.constant<float>(0),
                      call.constant<float>(1),
                      call.out(),
                      call.constant<BorealCudaWindows>(2),
                      pixels,
                      step.n[1],
                      step.n[2],
                      step.n[3],
                      {BOREAL_CUDA_ACTIVATION, static_cast<Unary>(step.n[4]), 0, 0, 0}};
  if (step.n[1] < kFewFilters || pixels <= kFewPixels || step.n[2] > kMostLayers) {
    launch(single_kernel, grid_of(size_t{call.rows} * step.out_width), kThreads, 0, call.stream, conv);
    return;
  }
  const dim3 grid(static_cast<unsigned>((pixels + kSide - 1) / kSide),
                  static_cast<unsigned>((step.n[1] + kSide - 1) / kSide), static_cast<unsigned>(step.n[2]));
  launch(tile_kernel, grid, kThreads, 0, call.stream, conv);
}

}  // namespace cuda
}  // namespace boreal
