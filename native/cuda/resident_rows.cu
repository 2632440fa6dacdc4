#include <algorithm>

#include "cuda/launch.cuh"
#include "cuda/partials.cuh"
#include "cuda/resident_rows.cuh"

namespace boreal {
namespace cuda {
namespace {

// Rows that are added up in float32, before float64 takes their sum: rounding stays that of a short chain.
constexpr uint32_t kRange = 128;
constexpr uint64_t kMostSplits = 4096;

}  // namespace

ResidentRows::ResidentRows(int device, uint64_t rows, uint32_t cols)
    : device_((use_device(device), device)), rows_(rows), cols_(cols), x_(rows * cols * sizeof(float)) {}

ResidentRows::~ResidentRows() {
  cudaSetDevice(device_);  // it may be lost by now; its memory is gone then
}

template <typename T>
T* ResidentRows::grown(DeviceMemory* memory, uint64_t count) {
  if (memory->bytes() < count * sizeof(T)) {
    *memory = DeviceMemory();  // first: there may not be room for both
    *memory = DeviceMemory(count * sizeof(T));
  }
  return reinterpret_cast<T*>(memory->data());
}

void ResidentRows::put(uint64_t first, uint64_t count, const float* values) {
  use_device(device_);
  stream_.upload(x_.as<float>() + first * cols_, values, count * cols_);
  wait();
}

void ResidentRows::weigh(const double* weights) {
  use_device(device_);
  stream_.upload(grown<double>(&weights_, rows_), weights, rows_);
  wait();
}

void ResidentRows::cross(const float* b, uint32_t n, bool symmetric, double* out) {
  const uint64_t count = uint64_t{cols_} * n;
  const uint64_t ranges = (rows_ + kRange - 1) / kRange;
  const uint64_t fitting = std::max<uint64_t>(kPartialBytes / (count * sizeof(float)), 1);
  const uint64_t most = std::min({ranges, fitting, kMostSplits});
  float* const partial = grown<float>(&partial_, most * count);
  double* const result = grown<double>(&result_, count);
  check(cudaMemsetAsync(result, 0, count * sizeof(double), stream_), "clearing memory");
  CrossCall call{x_.as<const float>(), b, rows_, cols_, n, 0, kRange, symmetric, partial};
  for (uint64_t done = 0; done < ranges; done += most) {
    const auto splits = static_cast<uint32_t>(std::min(most, ranges - done));
    call.first = done * kRange;
    run_cross(call, splits, stream_);
    // What lies below the diagonal of a symmetric product is memory that nobody wrote, and that nobody reads.
    join_partials(partial, splits, count, true, result, stream_);
  }
  stream_.download(out, result, count);
  wait();
}

void ResidentRows::gram(double* out) {
  use_device(device_);
  cross(x_.as<const float>(), cols_, true, out);
  for (size_t i = 0; i < cols_; ++i) {
    for (size_t j = 0; j < i; ++j) out[i * cols_ + j] = out[j * cols_ + i];
  }
}

void ResidentRows::transposed_times(const float* b, uint32_t n, double* out) {
  use_device(device_);
  float* const operand = grown<float>(&operand_, rows_ * n);
  stream_.upload(operand, b, rows_ * n);
  cross(operand, n, false, out);
}

void ResidentRows::times(const float* b, uint32_t n, float* out) {
  use_device(device_);
  float* const operand = grown<float>(&operand_, uint64_t{cols_} * n);
  float* const result = grown<float>(&result_, rows_ * n);
  stream_.upload(operand, b, uint64_t{cols_} * n);
  run_times({x_.as<const float>(), operand, rows_, cols_, n, result}, stream_);
  stream_.download(out, result, rows_ * n);
  wait();
}

void ResidentRows::assign(const float* centres, uint32_t clusters, bool fresh, double* sums, int32_t* moved) {
  use_device(device_);
  fresh = fresh || labels_.bytes() == 0;
  auto* const labels = grown<int32_t>(&labels_, rows_);
  if (fresh) check(cudaMemsetAsync(labels, 0xff, rows_ * sizeof(int32_t), stream_), "clearing memory");
  auto* const distances = grown<float>(&distances_, rows_);
  const auto* const x = x_.as<const float>();
  float* const operand = grown<float>(&operand_, uint64_t{clusters} * cols_);
  auto* const flag = grown<int32_t>(&moved_, 1);
  stream_.upload(operand, centres, uint64_t{clusters} * cols_);
  check(cudaMemsetAsync(flag, 0, sizeof(int32_t), stream_), "clearing memory");
  run_assign({x, operand, rows_, cols_, clusters, labels, distances, flag}, stream_);
  if (sums != nullptr) add_clusters(clusters, sums);
  stream_.download(moved, flag, 1);
  wait();
}

// The sums of the clusters that `assign` has just found.
void ResidentRows::add_clusters(uint32_t clusters, double* sums) {
  const uint64_t count = uint64_t{clusters} * (uint64_t{cols_} + 1);
  ClusterSumsCall call{};
  call.x = x_.as<const float>();
  call.labels = labels_.as<const int32_t>();
  call.weights = weights_.bytes() == 0 ? nullptr : weights_.as<const double>();
  call.rows = rows_;
  call.cols = cols_;
  call.clusters = clusters;
  plan_cluster_sums(&call);
  call.partial = grown<double>(&partial_, call.parts * count);
  call.sums = grown<double>(&result_, count);
  run_cluster_sums(call, stream_);
  stream_.download(sums, call.sums, count);
}

void ResidentRows::labels(int32_t* labels, float* distances) {
  use_device(device_);
  stream_.download(labels, labels_.as<const int32_t>(), rows_);
  stream_.download(distances, distances_.as<const float>(), rows_);
  wait();
}

}  // namespace cuda
}  // namespace boreal
