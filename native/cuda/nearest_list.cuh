// The nearest points that a warp has met so far, sorted: of equal ranks the one that came first is nearer.
// All lanes hold the same list and call its functions together.
#pragma once

#include "cuda/rows.cuh"

namespace boreal {
namespace cuda {

template <typename R>
struct NearestList {
  R* ranks;  // [most], in memory that all lanes of the warp see
  int* indices;
  int most, size;

  __device__ bool wants(R rank) const { return size < most || rank < ranks[most - 1]; }

  __device__ void insert(R rank, int index) {
    if (!wants(rank)) return;
    int first = 0, last = size;  // its place: before the first that is farther
    while (first < last) {
      const int middle = first + (last - first) / 2;
      if (ranks[middle] <= rank) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    const int lane = static_cast<int>(threadIdx.x % kWarp), moved = size < most ? size : most - 1;
    // Those behind it move up by one, the last ones first; a block of them is read before it is written.
    for (int end = moved; end > first; end -= kWarp) {
      const int from = end - 1 - lane;
      const bool moves = from >= first;
      const R other = moves ? ranks[from] : rank;
      const int its = moves ? indices[from] : index;
      __syncwarp();
      if (moves) {
        ranks[from + 1] = other;
        indices[from + 1] = its;
      }
      __syncwarp();
    }
    __syncwarp();  // all have found the place
    if (lane == 0) {
      ranks[first] = rank;
      indices[first] = index;
    }
    if (size < most) ++size;
    __syncwarp();
  }

  // Points `index + lane` of this warp, each at its rank where `is_point`.
  __device__ void insert_lanes(R rank, bool is_point, int index) {
    unsigned wanted = __ballot_sync(kAllLanes, is_point && wants(rank));
    while (wanted != 0) {
      const int lane = __ffs(static_cast<int>(wanted)) - 1;
      wanted &= wanted - 1;
      insert(__shfl_sync(kAllLanes, rank, lane), index + lane);
    }
  }
};

}  // namespace cuda
}  // namespace boreal
