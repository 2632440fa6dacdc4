#include "train/hist_bins.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "plan/op.h"
#include "train/number_sort.h"

namespace boreal {
namespace {

// The rows that thresholds are taken from: all, or one of each of kSampleRows equal slices.
std::vector<uint32_t> sample_rows(size_t rows, uint64_t seed) {
  const size_t count = std::min(rows, BinMapper::kSampleRows);
  std::vector<uint32_t> sample(count);
  Rng rng(seed, 0x62696e73);
  const double width = static_cast<double>(rows) / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) {
    const double at = count == rows ? 0.0 : rng.uniform();
    const double row = (static_cast<double>(i) + at) * width;
    sample[i] = static_cast<uint32_t>(std::min(rows - 1, static_cast<size_t>(row)));
  }
  return sample;
}

// Numbers by their keys, alone or with weights.
struct Plain {
  uint64_t key;
  double value() const { return number_of(key); }
  static constexpr double weight = 1;
};
struct Weighted {
  uint64_t key;
  double weight;
  double value() const { return number_of(key); }
};

// numbers: sorted. The quantiles k / bins by the inverse of the weighted distribution function, averaged
// where it is flat (Hyndman and Fan, 1996, definition 2).
template <typename Number>
std::vector<double> quantile_cuts(const std::vector<Number>& numbers, uint32_t bins) {
  double total = 0;
  for (const Number& number : numbers) total += number.weight;
  std::vector<double> cuts;
  double sum = 0;
  size_t i = 0;
  for (uint32_t k = 1; k < bins; ++k) {
    const double target = total * k / bins;
    while (i + 1 < numbers.size() && sum + numbers[i].weight < target) sum += numbers[i++].weight;
    const bool flat = sum + numbers[i].weight == target && i + 1 < numbers.size();
    const double value = numbers[i].value();
    cuts.push_back(flat ? 0.5 * value + 0.5 * numbers[i + 1].value() : value);
  }
  return cuts;
}

template <typename Number>
std::vector<double> number_cuts(std::vector<Number> numbers, uint32_t max_bins) {
  sort_numbers(numbers);
  std::vector<double> distinct;
  for (const Number& number : numbers) {
    const double value = number.value();
    if (!distinct.empty() && distinct.back() == value) continue;
    if (distinct.size() > max_bins) break;
    distinct.push_back(value);
  }
  std::vector<double> cuts;
  if (distinct.size() > max_bins) {
    cuts = quantile_cuts(numbers, max_bins);
  } else {
    for (size_t i = 1; i < distinct.size(); ++i) cuts.push_back(0.5 * distinct[i - 1] + 0.5 * distinct[i]);
  }
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

// Rows of X read where categories are: a bit for each.
template <typename T>
std::vector<double> category_cuts(MatrixView<const T> x, size_t column, uint32_t max_bins) {
  std::vector<bool> seen(static_cast<size_t>(BinMapper::kMaxCategory) + 1);
  for (size_t i = 0; i < x.rows; ++i) {
    const double value = static_cast<double>(x.at(i, column));
    if (!(value >= 0)) continue;
    if (value > BinMapper::kMaxCategory || value != std::floor(value)) {
      throw Error("ERR_DTYPE", "A category must be a whole number from 0 to 65,535, or missing.",
                  static_cast<int64_t>(i), static_cast<int64_t>(column));
    }
    seen[static_cast<size_t>(value)] = true;
  }
  std::vector<double> cuts;
  for (size_t c = 0; c < seen.size(); ++c) {
    if (seen[c]) cuts.push_back(static_cast<double>(c));
  }
  if (cuts.size() > max_bins) {
    throw Error("ERR_PARAMETER",
                "Column " + std::to_string(column) + " has " + std::to_string(cuts.size()) +
                    " categories; maxBins allows " + std::to_string(max_bins) + ".",
                -1, static_cast<int64_t>(column));
  }
  return cuts;
}

size_t padded_stride(size_t cols) {
  if (cols >= kCacheLine) return (cols + kCacheLine - 1) / kCacheLine * kCacheLine;
  size_t stride = 1;
  while (stride < cols) stride *= 2;
  return stride;
}

}  // namespace

double BinMapper::Column::read(double value) const {
  return near_zero && std::fabs(value) <= kNearZero ? 0.0 : value;
}

bool BinMapper::Column::bin(double* values, size_t count, uint8_t* to) const {
  if (!categorical) {
    for (size_t i = 0; i < count; ++i) values[i] = read(values[i]);
  }
  const RankFeature<double> feature{ranks_.data(), 1, false};
  const auto missing = static_cast<uint8_t>(bins);
  if (kernels().forest.rank_f64(&feature, values, 1, count, 0, to, 0)) {
    for (size_t i = 0; i < count; ++i) to[i] = std::isnan(values[i]) ? missing : to[i];
  }
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    if (categorical && to[i] < bins && cuts[to[i]] != values[i]) to[i] = missing;
    any |= to[i] == missing;
  }
  return any;
}

