#include "linalg/team.h"

#include <thread>

#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr uint64_t kField = 20, kMask = (uint64_t{1} << kField) - 1;
constexpr int kSpins = 2000;  // some 50 microseconds; a thread that waits longer lets others run

class Spin {
 public:
  void operator()() {
    if (count_ == kSpins) {
      std::this_thread::yield();
      return;
    }
    ++count_;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
    __asm__ volatile("yield");
#endif
  }
  void reset() { count_ = 0; }

 private:
  int count_ = 0;
};

}  // namespace

void Team::run(size_t max_threads, const std::function<void(Team&)>& drive) {
  ThreadPool& pool = ThreadPool::instance();
  const size_t threads = max_threads == 0 || max_threads > pool.size() ? pool.size() : max_threads;
  Team team(threads == 1);
  pool.parallel_for(
      threads,
      [&](size_t task, size_t) {
        if (task != 0) {
          team.stand_by();
          return;
        }
        struct Dismiss {
          Team& team;
          ~Dismiss() { team.over_.store(true, std::memory_order_release); }
        } dismiss{team};
        drive(team);
      },
      threads);
}

void Team::each(size_t pieces, const Piece& body) {
  if (alone_ || pieces <= 1) {
    for (size_t piece = 0; piece < pieces; ++piece) body(piece);
    return;
  }
  body_ = &body;
  finished_.store(0, std::memory_order_relaxed);
  const uint64_t number = (step_.load(std::memory_order_relaxed) >> (2 * kField)) + 1;
  step_.store((number << (2 * kField)) | (static_cast<uint64_t>(pieces) << kField),
              std::memory_order_release);
  while (take_piece()) {
  }
  Spin spin;
  while (finished_.load(std::memory_order_acquire) != pieces) spin();
  if (failed_.load(std::memory_order_relaxed)) {
    failed_.store(false, std::memory_order_relaxed);
    std::rethrow_exception(error_);
  }
}

// False when the current step has no piece left.
bool Team::take_piece() {
  uint64_t step = step_.load(std::memory_order_acquire);
  do {
    if ((step & kMask) >= ((step >> kField) & kMask)) return false;
  } while (!step_.compare_exchange_weak(step, step + 1, std::memory_order_acquire));
  // The step cannot end before this piece does, so body_ stays.
  try {
    (*body_)(static_cast<size_t>(step & kMask));
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
  finished_.fetch_add(1, std::memory_order_release);
  return true;
}

void Team::stand_by() {
  Spin spin;
  while (!over_.load(std::memory_order_acquire)) {
    if (take_piece()) {
      spin.reset();
    } else {
      spin();
    }
  }
}

}  // namespace boreal
