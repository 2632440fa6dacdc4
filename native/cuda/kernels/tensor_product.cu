// Products on tensor cores by mma.sync: float16, bfloat16, TensorFloat-32, and codes of 8 bits by signed
// weights, in tiles of tensor_tile.cuh.
//
// Floor: 2 m n k operations over the peak of the tensor cores (A100: 312 TFLOP/s in 16 bits, 624 TOP/s in 8),
// or for few rows the bytes of the weights over the bandwidth.
#include "cuda/tensor_tile.cuh"

namespace boreal {
namespace cuda {
namespace {

template <int kElement, int kSize>
__global__ void __launch_bounds__(kTensorThreads) tensor_kernel(TensorCall call) {
  const TensorTile tile = tile_of_block<kSize>(call);
  MatrixRows<kSize> rows{call.a, tile.row * kSize, call.m, call.bytes};
  tensor_tile<kElement, kSize>(call, tile, rows);
}

}  // namespace

TensorCall tensor_call(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const uint32_t places = static_cast<uint32_t>(step.n[4]);
  TensorCall product{};
  product.a = reinterpret_cast<const unsigned char*>(call.in(0));
  product.b = call.constant<unsigned char>(0);
  product.m = call.rows * places;
  product.n = step.out_width / places;
  product.bytes = static_cast<uint32_t>(element_row_bytes(step.n[0], step.in_width[0] / places));
  product.finish = {step.n[1], static_cast<Unary>(step.n[2]), 0, 0, 0};
  product.out = call.out();
  product.elements = step.n[3] != 0;
  product.out_bytes = static_cast<uint32_t>(product.elements ? element_row_bytes(step.n[0], product.n)
                                                             : product.n * sizeof(float));
  if (step.n[0] == BOREAL_CUDA_CODE) {
    product.columns = call.constant<BorealCudaCodeColumn>(1);
    product.codes = call.constant<BorealCudaCodes>(2);
    if (product.codes == nullptr) {
      product.codes = reinterpret_cast<const BorealCudaCodes*>(call.in(1));
      product.code_rows = step.x[2] != 0 ? places : 1;
    }
    product.result = {static_cast<float>(step.x[0]), static_cast<int32_t>(step.x[1])};
  } else {
    product.bias = call.constant<float>(1);
  }
  return product;
}

void run_tensor_product(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const TensorCall product = tensor_call(call);
  const int32_t engine =
      product.m <= kDotSide ? BOREAL_CUDA_ENGINE_OF_FEW(step.n[5]) : BOREAL_CUDA_ENGINE_OF_MANY(step.n[5]);
  if (engine == BOREAL_CUDA_DOT) return start_dot_product(product, call.stream);
  if (engine == BOREAL_CUDA_WARP_GROUP) return start_group_product(product, step.n[0], call.stream);
  with_element(step.n[0], [&](auto element) {
    constexpr int kElement = decltype(element)::value;
    if (takes_large_tiles(product)) {
      launch_tiles<128>(tensor_kernel<kElement, 128>, call.stream, product);
    } else {
      launch_tiles<64>(tensor_kernel<kElement, 64>, call.stream, product);
    }
  });
}

}  // namespace cuda
}  // namespace boreal
