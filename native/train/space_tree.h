// Points of 1 to 3 dimensions in a binary, quad- or octree, for sums over far points by their centres of mass
// (Barnes and Hut, 1986, "A hierarchical O(N log N) force-calculation algorithm").
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace boreal {

// What acts on a point: centres and how many points each stands for, one array for each dimension.
template <size_t D>
struct Attractors {
  std::array<std::vector<float>, D> at;
  std::vector<float> count;
  void clear() {
    for (std::vector<float>& values : at) values.clear();
    count.clear();
  }
  void add(const std::array<float, D>& point, float many) {
    for (size_t d = 0; d < D; ++d) at[d].push_back(point[d]);
    count.push_back(many);
  }
};

template <size_t D>
class SpaceTree {
 public:
  using Point = std::array<float, D>;
  // Points that lie close together, which are asked for at once: positions [begin, end) of order().
  struct Group {
    size_t begin, end;
    Point low, high;  // the box around them
  };

  // points [n, D] finite, n >= 1. Built anew for each set of points; memory is kept.
  void build(const float* points, size_t n) {
    n_ = n;
    Point low, high;
    for (size_t d = 0; d < D; ++d) low[d] = high[d] = points[d];
    for (size_t i = 1; i < n; ++i) {
      for (size_t d = 0; d < D; ++d) {
        low[d] = std::min(low[d], points[i * D + d]);
        high[d] = std::max(high[d], points[i * D + d]);
      }
    }
    float width = 0;
    for (size_t d = 0; d < D; ++d) width = std::max(width, high[d] - low[d]);
    // Points that are all but one have one cell.
    const float scale = width > 1e-30f ? static_cast<float>(kCells) / width : 0;
    keys_.resize(n);
    order_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      std::array<uint32_t, D> cell;
      for (size_t d = 0; d < D; ++d) {
        cell[d] = static_cast<uint32_t>(
            std::min((points[i * D + d] - low[d]) * scale, static_cast<float>(kCells - 1)));
      }
      keys_[i] = interleave(cell);
      order_[i] = static_cast<int32_t>(i);
    }
    sort();
    sorted_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      const float* const from = points + static_cast<size_t>(order_[i]) * D;
      std::copy(from, from + D, sorted_[i].begin());
    }
    nodes_.clear();
    groups_.clear();
    split(0, n, kLevels, width, false);
  }

  const std::vector<int32_t>& order() const { return order_; }  // points by cell
  const std::vector<Point>& sorted() const { return sorted_; }  // the points in that order
  const std::vector<Group>& groups() const { return groups_; }

  // All points, the group's own too, as seen from the group: a cell counts as one where its width is below
  // angle times its distance from the box of the group.
  void attractors(const Group& group, float angle, Attractors<D>& found) const {
    found.clear();
    for (size_t at = 0; at < nodes_.size();) {
      const Node& node = nodes_[at];
      float square = 0;
      for (size_t d = 0; d < D; ++d) {
        const float gap = std::max({group.low[d] - node.centre[d], node.centre[d] - group.high[d], 0.0f});
        square += gap * gap;
      }
      if (node.width * node.width < angle * angle * square) {
        found.add(node.centre, static_cast<float>(node.end - node.begin));
        at = node.after;
      } else {
        if (node.end - node.begin > kLeaf && node.leaf) {  // points too close to be told apart
          found.add(node.centre, static_cast<float>(node.end - node.begin));
        } else if (node.leaf) {
          for (size_t i = node.begin; i < node.end; ++i) found.add(sorted_[i], 1);
        }
        ++at;  // the first child, or what comes after a leaf
      }
    }
  }

 private:
  static constexpr size_t kLevels = D == 1 ? 24 : D == 2 ? 16 : 10;
  static constexpr uint32_t kCells = uint32_t{1} << kLevels;  // along each dimension
  static constexpr size_t kLeaf = 4, kGroup = 32;

  struct Node {
    size_t begin, end, after;  // `after`: the next node that is not within this one
    Point centre;
    float width;
    bool leaf;
  };

  static uint32_t interleave(const std::array<uint32_t, D>& cell) {
    if (D == 1) return cell[0];
    uint32_t key = 0;
    for (size_t level = kLevels; level-- > 0;) {
      for (size_t d = 0; d < D; ++d) key = key << 1 | (cell[d] >> level & 1);
    }
    return key;
  }

  // By key, equal keys in the order of points: a radix sort.
  void sort() {
    constexpr size_t kBits = 11, kBuckets = size_t{1} << kBits;
    other_keys_.resize(n_);
    other_order_.resize(n_);
    for (size_t shift = 0; shift < D * kLevels; shift += kBits) {
      std::array<size_t, kBuckets> starts{};
      for (const uint32_t key : keys_) ++starts[key >> shift & (kBuckets - 1)];
      size_t start = 0;
      for (size_t& bucket : starts) {
        const size_t count = bucket;
        bucket = start;
        start += count;
      }
      for (size_t i = 0; i < n_; ++i) {
        const size_t to = starts[keys_[i] >> shift & (kBuckets - 1)]++;
        other_keys_[to] = keys_[i];
        other_order_[to] = order_[i];
      }
      keys_.swap(other_keys_);
      order_.swap(other_order_);
    }
  }

  // The node of sorted points [begin, end), which share the key above `level`; returns their sum.
  std::array<double, D> split(size_t begin, size_t end, size_t level, float width, bool in_group) {
    const size_t self = nodes_.size();
    const bool leaf = end - begin <= kLeaf || level == 0;
    nodes_.push_back({begin, end, 0, {}, width, leaf});
    if (!in_group && (end - begin <= kGroup || leaf)) {
      in_group = true;
      add_groups(begin, end);
    }
    std::array<double, D> sum{};
    if (leaf) {
      for (size_t i = begin; i < end; ++i) {
        for (size_t d = 0; d < D; ++d) sum[d] += static_cast<double>(sorted_[i][d]);
      }
    } else {
      const size_t shift = (level - 1) * D;
      for (size_t from = begin; from < end;) {
        const uint32_t digit = keys_[from] >> shift;
        size_t to = from + 1;
        while (to < end && keys_[to] >> shift == digit) ++to;
        const std::array<double, D> part = split(from, to, level - 1, width / 2, in_group);
        for (size_t d = 0; d < D; ++d) sum[d] += part[d];
        from = to;
      }
    }
    for (size_t d = 0; d < D; ++d) {
      nodes_[self].centre[d] = static_cast<float>(sum[d] / static_cast<double>(end - begin));
    }
    nodes_[self].after = nodes_.size();
    return sum;
  }

  // More than one where points in one cell are many.
  void add_groups(size_t begin, size_t end) {
    for (size_t from = begin; from < end; from += kGroup) {
      Group group{from, std::min(end, from + kGroup), sorted_[from], sorted_[from]};
      for (size_t i = from; i < group.end; ++i) {
        for (size_t d = 0; d < D; ++d) {
          group.low[d] = std::min(group.low[d], sorted_[i][d]);
          group.high[d] = std::max(group.high[d], sorted_[i][d]);
        }
      }
      groups_.push_back(group);
    }
  }

  size_t n_ = 0;
  std::vector<uint32_t> keys_, other_keys_;
  std::vector<int32_t> order_, other_order_;
  std::vector<Point> sorted_;
  std::vector<Node> nodes_;
  std::vector<Group> groups_;
};

}  // namespace boreal
