// A tile of a matrix product, or of distances, by a block of kThreads threads: the small ones of training.
//
// A tile is 64 x 64, or 32 x 32 where those would be too few for a device; then four groups of 64 threads
// share the terms of one tile and add up their sums in a fixed order, so that all four schedulers of a
// multiprocessor have work. Operands go through shared memory, the next ones on their way from memory while
// the present ones are used.
#pragma once

#include "cuda/combine.cuh"
#include "cuda/launch.cuh"

namespace boreal {
namespace cuda {

constexpr int kQuarter = 4;  // a thread makes kQuarter x kQuarter sums

template <int kTile>
struct TileShape {
  static constexpr int kSide = kTile / kQuarter;
  static constexpr int kGroup = kSide * kSide;  // threads that share a tile's sums
  static constexpr int kGroups = static_cast<int>(kThreads) / kGroup;
  static constexpr int kDepth = kTile == 32 ? 32 : 16;
  static constexpr int kOwn = kDepth / kGroups;  // terms of a group in a tile
  static constexpr int kPitch = kTile + kQuarter;
  static constexpr int kLoads = kTile * kDepth / static_cast<int>(kThreads);
  static constexpr int kStage = kDepth * kPitch;  // floats of one operand
  static constexpr int kSums = kGroups * kTile * kTile;
  static constexpr int kFloats = 4 * kStage > kSums ? 4 * kStage : kSums;
};

// Sums of a tile of kTile x kTile over terms [begin, end): a(row, k) and b(column, k) load, 0 beyond.
// by_term: the operand's terms lie side by side in memory. Afterwards memory holds the groups' sums [groups,
// tile, tile].
template <int kTile, bool kTermsOfA, bool kTermsOfB, typename Combine, typename A, typename B>
__device__ void multiply_tile(const A& a, const B& b, uint32_t begin, uint32_t end, float* memory) {
  using Shape = TileShape<kTile>;
  const int thread = static_cast<int>(threadIdx.x);
  const int group = thread / Shape::kGroup, own = thread % Shape::kGroup;
  const int tx = own % Shape::kSide * kQuarter, ty = own / Shape::kSide * kQuarter;
  float a_next[Shape::kLoads], b_next[Shape::kLoads];

  // Where in the tile the i-th load of this thread belongs.
  const auto place = [&](bool by_term, int i, int* line, int* term) {
    const int at = thread + i * static_cast<int>(kThreads);
    *line = by_term ? at / Shape::kDepth : at % kTile;
    *term = by_term ? at % Shape::kDepth : at / kTile;
  };
  const auto fetch = [&](uint32_t k0) {
#pragma unroll
    for (int i = 0; i < Shape::kLoads; ++i) {
      int line, term;
      place(kTermsOfA, i, &line, &term);
      a_next[i] = k0 + term < end ? a(line, k0 + term) : 0.0f;
      place(kTermsOfB, i, &line, &term);
      b_next[i] = k0 + term < end ? b(line, k0 + term) : 0.0f;
    }
  };
  const auto put = [&](int stage) {
    float* const to = memory + stage * 2 * Shape::kStage;
#pragma unroll
    for (int i = 0; i < Shape::kLoads; ++i) {
      int line, term;
      place(kTermsOfA, i, &line, &term);
      to[term * Shape::kPitch + line] = a_next[i];
      place(kTermsOfB, i, &line, &term);
      to[Shape::kStage + term * Shape::kPitch + line] = b_next[i];
    }
  };

  float sum[kQuarter][kQuarter] = {};
  if (begin < end) {
    fetch(begin);
    put(0);
  }
  __syncthreads();
  int stage = 0;
  for (uint32_t k0 = begin; k0 < end; k0 += Shape::kDepth, stage = 1 - stage) {
    const bool more = k0 + Shape::kDepth < end;
    if (more) fetch(k0 + Shape::kDepth);
    const float* const from = memory + stage * 2 * Shape::kStage + group * Shape::kOwn * Shape::kPitch;
#pragma unroll
    for (int k = 0; k < Shape::kOwn; ++k) {
      const float4 a4 = *reinterpret_cast<const float4*>(from + k * Shape::kPitch + ty);
      const float4 b4 = *reinterpret_cast<const float4*>(from + Shape::kStage + k * Shape::kPitch + tx);
      const float as[kQuarter] = {a4.x, a4.y, a4.z, a4.w}, bs[kQuarter] = {b4.x, b4.y, b4.z, b4.w};
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
        for (int j = 0; j < kQuarter; ++j) sum[i][j] = Combine::add(sum[i][j], as[i], bs[j]);
      }
    }
    if (more) put(1 - stage);
    __syncthreads();
  }
  // All have read the tiles: their place is free.
  float* const to = memory + group * kTile * kTile + ty * kTile + tx;
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) {
    *reinterpret_cast<float4*>(to + i * kTile) = {sum[i][0], sum[i][1], sum[i][2], sum[i][3]};
  }
  __syncthreads();
}

// Element `at` of the tile, row by row, once multiply_tile has returned.
template <int kTile>
__device__ float sum_at(const float* memory, int at) {
  float sum = memory[at];
#pragma unroll
  for (int g = 1; g < TileShape<kTile>::kGroups; ++g) sum += memory[g * kTile * kTile + at];
  return sum;
}

// body(row, column, sum) for each element of the tile, columns side by side.
template <int kTile, typename Body>
__device__ void each_sum(const float* memory, const Body& body) {
  for (int at = static_cast<int>(threadIdx.x); at < kTile * kTile; at += static_cast<int>(kThreads)) {
    body(static_cast<uint32_t>(at / kTile), static_cast<uint32_t>(at % kTile), sum_at<kTile>(memory, at));
  }
}

}  // namespace cuda
}  // namespace boreal
