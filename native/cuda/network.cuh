// A network on the device, with the rows that it learns from. Only one thread may use it at a time.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "cuda/memory.cuh"
#include "cuda/network_tail.cuh"
#include "cuda/stream.cuh"

namespace boreal {
namespace cuda {

class TrainedNetwork {
 public:
  // Copies the rows.
  TrainedNetwork(int device, const BorealCudaNetworkSpec& spec);
  ~TrainedNetwork();
  TrainedNetwork(const TrainedNetwork&) = delete;
  TrainedNetwork& operator=(const TrainedNetwork&) = delete;

  // Throws Failure, or Aborted after it has written what the steps so far have made.
  void train(BorealCudaEpoch* epoch);
  // Layers of the tail.
  size_t together() const { return tail_.layers.size(); }

 private:
  using Layer = BorealCudaTrainedLayer;
  // Of the optimizer, as far as a recorded step depends on it.
  struct Rules {
    int32_t update = 0, epsilon_in_root = 0, states = 0;
    float epsilon = 0;
    double clip_norm = 0, clip_global_norm = 0, clip_value = 0;
    bool operator==(const Rules& other) const;
  };

  template <typename T>
  T* take(size_t count);
  template <typename T>
  T* take_copy(const T* from, size_t count);

  void place_layers();
  void place_parameters();
  void place_values();
  bool learns(size_t layer) const;
  bool is_elementwise(size_t layer) const;
  BatchRows rows_into(size_t layer) const;
  const float* derivative_at(size_t layer) const;

  void enqueue_step();
  // Returns the edge that the gradient has reached.
  size_t enqueue_tail();
  // Layer i and, where that is taken along, the next; returns the layer after.
  size_t enqueue_forward(size_t layer);
  // Returns the layer whose values the gradient has reached.
  size_t enqueue_backward(size_t layer);
  void run_steps(BorealCudaEpoch* epoch);

  const int device_;
  std::vector<Layer> layers_;
  std::vector<uint64_t> offsets_;   // of each layer's parameters
  std::vector<uint32_t> dropouts_;  // which of the dropouts a layer is
  uint32_t batch_ = 0, dropout_count_ = 0;
  uint64_t rows_ = 0, parameters_ = 0, most_steps_ = 0;
  size_t lowest_ = 0;  // layers before this one have nothing to learn
  int multiprocessors_ = 1;
  TailPlan tail_;

  std::vector<DeviceMemory> memory_;
  const float* x_ = nullptr;
  std::vector<float*> values_, gradients_;  // of each edge; 0: the input, gathered, where it has to be
  std::vector<GradientCall> products_;      // of dense layers that learn
  LossCall loss_{};
  FinishCall finish_{};
  UpdateCall update_{};
  TailCall tail_call_{};
  Clock clock_{};
  BorealCudaTrainStep* steps_ = nullptr;
  int32_t* order_ = nullptr;
  float* factors_ = nullptr;
  uint64_t* keys_ = nullptr;
  float* states_[3] = {nullptr, nullptr, nullptr};

  Rules rules_;
  Recording step_;  // by these rules
  Stream stream_;
};

}  // namespace cuda
}  // namespace boreal
