// Whether a chain of short steps is better done by a team of threads or alone. The same code is faster the
// one way or the other by what the machine does beside it: on a virtual one a thread that is awaited may not
// run at all, and a cache line takes a sixfold time from core to core. So some steps of each kind are timed,
// now and again, and the others go the faster way. Only where results don't depend on it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

namespace boreal {

class Pace {
 public:
  bool alone() const { return alone_; }
  void begin_step() { start_ = Clock::now(); }
  void end_step() {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const size_t place = step_++ % kRound;
    if (place == 0) together_ = by_oneself_ = std::numeric_limits<double>::infinity();
    if (place < kTrial) together_ = std::min(together_, seconds);
    if (place >= kTrial && place < 2 * kTrial) by_oneself_ = std::min(by_oneself_, seconds);
    const size_t next = step_ % kRound;
    if (next < 2 * kTrial) {
      alone_ = next >= kTrial;
    } else {
      alone_ = by_oneself_ < together_;
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kTrial = 4, kRound = 256;  // 3 % of the steps may go the slower way
  Clock::time_point start_;
  size_t step_ = 0;
  double together_ = 0, by_oneself_ = 0;
  bool alone_ = false;
};

}  // namespace boreal
