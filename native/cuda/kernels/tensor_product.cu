// Products on tensor cores by mma.sync: float16, bfloat16, TensorFloat-32, and codes of 8 bits by signed
// weights. A tile of kSize x kSize is made by four warps, each a quarter; 64 bytes of every row at a time go
// through a ring of stages in shared memory, filled by asynchronous copies while older ones are multiplied.
//
// An element is one chain over k in ascending order, 32 bytes at a time, that starts from the bias; neither
// the size of the tile nor a row's place in it changes that, so that a row's bits don't depend on its batch.
// Sums of codes are exact.
//
// Floor: 2 m n k operations over the peak of the tensor cores (A100: 312 TFLOP/s in 16 bits, 624 TOP/s in 8),
// or for few rows the bytes of the weights over the bandwidth. Per 32 bytes of k a warp of the large tile
// reads 4 KiB from shared memory for 64 x 64 sums: half of what the memory gives while the tensor cores of
// sm_80 work. Chunks of 16 bytes lie turned by bits of their row, so that eight rows of one chunk are in all
// banks.
#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kTensorThreads = 128;
constexpr uint32_t kDepth = kElementRow;  // bytes of k in a stage
constexpr uint32_t kChunk = 16, kChunks = kDepth / kChunk;

__device__ __forceinline__ uint32_t chunk_place(uint32_t row, uint32_t chunk) {
  return row * kDepth + (chunk ^ (row >> 1 & (kChunks - 1))) * kChunk;
}

template <int kSize>
struct TensorShape {
  static constexpr int kStages = kSize == 128 ? 3 : 4;
  static constexpr uint32_t kStageBytes = 2 * kSize * kDepth;
};

template <int kElement, int kSize>
__global__ void __launch_bounds__(kTensorThreads) tensor_kernel(TensorCall call) {
  using Sum = typename TensorSum<kElement>::Type;
  constexpr int kStages = TensorShape<kSize>::kStages;
  constexpr uint32_t kStageBytes = TensorShape<kSize>::kStageBytes;
  constexpr int kQuarter = kSize / 2, kRowBlocks = kQuarter / 16, kColumnBlocks = kQuarter / 8;
  constexpr int kLoads = kSize * kChunks / kTensorThreads;  // of a thread and operand
  unsigned char* const shared = shared_bytes();

  const uint32_t thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const TensorTile tile = tensor_tile(blockIdx.x, (call.m + kSize - 1) / kSize, (call.n + kSize - 1) / kSize);
  const uint32_t first_row = tile.row * kSize, first_column = tile.column * kSize;

  const uint32_t steps = call.bytes / kDepth;
  const auto load = [&](uint32_t step) {
    if (step < steps) {
      unsigned char* const a = shared + step % kStages * kStageBytes;
      unsigned char* const b = a + kSize * kDepth;
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        const uint32_t at = thread + i * kTensorThreads, row = at / kChunks, chunk = at % kChunks;
        const size_t offset = size_t{step} * kDepth + chunk * kChunk;
        const bool in_a = first_row + row < call.m, in_b = first_column + row < call.n;
        const uint32_t place = chunk_place(row, chunk);
        copy_async16(a + place, call.a + (in_a ? size_t{first_row + row} * call.bytes : 0) + offset, in_a);
        copy_async16(b + place, call.b + (in_b ? size_t{first_column + row} * call.bytes : 0) + offset, in_b);
      }
    }
    copy_async_commit();  // also an empty group: waits count them
  };

  const uint32_t row0 = warp / 2 * kQuarter, column0 = warp % 2 * kQuarter;  // of the quarter
  Sum sum[kRowBlocks][kColumnBlocks][4];
