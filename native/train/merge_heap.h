// What is still to be merged along the edges of a graph, without the memory of all that ever was.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "train/agglomerative.h"

namespace boreal {

// Appends; a full list drops its dead first, and grows only where more than half of it lives.
template <typename T, typename Dead>
void append_alive(std::vector<T>* list, const T& value, const Dead& dead) {
  if (list->size() == list->capacity()) {
    list->erase(std::remove_if(list->begin(), list->end(), dead), list->end());
    if (2 * list->size() > list->capacity()) list->reserve(2 * list->capacity());
  }
  list->push_back(value);
}

// Which of equally near edges comes first depends on how the heap sifts: dead edges stay as long as they may.
struct Nearer {
  static constexpr size_t kKept = size_t{1} << 24;
  bool operator()(const MergeEdge& x, const MergeEdge& y) const { return x.distance < y.distance; }
};
// No two are equal, so that the edges alone decide.
struct NearerThenOlder {
  static constexpr size_t kKept = 1 << 10;
  bool operator()(const MergeEdge& x, const MergeEdge& y) const {
    return std::tie(x.distance, x.a, x.b) < std::tie(y.distance, y.a, y.b);
  }
};

// A binary heap with the least on top, which sifts as Python's heapq does.
template <typename Less>
class MergeHeap {
 public:
  explicit MergeHeap(std::vector<MergeEdge> edges)
      : edges_(std::move(edges)), most_(std::max(Less::kKept, 2 * edges_.size())) {
    order();
  }
  size_t size() const { return edges_.size(); }

  // dead(edge): it will not be asked for. Such edges go when the heap is full; it grows where over half
  // lives.
  template <typename Dead>
  void push(const MergeEdge& edge, const Dead& dead) {
    if (edges_.size() == most_) {
      edges_.erase(std::remove_if(edges_.begin(), edges_.end(), dead), edges_.end());
      order();
      most_ = std::max(most_, 2 * edges_.size());
    }
    edges_.push_back(edge);
    rise(edges_.size() - 1, 0);
  }

  MergeEdge pop() {
    const MergeEdge top = edges_.front();
    edges_.front() = edges_.back();
    edges_.pop_back();
    if (!edges_.empty()) sink(0);
    return top;
  }

 private:
  void order() {
    for (size_t at = edges_.size() / 2; at-- > 0;) sink(at);
  }

  void rise(size_t at, size_t top) {
    const MergeEdge edge = edges_[at];
    while (at > top && Less()(edge, edges_[(at - 1) / 2])) {
      edges_[at] = edges_[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    edges_[at] = edge;
  }

  // Down to a leaf, then up.
  void sink(size_t at) {
    const size_t top = at;
    const MergeEdge edge = edges_[at];
    for (size_t child = 2 * at + 1; child < edges_.size(); child = 2 * at + 1) {
      if (child + 1 < edges_.size() && !Less()(edges_[child], edges_[child + 1])) ++child;
      edges_[at] = edges_[child];
      at = child;
    }
    edges_[at] = edge;
    rise(at, top);
  }

  std::vector<MergeEdge> edges_;
  size_t most_;
};

}  // namespace boreal
