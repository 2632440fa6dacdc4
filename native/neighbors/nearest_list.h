// The k nearest rows found so far, in memory of the caller. Of equal distances the row with the lower index
// is nearer, whatever the order in which rows are found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

template <typename T>
struct Neighbor {
  T rank;  // of the distance, see neighbors/metric.h
  int32_t index;

  bool before(const Neighbor& other) const {
    return rank < other.rank || (rank == other.rank && index < other.index);
  }
};

template <typename T>
bool nearer(const Neighbor<T>& a, const Neighbor<T>& b) {
  return a.before(b);
}

template <typename T>
class NearestList {
 public:
  NearestList() = default;
  // items [k]; the row numbered `left_out` is never added.
  NearestList(Neighbor<T>* items, size_t k, int32_t left_out)
      : items_(items), k_(k), left_out_(left_out), inserts_(k <= kInserted) {}

  // Rows with a rank beyond this are of no use.
  T worst() const { return worst_; }
  size_t k() const { return k_; }
  // So many rows are certain to hold the k nearest that are not left out.
  size_t candidates() const { return left_out_ < 0 ? k_ : k_ + 1; }

  void add(T rank, int32_t index) {
    if (!(rank <= worst_) || index == left_out_) return;
    const Neighbor<T> found{rank, index};
    if (size_ == k_) {
      if (!found.before(items_[inserts_ ? k_ - 1 : 0])) return;
      if (!inserts_) {
        std::pop_heap(items_, items_ + size_, nearer<T>);
        items_[size_ - 1] = found;
        std::push_heap(items_, items_ + size_, nearer<T>);
      }
    } else {
      ++size_;
      if (!inserts_) {
        items_[size_ - 1] = found;
        std::push_heap(items_, items_ + size_, nearer<T>);
      }
    }
    if (inserts_) {
      size_t i = size_ - 1;
      for (; i > 0 && found.before(items_[i - 1]); --i) items_[i] = items_[i - 1];
      items_[i] = found;
    }
    if (size_ == k_) worst_ = items_[inserts_ ? k_ - 1 : 0].rank;
  }

  // Sorts, nearest first, and returns how many were found.
  size_t sort() {
    if (!inserts_) std::sort_heap(items_, items_ + size_, nearer<T>);
    return size_;
  }

  // Sorts, nearest first. n >= k rows were searched: where their distances overflowed, those with the lowest
  // indices make up the number.
  void finish(size_t n) {
    const size_t finite = sort();
    for (size_t index = 0; size_ < k_ && index < n; ++index) {
      const int32_t i = static_cast<int32_t>(index);
      const auto is_i = [i](const Neighbor<T>& item) { return item.index == i; };
      if (i == left_out_ || std::any_of(items_, items_ + finite, is_i)) continue;
      items_[size_++] = {std::numeric_limits<T>::infinity(), i};
    }
  }

 private:
  static constexpr size_t kInserted = 128;  // largest k of a sorted list; a heap beyond

  Neighbor<T>* items_ = nullptr;
  size_t k_ = 0, size_ = 0;
  int32_t left_out_ = -1;
  bool inserts_ = true;
  T worst_ = std::numeric_limits<T>::infinity();
};

}  // namespace boreal
