// The place of a row in a layout of UMAP: a thread walks a row, by the steps of neighbors/umap_walk.h, in
// float64. Threads of a warp go their own ways: the floor is the arithmetic of the longest walk among 32.
#include "cuda/launch.cuh"
#include "cuda/metric.cuh"
#include "cuda/step.cuh"
#include "neighbors/umap_walk.h"

namespace boreal {
namespace cuda {
namespace {

struct WalkCall {
  const float* lists;     // [rows, 2 neighbors]
  unsigned char* memory;  // [rows, memory_bytes]
  size_t memory_bytes;
  float* y;
  uint32_t rows;
  int neighbors;
  RankScale scale;
  const BorealCudaPlacing* placing;
  UmapPoints points;
};

__device__ void move(const UmapForces& forces, const UmapStep& step, double alpha, double* y, size_t dims) {
  double square = 0;
  for (size_t d = 0; d < dims; ++d) square += (y[d] - step.other[d]) * (y[d] - step.other[d]);
  if (!(square > 0)) return;
  // Beyond these, powers would overflow.
  const double widest = exp2(1000 / forces.b), most = widest < 1e300 ? widest : 1e300, least = 1 / most;
  const double base = square < least ? least : square > most ? most : square;
  const double power = quick_power(base, forces.b);
  const double constant = step.push ? 2 * forces.repulsion * forces.b : 0;
  const double slope = step.push ? 0 : -2 * forces.a * forces.b;
  const double soft = step.push ? 0.001 : 0;
  const double force = (constant + slope * power) / ((soft + square) * (forces.a * power + 1));
  for (size_t d = 0; d < dims; ++d) {
    const double way = force * (y[d] - step.other[d]);
    y[d] += alpha * (way < -4 ? -4.0 : way > 4 ? 4.0 : way);
  }
}

__global__ void walk_kernel(WalkCall call) {
  const BorealCudaPlacing p = *call.placing;
  const UmapPlacement how{{p.a, p.b, p.repulsion, p.negatives},
                          p.epochs,
                          p.learning_rate,
                          p.local_connectivity,
                          p.mean_distance,
                          p.seed};
  const size_t dims = call.points.dims, count = static_cast<size_t>(call.neighbors);
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    const float* const ranks = call.lists + row * 2 * count;
    const int* const indices = reinterpret_cast<const int*>(ranks + count);
    double* const y = reinterpret_cast<double*>(call.memory + row * call.memory_bytes);
    double* const shares = y + dims;
    for (size_t c = 0; c < count; ++c) shares[c] = static_cast<double>(call.scale.to_distance(ranks[c]));
    start_row(how, call.points, indices, count, shares, y);
    UmapSteps source({indices, shares, count}, how.forces.negatives, UmapSteps::kNobody, false,
                     Rng(how.seed));
    UmapStep steps[UmapSteps::kRoom];
    for (size_t epoch = 0; epoch < how.epochs; ++epoch) {
      const double alpha = umap_step(how.learning_rate, epoch, how.epochs);
      source.begin(epoch);
      for (size_t found = source.fill(call.points, steps); found > 0;
           found = source.fill(call.points, steps)) {
        for (size_t s = 0; s < found; ++s) move(how.forces, steps[s], alpha, y, dims);
      }
    }
    for (size_t d = 0; d < dims; ++d) call.y[row * dims + d] = static_cast<float>(y[d]);
  }
}

}  // namespace

void run_place_row(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const size_t dims = step.out_width, count = static_cast<size_t>(step.n[0]);
  const WalkCall walk{call.in(0),
                      static_cast<unsigned char*>(call.buffers[step.in[1]]),
                      (dims + count) * sizeof(double),
                      call.out(),
                      call.rows,
                      step.n[0],
                      {step.n[3], step.x[0]},
                      call.constant<BorealCudaPlacing>(0),
                      {call.constant<double>(1), static_cast<size_t>(step.n[4]), dims}};
  launch(walk_kernel, grid_of(call.rows, 64), 64, 0, call.stream, walk);
}

}  // namespace cuda
}  // namespace boreal
