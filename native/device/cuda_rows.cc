#include "device/cuda_rows.h"

#include <algorithm>

#include "base/error.h"

namespace boreal {
namespace {

constexpr size_t kPutValues = size_t{1} << 20;  // that are made ready and copied at once

// What the kernels count in 32 bits.
constexpr size_t kMostRows = (size_t{1} << 31) - 1;

void check_extent(size_t size, size_t most) {
  if (size > most) throw Error("ERR_SHAPE", "X is too large for a GPU.");
}

}  // namespace

template <typename T>
CudaRows::CudaRows(CudaTarget target, MatrixView<const T> x, Span<double> mean, const CancelToken* cancel)
    : library_(*target.library), rows_(x.rows), cols_(x.cols) {
  if (x.rows == 0 || x.cols == 0) throw Error("ERR_EMPTY", "X has no values.");
  check_extent(x.rows, kMostRows);
  check_extent(x.cols, BOREAL_CUDA_MOST_COLUMNS);
  BorealCudaError error{};
  CudaLibrary::check(
      api().rows_create(target.device, x.rows, static_cast<uint32_t>(x.cols), &handle_, &error), error);
  const size_t step = std::max<size_t>(kPutValues / x.cols, 1);
  std::vector<float> block(std::min(step, x.rows) * x.cols);
  try {
    for (size_t first = 0; first < x.rows; first += step) {
      check_cancel(cancel);
      const size_t count = std::min(step, x.rows - first);
      for (size_t i = 0; i < count; ++i) {
        const T* const row = x.row(first + i);
        float* const to = block.data() + i * x.cols;
        for (size_t j = 0; j < x.cols; ++j) {
          to[j] = static_cast<float>(mean.size == 0 ? row[j] : static_cast<double>(row[j]) - mean[j]);
        }
      }
      CudaLibrary::check(api().rows_put(handle_, first, count, block.data(), &error), error);
    }
  } catch (...) {
    api().rows_destroy(handle_);
    throw;
  }
}

CudaRows::~CudaRows() { api().rows_destroy(handle_); }

std::vector<double> CudaRows::gram() const {
  std::vector<double> out(cols_ * cols_);
  BorealCudaError error{};
  CudaLibrary::check(api().rows_gram(handle_, out.data(), &error), error);
  return out;
}

std::vector<double> CudaRows::times(Span<double> b, size_t n) const {
  check_extent(n, BOREAL_CUDA_MOST_COLUMNS);
  const std::vector<float> narrow(b.begin(), b.end());
  std::vector<float> out(rows_ * n);
  BorealCudaError error{};
  CudaLibrary::check(api().rows_times(handle_, narrow.data(), static_cast<uint32_t>(n), out.data(), &error),
                     error);
  return {out.begin(), out.end()};
}

std::vector<double> CudaRows::transposed_times(Span<double> b, size_t n) const {
  check_extent(n, BOREAL_CUDA_MOST_COLUMNS);
  const std::vector<float> narrow(b.begin(), b.end());
  std::vector<double> out(cols_ * n);
  BorealCudaError error{};
  CudaLibrary::check(
      api().rows_transposed_times(handle_, narrow.data(), static_cast<uint32_t>(n), out.data(), &error),
      error);
  return out;
}

void CudaRows::weigh(Span<double> weights) const {
  BorealCudaError error{};
  CudaLibrary::check(api().rows_weigh(handle_, weights.data, &error), error);
}

bool CudaRows::assign(const std::vector<double>& centres, size_t clusters, bool fresh,
                      std::vector<double>* sums) const {
  check_extent(clusters, kMostRows);
  const std::vector<float> narrow(centres.begin(), centres.end());
  if (sums != nullptr) sums->resize(clusters * (cols_ + 1));
  int32_t moved = 0;
  BorealCudaError error{};
  CudaLibrary::check(api().rows_assign(handle_, narrow.data(), static_cast<uint32_t>(clusters), fresh,
                                       sums == nullptr ? nullptr : sums->data(), &moved, &error),
                     error);
  return moved != 0;
}

void CudaRows::labels(int32_t* labels, float* distances) const {
  BorealCudaError error{};
  CudaLibrary::check(api().rows_labels(handle_, labels, distances, &error), error);
}

template CudaRows::CudaRows(CudaTarget, MatrixView<const float>, Span<double>, const CancelToken*);
template CudaRows::CudaRows(CudaTarget, MatrixView<const double>, Span<double>, const CancelToken*);

}  // namespace boreal
