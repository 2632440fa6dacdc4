// A network that is trained on a GPU: its rows lie there from one epoch to the next, parameters and the
// optimizer's state go there and come back with each. Steps, mini-batches and random numbers are the CPU's;
// sums run in another order, which is the same in every run. The last layers, as far as they are narrow, are
// one kernel.
#pragma once

#include "device/cuda_library.h"
#include "device/cuda_training_api.h"
#include "train/network.h"

namespace boreal {

// What an epoch is to do, step by step; see NetworkRun::begin_batch.
struct CudaNetworkWork {
  std::vector<int32_t> order;
  std::vector<float> factors;  // of each row, in that order
  std::vector<BorealCudaTrainStep> steps;
  std::vector<uint64_t> keys;
  std::vector<double> divisors, weights;  // of each step
};

// kApart: each layer has its kernels, however narrow it is.
enum class CudaStep { kTogether, kApart };

class CudaNetwork {
 public:
  // Copies the rows, which every epoch takes from then on. Throws ERR_NOT_SUPPORTED for layers without a
  // kernel, ERR_OUT_OF_MEMORY, ERR_EMPTY, ERR_PARAMETER for a loss that does not fit.
  CudaNetwork(const Network& network, const NetworkData& data, const NetworkObjective& objective,
              CudaTarget target, CudaStep step = CudaStep::kTogether);
  ~CudaNetwork();
  CudaNetwork(const CudaNetwork&) = delete;
  CudaNetwork& operator=(const CudaNetwork&) = delete;
  // How many layers, the last ones, one kernel takes through a step.
  size_t together() const;

 private:
  friend class Network;
  // As Network::train. Of the data it reads the weights.
  EpochResult train(Network& network, const NetworkData& data, const NetworkObjective& objective,
                    const TrainingOptions& options, const CancelToken* cancel,
                    const Network::OnStep& on_step);

  CudaNetworkWork plan(const Network& network, const NetworkData& data, const NetworkObjective& objective,
                       const TrainingOptions& options) const;

  const CudaLibrary& library_;
  BorealCudaNetwork* handle_ = nullptr;
  const size_t rows_, batch_, metrics_;
};

}  // namespace boreal
