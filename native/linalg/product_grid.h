// How one product is cut into tasks: a grid of blocks of C, each a product of its own that packs what it
// needs. No two tasks share anything, so there is nothing to wait for; the cost is that a block's share of A
// and B is packed once for each block beside it.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/cancel.h"
#include "base/thread_pool.h"

namespace boreal {

struct ProductShape {
  size_t m, n, k;
  size_t tile_rows, tile_cols;
  bool b_packed;  // packing B costs nothing
};

struct ProductGrid {
  size_t rows, cols;  // of a block: whole tiles where there are several
  size_t down, across;
};

// max_threads 0: all of the pool. Work that can be cancelled is cut so that a task takes well under a second.
ProductGrid split_product(const ProductShape& shape, size_t max_threads, bool can_be_cancelled);

// body(i, rows, j, cols) for each block of C, on the pool where there are several.
template <typename Body>
void for_each_block(const ProductShape& shape, size_t max_threads, const CancelToken* cancel,
                    const Body& body) {
  check_cancel(cancel);
  // Asked before the pool, which the first call would have to create.
  const ProductGrid grid = split_product(shape, max_threads, cancel != nullptr);
  const auto run = [&](size_t task, size_t) {
    check_cancel(cancel);
    const size_t i = task / grid.across * grid.rows, j = task % grid.across * grid.cols;
    body(i, std::min(grid.rows, shape.m - i), j, std::min(grid.cols, shape.n - j));
  };
  const size_t tasks = grid.down * grid.across;
  if (tasks == 1) return body(0, shape.m, 0, shape.n);
  ThreadPool::instance().parallel_for(tasks, run, max_threads);
}

}  // namespace boreal