#pragma unroll
  for (int j = 0; j < kColumnBlocks; ++j) {
    const uint32_t column = first_column + column0 + j * 8 + lane % 4 * 2;
    const Sum even = tensor_start<kElement>(call, column), odd = tensor_start<kElement>(call, column + 1);
#pragma unroll
    for (int i = 0; i < kRowBlocks; ++i) {
      sum[i][j][0] = sum[i][j][2] = even;
      sum[i][j][1] = sum[i][j][3] = odd;
    }
  }

  for (int step = 0; step < kStages - 1; ++step) load(step);
  for (uint32_t step = 0; step < steps; ++step) {
    copy_async_wait<kStages - 2>();
    __syncthreads();  // all of this stage is here, and the one before it has been read
    load(step + kStages - 1);
    const unsigned char* const a = shared + step % kStages * kStageBytes;
    const unsigned char* const b = a + kSize * kDepth;
#pragma unroll
    for (uint32_t half = 0; half < kChunks; half += 2) {
      uint32_t in_a[kRowBlocks][4], in_b[kColumnBlocks / 2][4];
#pragma unroll
      for (int i = 0; i < kRowBlocks; ++i) {
        load_matrices(in_a[i], a + chunk_place(row0 + i * 16 + lane % 16, half + lane / 16));
      }
#pragma unroll
      for (int j = 0; j < kColumnBlocks / 2; ++j) {
        load_matrices(in_b[j],
                      b + chunk_place(column0 + j * 16 + lane / 16 * 8 + lane % 8, half + lane / 8 % 2));
      }
#pragma unroll
      for (int i = 0; i < kRowBlocks; ++i) {
#pragma unroll
        for (int j = 0; j < kColumnBlocks; ++j) {
          multiply_block<kElement>(sum[i][j], in_a[i], in_b[j / 2][j % 2 * 2], in_b[j / 2][j % 2 * 2 + 1]);
        }
      }
    }
  }

  copy_async_wait<0>();
  __syncthreads();  // the stages are read, and of no more use
  using Stage = TensorStage<kElement, kQuarter>;
  const Stage stage{reinterpret_cast<typename Stage::Pair*>(shared + warp * Stage::kBytes)};
#pragma unroll
  for (int i = 0; i < kRowBlocks; ++i) {
#pragma unroll
    for (int j = 0; j < kColumnBlocks; ++j) {
      stage.put(lane, j, sum[i][j][0], sum[i][j][1], sum[i][j][2], sum[i][j][3]);
    }
    stage.write(call, lane, first_row + row0 + i * 16, first_column + column0);
  }
}

uint32_t tiles(const TensorCall& call, uint32_t size) {
  return (call.m + size - 1) / size * ((call.n + size - 1) / size);
}

template <int kElement, int kSize>
void launch_tiles(const TensorCall& call, cudaStream_t stream) {
  launch(tensor_kernel<kElement, kSize>, tiles(call, kSize), kTensorThreads,
         TensorShape<kSize>::kStages * TensorShape<kSize>::kStageBytes, stream, call);
}

template <int kElement>
void start(const TensorCall& call, cudaStream_t stream) {
  // With fewer tiles of the large shape some multiprocessors would be idle.
  const uint32_t multiprocessors = static_cast<uint32_t>(limits_of_device().multiprocessors);
  if (tiles(call, 128) >= multiprocessors) return launch_tiles<kElement, 128>(call, stream);
  launch_tiles<kElement, 64>(call, stream);
}

}  // namespace

TensorCall tensor_call(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const uint32_t positions = static_cast<uint32_t>(step.n[4]);
  TensorCall product{};
  product.a = reinterpret_cast<const unsigned char*>(call.in(0));
  product.b = call.constant<unsigned char>(0);
  product.m = call.rows * positions;
  product.n = step.out_width / positions;
  product.bytes = static_cast<uint32_t>(element_row_bytes(step.n[0], step.in_width[0] / positions));
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
      product.code_step = 1;
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
  if (step.n[5] == BOREAL_CUDA_WARP_GROUP) return start_group_product(product, step.n[0], call.stream);
  switch (step.n[0]) {
    case BOREAL_CUDA_FLOAT16:
      return start<BOREAL_CUDA_FLOAT16>(product, call.stream);
    case BOREAL_CUDA_BFLOAT16:
      return start<BOREAL_CUDA_BFLOAT16>(product, call.stream);
    case BOREAL_CUDA_TF32:
      return start<BOREAL_CUDA_TF32>(product, call.stream);
    case BOREAL_CUDA_CODE:
      return start<BOREAL_CUDA_CODE>(product, call.stream);
    default:
      throw Failure(cudaErrorInvalidValue, "a product of elements that this plug-in does not know");
  }
}

}  // namespace cuda
}  // namespace boreal
