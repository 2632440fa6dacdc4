#include "linalg/product_grid.h"

#include <limits>

namespace boreal {
namespace {

// Multiplications below which a thread does not pay for being woken.
constexpr double kWorthThread = 500e3;
// Those of the longest task between two looks at a cancel token: some 50 ms.
constexpr double kLongestTask = 2e9;
// Packing one value costs as much as so many multiplications.
constexpr double kPackCost = 8;

size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

}  // namespace

ProductGrid split_product(const ProductShape& s, size_t max_threads, bool can_be_cancelled) {
  const double m = static_cast<double>(s.m), n = static_cast<double>(s.n), k = static_cast<double>(s.k);
  const double work = m * n * k;
  size_t threads = 1;
  if (max_threads != 1 && work >= 2 * kWorthThread) {
    threads = ThreadPool::instance().size();
    if (max_threads != 0) threads = std::min(threads, max_threads);
    threads = static_cast<size_t>(std::min(static_cast<double>(threads), work / kWorthThread));
  }
  size_t least = threads;
  if (can_be_cancelled) least = std::max(least, static_cast<size_t>(work / kLongestTask));
  if (least <= 1) return {s.m, s.n, 1, 1};

  // The grid with the least to do on the busiest thread, and then some for the wait at the end: threads that
  // other work slows down are helped by more and smaller tasks.
  ProductGrid best{s.m, s.n, 1, 1};
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t wanted = least; wanted <= 4 * least; wanted *= 2) {
    for (size_t down = 1; down <= wanted; ++down) {
      const size_t across = divide_up(wanted, down);
      ProductGrid grid;
      grid.rows = divide_up(divide_up(s.m, s.tile_rows), down) * s.tile_rows;
      grid.cols = divide_up(divide_up(s.n, s.tile_cols), across) * s.tile_cols;
      grid.down = divide_up(s.m, grid.rows);
      grid.across = divide_up(s.n, grid.cols);
      const double rows = static_cast<double>(grid.rows), cols = static_cast<double>(grid.cols);
      const double task = k * (rows * cols + kPackCost * (rows + (s.b_packed ? 0 : cols)));
      const double cost = task * (0.1 + static_cast<double>(divide_up(grid.down * grid.across, threads)));
      if (cost < lowest) {
        lowest = cost;
        best = grid;
      }
    }
  }
  return best;
}

}  // namespace boreal
