// Pooling over windows of NHWC images: a thread makes one value, neighbours make neighbouring channels. The
// floor is one read of the image and one write of the result; windows that overlap meet in the cache.
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

// What a window has of the image along one axis.
struct Range {
  int begin, end;
};
__device__ Range range_of(int place, int in, int kernel, int stride, int before) {
  const int begin = place * stride - before, end = begin + kernel;
  return {begin < 0 ? 0 : begin, end > in ? in : end};
}

__global__ void pool_kernel(const float* x, float* y, size_t count, const BorealCudaWindows* windows,
                            bool mean) {
  const BorealCudaWindows w = *windows;
  const size_t channels = static_cast<size_t>(w.in_channels);
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t channel = i % channels, pixel = i / channels;
    const size_t area = static_cast<size_t>(w.out_h) * w.out_w, image = pixel / area;
    const int at = static_cast<int>(pixel % area);
    const Range down = range_of(at / w.out_w, w.in_h, w.kernel_h, w.stride_h, w.pad_top);
    const Range across = range_of(at % w.out_w, w.in_w, w.kernel_w, w.stride_w, w.pad_left);
    const float* const in = x + image * (static_cast<size_t>(w.in_h) * w.in_w * channels) + channel;
    float result = mean ? 0.0f : -INFINITY;
    for (int row = down.begin; row < down.end; ++row) {
      for (int column = across.begin; column < across.end; ++column) {
        const float value = in[(static_cast<size_t>(row) * w.in_w + column) * channels];
        if (mean) {
          result += value;
        } else if (value > result || isnan(value)) {
          result = isnan(result) ? result : value;
        }
      }
    }
    if (mean) result /= static_cast<float>((down.end - down.begin) * (across.end - across.begin));
    y[i] = result;
  }
}

}  // namespace

void run_pool(const StepCall& call) {
  const size_t count = size_t{call.rows} * call.step.out_width;
  launch(pool_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.out(), count,
         call.constant<BorealCudaWindows>(2), call.step.n[0] != 0);
}

}  // namespace cuda
}  // namespace boreal
