// Ranks of distances: neighbors/metric.h says what they are. And votes of the neighbours of a row, as
// plan/op.h has them.
#pragma once

#include "cuda/math.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {

struct RankScale {
  int metric;  // NeighborMetric
  double p;

  __device__ float to_distance(float rank) const {
    switch (metric) {
      case BOREAL_CUDA_EUCLIDEAN:
        return sqrtf(rank);
      case BOREAL_CUDA_MINKOWSKI:
        return static_cast<float>(pow(static_cast<double>(rank), 1 / p));
      case BOREAL_CUDA_COSINE:
        return rank / 2 > 2 ? 2.0f : rank / 2;
      default:
        return rank;
    }
  }
};

// One column of the result of a row, from its neighbours one after another, in float64.
struct VoteCall {
  int vote;  // NeighborVote
  bool by_distance;
  RankScale scale;
  int points, outputs;
  const int* classes;
  const double* values;
};
struct VoteState {
  double sum, total, exact;  // exact: 1 once a neighbour at distance 0 was met, which then count alone

  __device__ void add(const VoteCall& call, float rank, int point, int output) {
    double weight = 1;
    if (call.by_distance) {
      const float distance = call.scale.to_distance(rank);
      if (distance == 0 && exact == 0) {
        sum = total = 0;
        exact = 1;
      }
      weight = exact == 0 ? 1 / static_cast<double>(distance) : distance == 0 ? 1 : 0;
    }
    total += weight;
    if (call.vote == BOREAL_CUDA_VOTE_CLASSES) {
      if (call.classes[point] == output) sum += weight;
    } else if (weight != 0) {
      sum += weight * call.values[static_cast<size_t>(point) * call.outputs + output];
    }
  }
  __device__ float result(const VoteCall& call) const {
    return call.vote == BOREAL_CUDA_VOTE_CLASSES && total == 0 ? 0.0f : static_cast<float>(sum / total);
  }
};

inline VoteCall vote_of(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  return {step.n[1],
          step.n[2] != 0,
          {step.n[3], step.x[0]},
          step.n[4],
          static_cast<int>(step.out_width),
          call.constant<int>(0),
          call.constant<double>(1)};
}

}  // namespace cuda
}  // namespace boreal
