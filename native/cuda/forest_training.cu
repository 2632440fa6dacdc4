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

template <auto kMethod>
constexpr auto call = method<&BorealCudaForest::growth, kMethod>;

}  // namespace

const BorealCudaForestTraining kForestTraining = {create,
                                                  destroy,
                                                  call<&ForestGrowth::start>,
                                                  call<&ForestGrowth::search>,
                                                  call<&ForestGrowth::split>,
                                                  call<&ForestGrowth::rows>};

}  // namespace cuda
}  // namespace boreal
