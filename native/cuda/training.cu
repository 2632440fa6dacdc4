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

int network_epoch(BorealCudaNetwork* network, BorealCudaEpoch* epoch, BorealCudaError* error) {
  return guarded(error, [&] { network->network.train(epoch); });
}

uint32_t network_together(const BorealCudaNetwork* network) {
  return static_cast<uint32_t>(network->network.together());
}

int rows_create(int32_t device, uint64_t rows, uint32_t cols, BorealCudaRows** handle,
                BorealCudaError* error) {
  return guarded(error, [&] { *handle = new BorealCudaRows{{device, rows, cols}}; });
}

void rows_destroy(BorealCudaRows* rows) { delete rows; }

int rows_put(BorealCudaRows* rows, uint64_t first, uint64_t count, const float* values,
             BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.put(first, count, values); });
}

int rows_gram(BorealCudaRows* rows, double* out, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.gram(out); });
}

int rows_times(BorealCudaRows* rows, const float* b, uint32_t n, float* out, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.times(b, n, out); });
}

int rows_transposed_times(BorealCudaRows* rows, const float* b, uint32_t n, double* out,
                          BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.transposed_times(b, n, out); });
}

int rows_weigh(BorealCudaRows* rows, const double* weights, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.weigh(weights); });
}

int rows_assign(BorealCudaRows* rows, const float* centres, uint32_t clusters, int32_t fresh, double* sums,
                int32_t* moved, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.assign(centres, clusters, fresh != 0, sums, moved); });
}

int rows_labels(BorealCudaRows* rows, int32_t* labels, float* distances, BorealCudaError* error) {
  return guarded(error, [&] { rows->rows.labels(labels, distances); });
}

}  // namespace

const BorealCudaTraining kTraining = {network_create, network_destroy,       network_epoch, network_together,
                                      rows_create,    rows_destroy,          rows_put,      rows_gram,
                                      rows_times,     rows_transposed_times, rows_weigh,    rows_assign,
                                      rows_labels};

}  // namespace cuda
}  // namespace boreal
