// Products on the tensor cores of compute capability 9.0 by wgmma, with operands in shared memory. Of three
// warp groups one copies tiles by tensor maps into a ring of stages; the other two have 64 rows each of a
// tile of 128 x kColumns, whose sums stay in their registers. Blocks stay for all their tiles, so that copies
// for the next one are on their way while sums are written.
//
// An element is one chain over k in ascending order, 32 bytes at a time, that starts from the bias, in each
// of the two shapes and wherever its row stands: a row's bits don't depend on its batch. They may be others
// than those of mma.sync, which is why a plan has one engine for all rows.
//
// Floor: 2 m n k operations over the peak (H100: 989 TFLOP/s in 16 bits, 1979 TOP/s in 8). A tile of 128 x
// 256 reads 48 KiB for each 128 bytes of k: 85 operations in 16 bits for a byte from the second-level cache,
// whose bandwidth is the next limit.
#include "cuda/hopper.cuh"
#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"
#include "cuda/tensor_map.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kGroupThreads = 128, kConsumers = 2, kConsumerRows = 64;
constexpr uint32_t kRows = kConsumers * kConsumerRows;
constexpr int kStaged = 64;  // columns of sums that a warp writes at once
constexpr unsigned kBlockThreads = (1 + kConsumers) * kGroupThreads;

template <int kColumns>
struct GroupShape {
  static constexpr uint32_t kStages = kColumns == 256 ? 4 : 6;
  static constexpr uint32_t kBytesA = kRows * kTileBytes;
  static constexpr uint32_t kStageBytes = kBytesA + kColumns * kTileBytes;
  static constexpr uint32_t kOutBytes =
      kConsumers * kGroupThreads / 32 * TensorStage<BOREAL_CUDA_CODE, kStaged>::kBytes;
  static constexpr uint32_t kSharedBytes =
      kTileAlign + kStages * (kStageBytes + 2 * sizeof(Barrier)) + kOutBytes;
};

