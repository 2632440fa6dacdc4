// Convolutions on tensor cores, as a product that is never laid out: rows are pixels of the result, columns
// filters, and a sum runs over the taps of the kernel, each a row of elements of the channels. Tiles are
// those of tensor_tile.cuh; what is here finds the pixels of the image that a tile reads. A chunk of 16 bytes
// belongs to one tap, since rows of elements are whole chunks. Beyond the edges lies 0: of codes the one that
// stands for it, so that sums are those of whole windows. They are exact, whoever makes them.
//
// Floor: 2 x pixels x filters x taps x channels operations over the peak (see tensor_product.cu), channels
// rounded up to 16 bytes; each byte of the image is read once for every tap, but for the first time from the
// caches.
#include "cuda/tensor_tile.cuh"

namespace boreal {
namespace cuda {
namespace {

template <int kElement>
__device__ __forceinline__ uint32_t pixel_bytes(const BorealCudaWindows& w) {
  return static_cast<uint32_t>(element_row_bytes(kElement, static_cast<uint64_t>(w.in_channels)));
}

template <int kElement, int kSize>
class WindowRows {
 public:
  __device__ __forceinline__ WindowRows(const TensorCall& call, const BorealCudaWindows& w, uint32_t first)
      : in_h_(w.in_h),
        in_w_(w.in_w),
        kernel_h_(w.kernel_h),
        kernel_w_(w.kernel_w),
        dilation_h_(w.dilation_h),
        dilation_w_(w.dilation_w),
        pixel_bytes_(pixel_bytes<kElement>(w)),
        at_(threadIdx.x % kChunks * kChunk) {
    const uint32_t pixels = static_cast<uint32_t>(w.out_h * w.out_w);
    const size_t image_bytes = size_t{pixel_bytes_} * static_cast<uint32_t>(in_h_ * in_w_);
#pragma unroll
    for (uint32_t i = 0; i < kRowLoads<kSize>; ++i) {
      const uint32_t row = first + threadIdx.x / kChunks + i * (kTensorThreads / kChunks);
      const uint32_t pixel =
          row < call.m ? row : 0;  // any: what comes of rows beyond the last is not written
      const int within = static_cast<int>(pixel % pixels);
      image_[i] = call.a + pixel / pixels * image_bytes;
      y_[i] = within / w.out_w * w.stride_h - w.pad_top;
      x_[i] = within % w.out_w * w.stride_w - w.pad_left;
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        zero_[i] = static_cast<uint32_t>(codes_of(call.codes, pixel, call.code_rows).zero) * 0x01010101u;
      }
    }
    to_tap();
  }

  // The steps in order.
  __device__ __forceinline__ void load(unsigned char* to, uint32_t) {
    const uint32_t chunk = threadIdx.x % kChunks;
    const int dy = tap_y_ * dilation_h_, dx = tap_x_ * dilation_w_;
#pragma unroll
    for (uint32_t i = 0; i < kRowLoads<kSize>; ++i) {
      const int y = y_[i] + dy, x = x_[i] + dx;
      const bool inside = tap_y_ < kernel_h_ && y >= 0 && y < in_h_ && x >= 0 && x < in_w_;
      unsigned char* const place =
          to + chunk_place(threadIdx.x / kChunks + i * (kTensorThreads / kChunks), chunk);
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        if (!inside) {  // the barrier before the stage is read makes it visible, as it does copies
          *reinterpret_cast<uint4*>(place) = {zero_[i], zero_[i], zero_[i], zero_[i]};
          continue;
        }
      }
      const size_t offset = inside ? (static_cast<size_t>(y) * in_w_ + x) * pixel_bytes_ + at_ : 0;
      copy_async16(place, image_[i] + offset, inside);
    }
    at_ += kDepth;
    to_tap();
  }

 private:
  // From a place behind a pixel's channels to one of a later tap; the last one is followed by rows below the
  // kernel, where nothing is inside.
  __device__ __forceinline__ void to_tap() {
    while (at_ >= pixel_bytes_) {
      at_ -= pixel_bytes_;
      if (++tap_x_ == kernel_w_) tap_x_ = 0, ++tap_y_;
    }
  }

  const int in_h_, in_w_, kernel_h_, kernel_w_, dilation_h_, dilation_w_;
  const uint32_t pixel_bytes_;
  // Where this thread's next chunk is: a tap, and bytes of its pixel.
  uint32_t at_;
  int tap_y_ = 0, tap_x_ = 0;
  // Of its rows: the image, the place of the kernel's first tap, and what lies beyond the edges.
  const unsigned char* image_[kRowLoads<kSize>];
  int y_[kRowLoads<kSize>], x_[kRowLoads<kSize>];
  uint32_t zero_[kElement == BOREAL_CUDA_CODE ? kRowLoads<kSize> : 1];
};

template <int kElement, int kSize>
__global__ void __launch_bounds__(kTensorThreads)
    conv_kernel(TensorCall call, const BorealCudaTensorWindows* windows) {
  const BorealCudaWindows& w = windows->windows;
  call.bytes = static_cast<uint32_t>(w.kernel_h * w.kernel_w) * pixel_bytes<kElement>(w);
  const TensorTile tile = tile_of_block<kSize>(call);
  WindowRows<kElement, kSize> rows(call, w, tile.row * kSize);
  tensor_tile<kElement, kSize>(call, tile, rows);
}

}  // namespace

void run_tensor_conv(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const auto* const windows = call.constant<BorealCudaTensorWindows>(2);
  TensorCall product = tensor_call(call);
  if (step.n[0] == BOREAL_CUDA_CODE) {
    const bool of_rows = step.n[5] != 0;
    product.codes = of_rows ? reinterpret_cast<const BorealCudaCodes*>(call.in(1)) : &windows->codes;
    product.code_rows = of_rows ? static_cast<uint32_t>(step.n[4]) : 0;
  }
  with_element(step.n[0], [&](auto element) {
    constexpr int kElement = decltype(element)::value;
    if (takes_large_tiles(product)) {
      launch_tiles<128>(conv_kernel<kElement, 128>, call.stream, product, windows);
    } else {
      launch_tiles<64>(conv_kernel<kElement, 64>, call.stream, product, windows);
    }
  });
}

}  // namespace cuda
}  // namespace boreal
