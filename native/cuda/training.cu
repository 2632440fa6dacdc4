#include "cuda/guard.cuh"
#include "cuda/network.cuh"
#include "cuda/resident_rows.cuh"
#include "cuda/training.cuh"

// The handles of the C interface.
struct BorealCudaNetwork {
  boreal::cuda::TrainedNetwork network;
};
struct BorealCudaRows {
  boreal::cuda::ResidentRows rows;
};

namespace boreal {
namespace cuda {
namespace {

int network_create(int32_t device, const BorealCudaNetworkSpec* spec, BorealCudaNetwork** network,
                   BorealCudaError* error) {
  return guarded(error, [&] { *network = new BorealCudaNetwork{{device, *spec}}; });
}

void network_destroy(BorealCudaNetwork* network) { delete network; }

uint32_t network_together(const BorealCudaNetwork* network) {
  return static_cast<uint32_t>(network->network.together());
}

int rows_create(int32_t device, uint64_t rows, uint32_t cols, BorealCudaRows** handle,
                BorealCudaError* error) {
  return guarded(error, [&] { *handle = new BorealCudaRows{{device, rows, cols}}; });
}

void rows_destroy(BorealCudaRows* rows) { delete rows; }

int rows_assign(BorealCudaRows* rows, const float* centres, uint32_t clusters, int32_t fresh, double* sums,
                int32_t* moved, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.assign(centres, clusters, fresh != 0, sums, moved); });
}

template <auto kMethod>
constexpr auto of_rows = method<&BorealCudaRows::rows, kMethod>;

}  // namespace

const BorealCudaTraining kTraining = {network_create,
                                      network_destroy,
                                      method<&BorealCudaNetwork::network, &TrainedNetwork::train>,
                                      network_together,
                                      rows_create,
                                      rows_destroy,
                                      of_rows<&ResidentRows::put>,
                                      of_rows<&ResidentRows::gram>,
                                      of_rows<&ResidentRows::times>,
                                      of_rows<&ResidentRows::transposed_times>,
                                      of_rows<&ResidentRows::weigh>,
                                      rows_assign,
                                      of_rows<&ResidentRows::labels>};

}  // namespace cuda
}  // namespace boreal
