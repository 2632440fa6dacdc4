// How the convolution of some images is shared out.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/thread_pool.h"
#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

// Parts to cut each image into, so that threads of the pool have a few tasks each; 1 where the images are
// enough, or the products (all together) are not worth a second thread.
inline size_t conv_parts(double products, size_t images, const RunOptions& options) {
  constexpr double kWorthThread = 1e6;  // some 15 us, what it takes to wake one
  constexpr size_t kTasksPerThread = 4;
  const double worth = products / kWorthThread;
  if (options.max_threads == 1 || worth < 2) return 1;
  size_t threads = ThreadPool::instance().size();
  if (options.max_threads != 0) threads = std::min(threads, options.max_threads);
  threads = static_cast<size_t>(std::min(static_cast<double>(threads), worth));
  const size_t each = std::clamp<size_t>(static_cast<size_t>(worth) / threads, 1, kTasksPerThread);
  return threads == 1 ? 1 : (threads * each + images - 1) / images;
}

}  // namespace nn
}  // namespace boreal
