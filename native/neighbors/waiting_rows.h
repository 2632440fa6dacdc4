// Candidates for the nearest rows by an upper bound of each one's distance: the exact one is computed for
// those that are left when all rows were seen, which are hardly more than are wanted, and not for all that
// were among the nearest so far. The memory is the caller's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

class WaitingRows {
 public:
  // Of more, so many rows of a tile are candidates that nothing is gained.
  static constexpr size_t kMostWanted = 128;

  static size_t bytes(size_t rows, size_t wanted, size_t most_added) {
    return rows * (sizeof(State) + (full_size(wanted) + most_added) * sizeof(Item));
  }
  // memory [bytes(rows, wanted, most_added)]. At most so many are added to a row between two calls of full().
  WaitingRows(unsigned char* memory, size_t rows, size_t wanted, size_t most_added)
      : wanted_(wanted),
        full_(full_size(wanted)),
        stride_(full_ + most_added),
        states_(reinterpret_cast<State*>(memory)),
        items_(reinterpret_cast<Item*>(states_ + rows)) {
    std::fill_n(states_, rows, State{});
  }

  // Squares of distances from which on row i wants none.
  double reach(size_t i) const { return states_[i].reach; }
  void set_reach(size_t i, double reach) { states_[i].reach = reach; }

  // upper: of the square of the distance.
  void add(size_t i, float upper, int32_t row) { items(i)[states_[i].size++] = {upper, row}; }

  bool full(size_t i) const { return states_[i].size >= full_; }
  // After beat(): there is no room for as many again.
  bool crowded(size_t i) const { return states_[i].size > full_ - full_ / 4; }
  bool exceeds_wanted(size_t i) const { return states_[i].size > wanted_ + 1; }

  // An upper bound of the squares of `wanted` of the rows, and of one more, which may be left out; of more
  // rows than that.
  double enough(size_t i) {
    Item* const first = items(i);
    std::nth_element(first, first + wanted_, first + states_[i].size,
                     [](const Item& a, const Item& b) { return a.upper < b.upper; });
    return static_cast<double>(first[wanted_].upper);
  }
  // Forgets those whose lower bound is at `reach` or beyond. width_of(row): between its bounds.
  template <typename WidthOf>
  void beat(size_t i, double reach, WidthOf width_of) {
    Item* const first = items(i);
    Item* const last = first + states_[i].size;
    const auto beaten = [&](const Item& item) {
      return static_cast<double>(item.upper) >= reach + width_of(static_cast<size_t>(item.row));
    };
    states_[i] = {reach, static_cast<size_t>(std::remove_if(first, last, beaten) - first)};
  }
  // Moves at most `most` of the rows to `found`, and returns how many.
  size_t take(size_t i, size_t most, int32_t* found) {
    const size_t count = std::min(most, states_[i].size);
    states_[i].size -= count;
    const Item* const from = items(i) + states_[i].size;
    for (size_t c = 0; c < count; ++c) found[c] = from[c].row;
    return count;
  }

 private:
  struct State {
    double reach = std::numeric_limits<double>::infinity();
    size_t size = 0;
  };
  struct Item {
    float upper;
    int32_t row;
  };

  static size_t full_size(size_t wanted) { return 2 * (wanted + 1) + 64; }
  Item* items(size_t i) { return items_ + i * stride_; }

  const size_t wanted_, full_, stride_;
  State* const states_;
  Item* const items_;
};

}  // namespace boreal
