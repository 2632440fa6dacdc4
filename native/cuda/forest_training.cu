// The table of functions that grows forests.
#include "cuda/forest_growth.cuh"
#include "cuda/guard.cuh"

// The handle of the C interface.
struct BorealCudaForest {
  boreal::cuda::ForestGrowth growth;
};

namespace boreal {
namespace cuda {
namespace {

int create(int32_t device, const BorealCudaForestData* data, BorealCudaForest** forest,
           BorealCudaError* error) {
  return guarded(error, [&] { *forest = new BorealCudaForest{{device, *data}}; });
}
void destroy(BorealCudaForest* forest) {
  if (forest == nullptr) return;
  forest->growth.leave();
  delete forest;
}
int start(BorealCudaForest* forest, uint32_t tree, const uint32_t* rows, uint32_t count,
          const uint32_t* weights, BorealCudaError* error) {
  return guarded(error, [&] { forest->growth.start(tree, rows, count, weights); });
}
int search(BorealCudaForest* forest, const BorealCudaForestNode* nodes, uint32_t count,
           BorealCudaForestFound* found, uint64_t* left, BorealCudaError* error) {
  return guarded(error, [&] { forest->growth.search(nodes, count, found, left); });
}
int split(BorealCudaForest* forest, const BorealCudaForestSplit* splits, uint32_t count,
          BorealCudaError* error) {
  return guarded(error, [&] { forest->growth.split(splits, count); });
}
int rows(BorealCudaForest* forest, uint32_t tree, uint32_t side, uint32_t* rows, BorealCudaError* error) {
  return guarded(error, [&] { forest->growth.rows(tree, side, rows); });
}

}  // namespace

const BorealCudaForestTraining kForestTraining = {create, destroy, start, search, split, rows};

}  // namespace cuda
}  // namespace boreal
