#include "train/svm_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/dispatch.h"
#include "linalg/gemm_workspace.h"

namespace boreal {
namespace {

struct KernelBlocks;    // owns the workspace of products
struct SparseProducts;  // of sparse rows

constexpr size_t kBlock = 1024;  // values that stay in the first-level cache between the steps

}  // namespace

KernelColumns::KernelColumns(const SvmKernel& kernel, const SvmRows& x, std::vector<int32_t> rows)
    : kernel_(kernel), x_(x), rows_(std::move(rows)) {
  if (kernel.precomputed) return;
  if (x.is_sparse) {
    products_ = CsrProducts(x.sparse, rows_);
  } else {
    pack();
  }
}

void KernelColumns::pack() {
  const DistanceKernels<double>& distance = distance_kernels<double>(kernels());
  const GemmKernels<double>& gemm = gemm_kernels<double>(kernels());
  const bool is_distance = kernel_.function == KernelFunction::kRbf;
  granule_ = is_distance ? distance.lanes : gemm.tile_cols;
  const size_t n = rows_.size(), d = x_.cols, panels = (n + granule_ - 1) / granule_;
  packed_ = AlignedBuffer<double>(panels * granule_ * d);
  AlignedBuffer<double> gathered(granule_ * d);
  for (size_t begin = 0; begin < n; begin += granule_) {
    const size_t count = std::min(granule_, n - begin);
    for (size_t i = 0; i < count; ++i) std::copy_n(x_.dense.row(row(begin + i)), d, gathered.data() + i * d);
    double* const panel = packed_.data() + begin * d;
    if (is_distance) {
      distance.pack(gathered.data(), d, count, d, panel);
    } else {
      gemm.pack(gathered.data(), 1, d, d, count, panel);
    }
  }
}

KernelColumns KernelColumns::some(const std::vector<int32_t>& columns) const {
  std::vector<int32_t> rows;
  for (const int32_t column : columns) rows.push_back(rows_[static_cast<size_t>(column)]);
  return {kernel_, x_, std::move(rows)};
}

void KernelColumns::block(const double* query, size_t begin, size_t count, double* out) const {
  const size_t d = x_.cols;
  if (kernel_.function == KernelFunction::kRbf) {
    distance_kernels<double>(kernels()).distances(Metric::kSquaredEuclidean, query, d,
                                                  packed_.data() + begin * d, out, count, 1, count, d);
  } else {
    GemmTask<double> task;
    task.m = 1;
    task.n = count;
    task.k = d;
    task.a = query;
    task.a_row = d;
    task.a_col = 1;
    task.b = packed_.data() + begin * d;
    task.b_row = 0;
    task.b_col = 1;
    task.b_packed = true;
    task.c = out;
    task.c_row = count;
    task.alpha = 1;
    task.beta = 0;
    task.bias = nullptr;
    task.activation = Unary::kIdentity;
    task.activate = elementwise_kernels<double>(kernels()).unary;
    const GemmKernels<double>& gemm = gemm_kernels<double>(kernels());
    const GemmWorkspace<KernelBlocks, double> workspace(gemm.workspace(task));
    gemm.multiply(task, workspace.data());
  }
  apply_kernel(kernel_, elementwise_kernels<double>(kernels()), out, count, 1, count);
}

Error svm_overflow() {
  return {"ERR_PARAMETER", "Values of the kernel overflow: scale the columns, or choose a smaller gamma."};
}

void KernelColumns::fill(size_t query, size_t begin, size_t end, float* out) const {
  if (kernel_.precomputed) return fill_given(query, begin, end, out);
  if (x_.is_sparse) return fill_sparse(query, begin, end, out);
  fill_dense(query, begin, end, out);
}

void KernelColumns::fill_given(size_t query, size_t begin, size_t end, float* out) const {
  const double* const values = x_.dense.row(query);
  bool fits = true;
  for (size_t j = begin; j < end; ++j) {
    const double value = values[row(j)];
    fits = fits && std::fabs(value) <= std::numeric_limits<float>::max();
    out[j - begin] = static_cast<float>(value);
  }
  if (!fits) throw svm_overflow();
}

void KernelColumns::fill_sparse(size_t query, size_t begin, size_t end, float* out) const {
  const size_t count = end - begin;
  const GemmWorkspace<SparseProducts, double> workspace(count);
  double* const values = workspace.data();
  products_.fill(x_.sparse, query, begin, end, values);
  if (kernel_.function == KernelFunction::kRbf) {
    for (size_t j = 0; j < count; ++j)
      values[j] = squared_distance_of(values[j], x_.squares[row(begin + j)], x_.squares[query]);
  }
  for (size_t j = 0; j < count; j += kBlock) {
    const size_t some = std::min(kBlock, count - j);
    apply_kernel(kernel_, elementwise_kernels<double>(kernels()), values + j, some, 1, some);
    kernels().convert.to_f32(values + j, some, out + j, some, 1, some);
  }
}

void KernelColumns::fill_dense(size_t query, size_t begin, size_t end, float* out) const {
  const double* const values = x_.dense.row(query);
  alignas(kCacheLine) double buffer[kBlock];
  const size_t step = kBlock / granule_ * granule_;
  for (size_t j = begin; j < end; j += step) {
    const size_t count = std::min(step, end - j);
    block(values, j, count, buffer);
    kernels().convert.to_f32(buffer, count, out + (j - begin), count, 1, count);
  }
}

double KernelColumns::diagonal(size_t i) const {
  if (kernel_.precomputed) return x_.dense.at(row(i), row(i));
  if (kernel_.function == KernelFunction::kRbf) return 1;
  double value = 0;
  if (x_.is_sparse) {
    value = x_.squares[row(i)];
  } else {
    const double* const x = x_.dense.row(row(i));
    value = kernels().vectors.dot(x, x, x_.cols);
  }
  apply_kernel(kernel_, elementwise_kernels<double>(kernels()), &value, 1, 1, 1);
  return value;
}

KernelRowCache::KernelRowCache(size_t columns, size_t bytes) : size_(columns), bytes_(bytes) {
  // Two rows are needed at a time.
  capacity_ =
      std::clamp(bytes / (sizeof(float) * std::max<size_t>(1, size_)), size_t{2}, std::max<size_t>(2, size_));
  slot_of_row_.assign(size_, kNone);
}

void KernelRowCache::unlink(size_t slot) {
  const int32_t before = before_[slot], after = after_[slot];
  (before == kNone ? newest_ : after_[static_cast<size_t>(before)]) = after;
  (after == kNone ? oldest_ : before_[static_cast<size_t>(after)]) = before;
}

void KernelRowCache::push_front(size_t slot) {
  before_[slot] = kNone;
  after_[slot] = newest_;
  (newest_ == kNone ? oldest_ : before_[static_cast<size_t>(newest_)]) = static_cast<int32_t>(slot);
  newest_ = static_cast<int32_t>(slot);
}

void KernelRowCache::keep(const std::vector<size_t>& kept) {
  KernelRowCache next(kept.size(), bytes_);
  std::vector<int32_t> place(size_, kNone);
  for (size_t k = 0; k < kept.size(); ++k) place[kept[k]] = static_cast<int32_t>(k);
  for (int32_t slot = oldest_; slot != kNone; slot = before_[static_cast<size_t>(slot)]) {
    AlignedBuffer<float>& from = slots_[static_cast<size_t>(slot)];
    const int32_t row = place[static_cast<size_t>(row_of_slot_[static_cast<size_t>(slot)])];
    if (row != kNone) {
      float* const to = next.row(static_cast<size_t>(row)).values;
      for (size_t k = 0; k < kept.size(); ++k) to[k] = from[kept[k]];
    }
    from = {};
  }
  *this = std::move(next);
}

KernelRowCache::Entry KernelRowCache::row(size_t i) {
  const int32_t known = slot_of_row_[i];
  if (known != kNone) {
    unlink(static_cast<size_t>(known));
    push_front(static_cast<size_t>(known));
    return {slots_[static_cast<size_t>(known)].data(), true};
  }
  size_t slot = slots_.size();
  if (slot < capacity_) {
    slots_.emplace_back(size_);
    row_of_slot_.push_back(kNone);
    before_.push_back(kNone);
    after_.push_back(kNone);
  } else {
    slot = static_cast<size_t>(oldest_);
    unlink(slot);
    slot_of_row_[static_cast<size_t>(row_of_slot_[slot])] = kNone;
  }
  slot_of_row_[i] = static_cast<int32_t>(slot);
  row_of_slot_[slot] = static_cast<int32_t>(i);
  push_front(slot);
  return {slots_[slot].data(), false};
}

}  // namespace boreal
