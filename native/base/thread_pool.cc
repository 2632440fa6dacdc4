// A crew is size threads plus one: the ordinary ones first help running parallel_for calls, so that work
// begun is finished early, then take whole jobs. The extra one takes whole jobs only: a short job (the
// statistics of a scaler, a small batch) starts at once although a long one holds all the others. One mutex
// per crew is enough: it is taken a few times per parallel_for, never per task.
#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cpu_features.h"
#include "base/error.h"
#include "base/thread_setup.h"

namespace boreal {
namespace {

using Body = std::function<void(size_t, size_t)>;

// One parallel_for call, on its caller's stack.
struct Loop {
  const Body& body;
  const size_t tasks;
  const size_t helpers_wanted;
  std::atomic<size_t> next{0};    // first task that nobody has taken
  std::atomic<size_t> active{0};  // helpers at work; changed under the crew's mutex, spun on by the caller
  size_t helpers = 0;             // that have joined so far; under the crew's mutex
  std::exception_ptr error{};     // the first; under the crew's mutex

  bool open() const { return helpers < helpers_wanted && next.load(std::memory_order_relaxed) < tasks; }

  // Takes tasks until none is left; an exception leaves none.
  std::exception_ptr work(size_t slot) noexcept {
    try {
      for (size_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) body(task, slot);
    } catch (...) {
      next.store(tasks, std::memory_order_relaxed);
      return std::current_exception();
    }
    return nullptr;
  }
};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  __asm__ volatile("yield");
#else
  std::this_thread::yield();
#endif
}

// Waits for what is likely to come within microseconds, awake: to sleep and to be woken costs a thread 50 us
// and more on a virtual machine. A wait in vain costs no more than that either.
template <typename Condition>
void spin_until(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    for (int i = 0; i < 16; ++i) relax();
  }
}

class Crew {
 public:
  Crew(size_t size, Lane lane) : size_(size), lane_(lane) { threads_.reserve(size + 1); }
  ~Crew() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wake_worker_.notify_all();
    wake_express_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  bool is_current() const { return current_ == this; }

