// Cooperative cancellation. One token may be shared by a job, its tasks and the JavaScript side;
// long loops call check() every few milliseconds of work.
#pragma once

#include <atomic>

#include "base/error.h"

namespace boreal {

class CancelToken {
 public:
  void cancel() noexcept { flag_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return flag_.load(std::memory_order_relaxed); }
  // Throws ERR_ABORTED once cancel() was called.
  void check() const {
    if (cancelled()) throw Error("ERR_ABORTED", "The operation was aborted.");
  }

 private:
  std::atomic<bool> flag_{false};
};

// The same for a token that may be null.
inline void check_cancel(const CancelToken* cancel) {
  if (cancel != nullptr) cancel->check();
}

}  // namespace boreal