template <int kElement, int kColumns>
__global__ void __launch_bounds__(kBlockThreads, 1)
    group_kernel(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b,
                 TensorCall call) {
#ifdef BOREAL_HOPPER
  using Shape = GroupShape<kColumns>;
  using Sum = typename TensorSum<kElement>::Type;
  constexpr uint32_t kStages = Shape::kStages;
  unsigned char* const raw = shared_bytes();
  unsigned char* const stages =
      raw + (kTileAlign - reinterpret_cast<uintptr_t>(raw) % kTileAlign) % kTileAlign;
  unsigned char* const staged = stages + kStages * Shape::kStageBytes;
  Barrier* const full = reinterpret_cast<Barrier*>(staged + Shape::kOutBytes);
  Barrier* const empty = full + kStages;

  const uint32_t group = threadIdx.x / kGroupThreads, lane = threadIdx.x % 32;
  if (threadIdx.x == 0) {
    for (uint32_t s = 0; s < kStages; ++s) {
      barrier_init(full + s, 1);
      barrier_init(empty + s, kConsumers * kGroupThreads / 32);  // each warp
    }
    barrier_publish();
  }
  __syncthreads();

  const uint32_t row_tiles = (call.m + kRows - 1) / kRows, column_tiles = (call.n + kColumns - 1) / kColumns;
  const uint32_t tiles = row_tiles * column_tiles, steps = (call.bytes + kTileBytes - 1) / kTileBytes;
  uint32_t turn = 0;  // of the ring: stage turn % kStages for the (turn / kStages)-th time
  if (group == 0) {
    yield_registers();
    if (threadIdx.x != 0) return;
    for (uint32_t index = blockIdx.x; index < tiles; index += gridDim.x) {
      const TensorTile tile = tensor_tile(index, row_tiles, column_tiles);
      for (uint32_t step = 0; step < steps; ++step, ++turn) {
        const uint32_t stage = turn % kStages;
        unsigned char* const a = stages + stage * Shape::kStageBytes;
        barrier_wait(empty + stage, turn / kStages % 2 ^ 1);  // the first time nothing was there
        barrier_expect(full + stage, Shape::kStageBytes);
        copy_tile(a, map_a, step * kTileBytes, tile.row * kRows, full + stage);
        copy_tile(a + Shape::kBytesA, map_b, step * kTileBytes, tile.column * kColumns, full + stage);
      }
    }
    return;
  }

  take_registers();
  const uint32_t warp = threadIdx.x / 32 % 4;
  const uint32_t row0 = (group - 1) * kConsumerRows;
  using Out = TensorStage<kElement, kStaged>;
  const Out out{reinterpret_cast<Sum*>(staged + (threadIdx.x - kGroupThreads) / 32 * Out::kBytes)};
  const auto give_back = [&](uint32_t last) {
    __syncwarp();  // all of the warp have waited for the products
    if (lane == 0) barrier_arrive(empty + last % kStages);
  };
  for (uint32_t index = blockIdx.x; index < tiles; index += gridDim.x) {
    const TensorTile tile = tensor_tile(index, row_tiles, column_tiles);
    const uint32_t column0 = tile.column * kColumns + lane % 4 * 2;
    Sum sum[kColumns / 2];
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
      sum[4 * j] = sum[4 * j + 2] = tensor_start<kElement>(call, column0 + 8 * j);
      sum[4 * j + 1] = sum[4 * j + 3] = tensor_start<kElement>(call, column0 + 8 * j + 1);
    }
    for (uint32_t step = 0; step < steps; ++step, ++turn) {
      const uint32_t stage = turn % kStages;
      const unsigned char* const a = stages + stage * Shape::kStageBytes;
      barrier_wait(full + stage, turn / kStages % 2);
      const uint64_t operand_a = operand_of(a + row0 * kTileBytes),
                     operand_b = operand_of(a + Shape::kBytesA);
      group_hold(sum);
      group_fence();
#pragma unroll
      for (uint32_t part = 0; part < kTileBytes / 32; ++part) {
        group_multiply<kElement, kColumns>(sum, operand_a + 2 * part, operand_b + 2 * part);
      }
      group_commit();
      group_wait<1>();
      group_hold(sum);
      if (step > 0) give_back(turn - 1);
    }
    group_wait<0>();
    group_hold(sum);
    give_back(turn - 1);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
      out.put(lane, j % (kStaged / 8), sum[4 * j], sum[4 * j + 1], sum[4 * j + 2], sum[4 * j + 3]);
      if ((j + 1) % (kStaged / 8) != 0) continue;
      out.write(call, lane, size_t{tile.row} * kRows + row0 + warp * 16,
                tile.column * kColumns + (j + 1) * 8 - kStaged);
    }
  }
#endif
}

uint32_t tiles(const TensorCall& call, uint32_t columns) {
  return (call.m + kRows - 1) / kRows * ((call.n + columns - 1) / columns);
}

template <int kElement, int kColumns>
void launch_group(const TensorCall& call, uint32_t multiprocessors, cudaStream_t stream) {
  constexpr uint32_t kBytes = GroupShape<kColumns>::kSharedBytes;
  check(cudaFuncSetAttribute(group_kernel<kElement, kColumns>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(kBytes)),
        "asking for shared memory");
  launch(group_kernel<kElement, kColumns>, std::min(tiles(call, kColumns), multiprocessors), kBlockThreads,
         kBytes, stream, map_rows(call.a, call.bytes, call.m, kRows),
         map_rows(call.b, call.bytes, call.n, kColumns), call);
}

template <int kElement>
void start(const TensorCall& call, cudaStream_t stream) {
  const uint32_t multiprocessors = static_cast<uint32_t>(limits_of_device().multiprocessors);
  if (tiles(call, 256) >= multiprocessors) return launch_group<kElement, 256>(call, multiprocessors, stream);
  launch_group<kElement, 64>(call, multiprocessors, stream);
}

}  // namespace

void start_group_product(const TensorCall& call, int element, cudaStream_t stream) {
  switch (element) {
    case BOREAL_CUDA_FLOAT16:
      return start<BOREAL_CUDA_FLOAT16>(call, stream);
    case BOREAL_CUDA_BFLOAT16:
      return start<BOREAL_CUDA_BFLOAT16>(call, stream);
    case BOREAL_CUDA_TF32:
      return start<BOREAL_CUDA_TF32>(call, stream);
    default:
      return start<BOREAL_CUDA_CODE>(call, stream);
  }
}

}  // namespace cuda
}  // namespace boreal