void BinMapper::Column::set_cuts(std::vector<double> sorted) {
  cuts = std::move(sorted);
  bins = static_cast<uint32_t>(cuts.size()) + (categorical ? 0 : 1);
  ranks_.fill(std::numeric_limits<double>::infinity());
  std::copy(cuts.begin(), cuts.end(), ranks_.begin() + kSegmentGroup);
  for (size_t g = 0; g < kSegmentGroup; ++g) ranks_[g] = ranks_[(g + 2) * kSegmentGroup - 1];
}

template <typename T>
BinMapper::BinMapper(MatrixView<const T> x, Span<double> weights, Span<uint8_t> categorical,
                     const BinOptions& options, const CancelToken* cancel)
    : columns_(x.cols) {
  const std::vector<uint32_t> sample = sample_rows(x.rows, options.seed);
  ThreadPool::instance().parallel_for(
      x.cols,
      [&](size_t j, size_t) {
        check_cancel(cancel);
        Column& column = columns_[j];
        column.near_zero = options.near_zero;
        column.categorical = categorical.size != 0 && categorical[j] != 0;
        if (column.categorical) {
          column.set_cuts(category_cuts(x, j, options.max_bins));
          return;
        }
        const auto read = [&](uint32_t row) { return column.read(static_cast<double>(x.at(row, j))); };
        if (weights.size == 0) {
          std::vector<Plain> numbers;
          numbers.reserve(sample.size());
          for (uint32_t row : sample) {
            const double value = read(row);
            if (!std::isnan(value)) numbers.push_back({order_key(value)});
          }
          column.set_cuts(number_cuts(std::move(numbers), options.max_bins));
          return;
        }
        std::vector<Weighted> numbers;
        numbers.reserve(sample.size());
        for (uint32_t row : sample) {
          const double value = read(row);
          if (!std::isnan(value) && weights[row] > 0) numbers.push_back({order_key(value), weights[row]});
        }
        column.set_cuts(number_cuts(std::move(numbers), options.max_bins));
      },
      options.max_threads);
  size_t most = 0;
  for (const Column& column : columns_) most = std::max<size_t>(most, column.bins + 1);
  slots_ = (most + 7) / 8 * 8;
  // Bins of neighbouring columns must not lie a whole page apart: their loads and stores would seem to alias.
  if (slots_ % 128 == 0) slots_ += 8;
}

template <typename T>
BinnedMatrix::BinnedMatrix(const BinMapper& mapper, MatrixView<const T> x, size_t max_threads,
                           const CancelToken* cancel)
    : rows_(x.rows),
      cols_(x.cols),
      stride_(padded_stride(x.cols)),
      by_row_(rows_ * stride_),
      by_column_(rows_ * cols_),
      has_missing_(x.cols) {
  constexpr size_t kBlock = 1024;
  const size_t blocks = (rows_ + kBlock - 1) / kBlock;
  std::vector<std::vector<uint8_t>> missing(ThreadPool::instance().size(), std::vector<uint8_t>(cols_));
  ThreadPool::instance().parallel_for(
      blocks,
      [&](size_t block, size_t slot) {
        check_cancel(cancel);
        const size_t begin = block * kBlock, end = std::min(rows_, begin + kBlock);
        std::array<double, kBlock> values;
        std::fill(by_row_.data() + begin * stride_, by_row_.data() + end * stride_, uint8_t{0});
        for (size_t j = 0; j < cols_; ++j) {
          const BinMapper::Column& column = mapper.column(j);
          uint8_t* const to = by_column_.data() + j * rows_ + begin;
          for (size_t i = begin; i < end; ++i) values[i - begin] = static_cast<double>(x.at(i, j));
          if (column.bin(values.data(), end - begin, to)) missing[slot][j] = 1;
          for (size_t i = begin; i < end; ++i) by_row_[i * stride_ + j] = to[i - begin];
        }
      },
      max_threads);
  for (const std::vector<uint8_t>& part : missing) {
    for (size_t j = 0; j < cols_; ++j) has_missing_[j] |= part[j];
  }
}

#define BOREAL_BINS(T)                                                                               \
  template BinMapper::BinMapper(MatrixView<const T>, Span<double>, Span<uint8_t>, const BinOptions&, \
                                const CancelToken*);                                                 \
  template BinnedMatrix::BinnedMatrix(const BinMapper&, MatrixView<const T>, size_t, const CancelToken*);
BOREAL_BINS(float)
BOREAL_BINS(double)
#undef BOREAL_BINS

}  // namespace boreal
