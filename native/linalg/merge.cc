#include "linalg/merge.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace boreal {
namespace {

constexpr size_t kRowsPerCopy = 64;

// to[i] = from[rows[i]] for columns c0..c1.
void gather_rows(ConstDense from, const size_t* rows, size_t count, size_t c0, size_t c1, Dense to,
                 const RunOptions& run) {
  if (c0 == c1) return;
  const Partition parts{count, kRowsPerCopy};
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t part, size_t) {
        for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
          std::memcpy(to.row(i) + c0, from.row(rows[i]) + c0, (c1 - c0) * sizeof(double));
        }
      },
      worth_threads(8 * static_cast<double>(count) * static_cast<double>(c1 - c0), run));
}

}  // namespace

void Merge::group() {
  std::vector<size_t> by_group(kept_.size());
  std::iota(by_group.begin(), by_group.end(), size_t{0});
  const auto rank = [&](size_t j) {
    const uint8_t s = support[kept_[j]];
    return s == kLeft ? 0 : s == kAll ? 1 : 2;
  };
  std::stable_sort(by_group.begin(), by_group.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
  position_.resize(kept_.size());
  for (size_t p = 0; p < by_group.size(); ++p) {
    const size_t j = by_group[p];
    position_[j] = p;
    grouped_.push_back(kept_[j]);
    left_ += rank(j) == 0;
    all_ += rank(j) == 1;
  }
}

void Merge::combine(ConstDense s, const std::vector<size_t>& order, Dense vectors, size_t split, Dense gather,
                    Dense out, const RunOptions& run) const {
  const size_t k = kept(), width = vectors.cols;
  const ConstDense old = as_const(vectors);
  gather_rows(old, grouped_.data(), left_ + all_, 0, split, gather, run);
  gather_rows(old, grouped_.data() + left_, k - left_, split, width, gather, run);
  multiply(1, Form::kAsIs, block(s, 0, k, 0, left_ + all_), Form::kAsIs,
           as_const(block(gather, 0, left_ + all_, 0, split)), 0, block(out, 0, k, 0, split), run);
  multiply(1, Form::kAsIs, block(s, 0, k, left_, k), Form::kAsIs,
           as_const(block(gather, 0, k - left_, split, width)), 0, block(out, 0, k, split, width), run);
  gather_rows(old, deflated_.data(), deflated_.size(), 0, width,
              block(out, k, k + deflated_.size(), 0, width), run);
  gather_rows(as_const(out), order.data(), order.size(), 0, width, vectors, run);
}

std::vector<size_t> Merge::sorted_order(const std::vector<double>& root, double* values) const {
  const size_t k = kept();
  const auto value = [&](size_t i) { return i < k ? root[i] : d[deflated_[i - k]]; };
  std::vector<size_t> order(k + deflated_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return value(a) < value(b); });
  for (size_t i = 0; i < order.size(); ++i) values[i] = value(order[i]);
  return order;
}

}  // namespace boreal