  void parallel_for(Loop& loop) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      start_threads();
      loops_.push_back(&loop);
      const size_t awake = std::min(loop.helpers_wanted, spinning_);
      spinning_ -= awake;
      claimed_ += awake;
      news_.fetch_add(1, std::memory_order_relaxed);
      for (size_t i = std::min(loop.helpers_wanted - awake, idle_workers_); i > 0; --i)
        wake_worker_.notify_one();
    }
    const std::exception_ptr error = loop.work(0);
    // A helper is usually within its last task when the caller runs out of tasks.
    spin_until([&] { return loop.active.load(std::memory_order_relaxed) == 0; });
    {
      std::unique_lock<std::mutex> lock(mutex_);
      loops_.erase(std::find(loops_.begin(), loops_.end(), &loop));
      if (error && !loop.error) loop.error = error;
      helper_left_.wait(lock, [&] { return loop.active.load(std::memory_order_relaxed) == 0; });
    }
    if (loop.error) std::rethrow_exception(loop.error);
  }

  void submit(std::function<void()> job) {
    std::lock_guard<std::mutex> lock(mutex_);
    start_threads();
    if (threads_.empty()) throw Error("ERR_OUT_OF_MEMORY", "The operating system refused to start a thread.");
    jobs_.push_back(std::move(job));
    news_.fetch_add(1, std::memory_order_relaxed);
    wake_for_job();
  }

 private:
  // Under the mutex. The OS may grant fewer threads than asked for; a later call then tries again.
  void start_threads() {
    while (threads_.size() < size_ + 1) {
      // The express thread is the first, so that a crew of one thread is no dead end.
      const bool express = threads_.empty();
      try {
        const BlockSignals block;
        threads_.emplace_back([this, express] { run(express); });
      } catch (const std::system_error&) {
        return;
      }
    }
  }

  void run(bool express) {
    current_ = this;
    name_this_thread(lane_ == Lane::kTrain ? "boreal-train" : "boreal-predict");
    if (lane_ == Lane::kTrain) lower_this_thread_priority();
    std::unique_lock<std::mutex> lock(mutex_);
    bool helped = false;
    for (;;) {
      Loop* loop = express ? nullptr : open_loop();
      if (loop != nullptr) {
        help(*loop, lock);
        helped = true;
      } else if (!jobs_.empty()) {
        run_job(lock);
      } else if (stopping_) {
        return;
      } else if (express) {
        wake_express_.wait(lock);
      } else if (helped) {
        helped = wait_awake(lock);
      } else {
        ++idle_workers_;
        wake_worker_.wait(lock);
        --idle_workers_;
      }
    }
  }

  // A loop is often followed by the next: the blocks of a product, the levels of a tree. Tells whether there
  // is news.
  bool wait_awake(std::unique_lock<std::mutex>& lock) {
    const uint64_t seen = news_.load(std::memory_order_relaxed);
    ++spinning_;
    lock.unlock();
    spin_until([&] { return news_.load(std::memory_order_relaxed) != seen; });
    lock.lock();
    --(claimed_ > 0 ? claimed_ : spinning_);
    return news_.load(std::memory_order_relaxed) != seen;
  }

  Loop* open_loop() const {
    for (Loop* loop : loops_) {
      if (loop->open()) return loop;
    }
    return nullptr;
  }

  void help(Loop& loop, std::unique_lock<std::mutex>& lock) {
    const size_t slot = ++loop.helpers;
    loop.active.fetch_add(1, std::memory_order_relaxed);
    // This thread may have been woken for a job: leave that to another.
    if (!jobs_.empty()) wake_for_job();
    lock.unlock();
    const std::exception_ptr error = loop.work(slot);
    lock.lock();
    if (error && !loop.error) loop.error = error;
    // The caller takes the mutex before it leaves, so the loop outlives this line even when the caller spins.
    if (loop.active.fetch_sub(1, std::memory_order_relaxed) == 1) helper_left_.notify_all();
  }

  void run_job(std::unique_lock<std::mutex>& lock) {
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    if (!jobs_.empty()) wake_for_job();
    lock.unlock();
    job();
    job = nullptr;  // its captures die outside the lock
    lock.lock();
  }

  // A worker counted as idle may already be on its way to something else; whoever takes work while jobs are
  // queued calls this again, so no job is forgotten.
  void wake_for_job() {
    if (spinning_ > 0) return;  // it comes by itself
    if (idle_workers_ > 0) {
      wake_worker_.notify_one();
    } else {
      wake_express_.notify_one();
    }
  }

  static thread_local const Crew* current_;  // the crew this thread belongs to

  const size_t size_;
  const Lane lane_;
  std::mutex mutex_;
  std::condition_variable wake_worker_, wake_express_, helper_left_;
  std::deque<std::function<void()>> jobs_;
  std::vector<Loop*> loops_;       // running parallel_for calls, oldest first
  std::atomic<uint64_t> news_{0};  // loops and jobs so far; changed under the mutex, spun on without
  size_t idle_workers_ = 0;        // asleep
  size_t spinning_ = 0;            // awake without work, that no loop counts on yet
  size_t claimed_ = 0;             // awake without work, that a loop counts on
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

thread_local const Crew* Crew::current_ = nullptr;

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(size_t size) : size(size), predict(size, Lane::kPredict), train(size, Lane::kTrain) {}

  const size_t size;
  Crew predict, train;
};

ThreadPool& ThreadPool::instance() {
  static ThreadPool* const pool = new ThreadPool(default_thread_count());
  return *pool;
}

ThreadPool::ThreadPool(size_t size) : impl_(std::make_unique<Impl>(std::max<size_t>(size, 1))) {}
ThreadPool::~ThreadPool() = default;

size_t ThreadPool::size() const { return impl_->size; }

void ThreadPool::parallel_for(size_t tasks, const Body& body, size_t max_threads) {
  const size_t threads = std::min({tasks, impl_->size, max_threads == 0 ? impl_->size : max_threads});
  if (threads <= 1) {
    for (size_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
  Loop loop{body, tasks, threads - 1};
  (impl_->train.is_current() ? impl_->train : impl_->predict).parallel_for(loop);
}

void ThreadPool::submit(Lane lane, std::function<void()> job) {
  (lane == Lane::kTrain ? impl_->train : impl_->predict).submit(std::move(job));
}

}  // namespace boreal
