#include "base/thread_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/cpu_features.h"

using boreal::Lane;
using boreal::ThreadPool;

namespace {

// Opens once; a thread that waits on it holds its pool thread.
class Gate {
 public:
  void open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Lets `count` threads through once all of them are there.
class Rendezvous {
 public:
  explicit Rendezvous(size_t count) : missing_(count) {}
  void arrive_and_wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (--missing_ == 0) changed_.notify_all();
    changed_.wait(lock, [&] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t missing_;
};

}  // namespace

TEST_CASE("thread pool: the process's pool has the default size") {
  CHECK(ThreadPool::instance().size() == boreal::default_thread_count());
  CHECK(&ThreadPool::instance() == &ThreadPool::instance());
}

TEST_CASE("thread pool: parallel_for runs each task once with slots in range") {
  for (size_t size : {1, 2, 3, 8}) {
    ThreadPool pool(size);
    CHECK(pool.size() == size);
    for (size_t tasks : {0, 1, 2, 7, 1000}) {
      for (size_t max_threads : {0, 1, 2, 100}) {
        std::vector<std::atomic<int>> runs(tasks);
        std::vector<std::atomic<int>> inside(size);
        std::atomic<bool> good{true};
        pool.parallel_for(
            tasks,
            [&](size_t task, size_t slot) {
              if (slot >= size || (max_threads != 0 && slot >= max_threads)) good = false;
              if (inside[slot].fetch_add(1) != 0) good = false;
              runs[task].fetch_add(1);
              inside[slot].fetch_sub(1);
            },
            max_threads);
        CHECK(good);
        CHECK(std::all_of(runs.begin(), runs.end(), [](const std::atomic<int>& n) { return n == 1; }));
      }
    }
  }
}

TEST_CASE("thread pool: all of its threads work on one parallel_for") {
  ThreadPool pool(4);
  Rendezvous all(4);  // hangs unless four threads are inside at once
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<size_t> slots;
  pool.parallel_for(4, [&](size_t, size_t slot) {
    all.arrive_and_wait();
    std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
    slots.insert(slot);
  });
  CHECK(threads.size() == 4);
  CHECK(slots == std::set<size_t>{0, 1, 2, 3});
  CHECK(threads.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("thread pool: the caller sees what the tasks wrote") {
  ThreadPool pool(4);
  for (int round = 0; round < 2000; ++round) {
    std::vector<size_t> squares(64);
    pool.parallel_for(squares.size(), [&](size_t task, size_t) { squares[task] = task * task; });
    CHECK(std::accumulate(squares.begin(), squares.end(), size_t{0}) == 85344);
  }
}

TEST_CASE("thread pool: the first exception reaches the caller and stops the rest") {
  ThreadPool pool(4);
  for (int round = 0; round < 200; ++round) {
    std::atomic<size_t> runs{0};
    CHECK_THROWS_WITH_AS(pool.parallel_for(100000,
                                           [&](size_t task, size_t) {
                                             if (task == 3) throw std::runtime_error("three");
                                             ++runs;
                                             // The rest must not be over before the throw is seen.
                                             std::this_thread::sleep_for(std::chrono::microseconds(20));
                                           }),
                         "three", std::runtime_error);
    CHECK(runs < 99999);
  }
  std::atomic<size_t> runs{0};
  CHECK_THROWS(pool.parallel_for(8, [](size_t, size_t) { throw 1; }));
  pool.parallel_for(8, [&](size_t, size_t) { ++runs; });
  CHECK(runs == 8);
}

TEST_CASE("thread pool: an exception of one thread stops the inline loop too") {
  ThreadPool pool(1);
  size_t runs = 0;
  CHECK_THROWS_AS(pool.parallel_for(10,
                                    [&](size_t task, size_t) {
                                      if (task == 4) throw std::runtime_error("four");
                                      ++runs;
                                    }),
                  std::runtime_error);
  CHECK(runs == 4);
}

TEST_CASE("thread pool: nested calls finish, from jobs as well") {
  for (size_t size : {1, 2, 4}) {
    std::atomic<size_t> runs{0}, unfinished{6};
    Gate done;
    ThreadPool pool(size);
    auto nest = [&] {
      pool.parallel_for(5, [&](size_t, size_t) {
        pool.parallel_for(5, [&](size_t, size_t) { pool.parallel_for(5, [&](size_t, size_t) { ++runs; }); });
      });
    };
    nest();
    CHECK(runs == 125);
    for (int i = 0; i < 6; ++i) {
      pool.submit(i % 2 ? Lane::kTrain : Lane::kPredict, [&] {
        nest();
        if (--unfinished == 0) done.open();
      });
    }
    done.wait();
    CHECK(runs == 125 * 7);
  }
}

TEST_CASE("thread pool: many threads may call at once") {
  ThreadPool pool(3);
  std::atomic<size_t> total{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        size_t mine[20] = {};
        pool.parallel_for(20, [&](size_t task, size_t) { mine[task] = 1; });
        total += std::accumulate(mine, mine + 20, size_t{0});
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 6 * 200 * 20);
}

TEST_CASE("thread pool: the destructor runs every queued job") {
  std::atomic<int> runs{0};
  {
    ThreadPool pool(2);
    for (int i = 0; i < 500; ++i) pool.submit(i % 3 ? Lane::kPredict : Lane::kTrain, [&] { ++runs; });
  }
  CHECK(runs == 500);
}

TEST_CASE("thread pool: train jobs that hold every train thread delay no predict job") {
  Gate gate, predicted;  // before the pool: its threads use them until they are joined
  ThreadPool pool(2);
  for (int i = 0; i < 8; ++i) pool.submit(Lane::kTrain, [&] { gate.wait(); });
  pool.submit(Lane::kPredict, [&] { predicted.open(); });
  predicted.wait();  // hangs if the job waits behind the train jobs
  gate.open();
}

TEST_CASE("thread pool: a job starts while another's loop holds all ordinary threads") {
  for (Lane lane : {Lane::kPredict, Lane::kTrain}) {
    Gate gate, second, finished;
    Rendezvous busy(3);
    ThreadPool pool(2);
    pool.submit(lane, [&] {
      pool.parallel_for(2, [&](size_t, size_t) {
        busy.arrive_and_wait();
        gate.wait();
      });
      finished.open();
    });
    busy.arrive_and_wait();
    pool.submit(lane, [&] { second.open(); });
    second.wait();
    gate.open();
    finished.wait();
  }
}

TEST_CASE("thread pool: a job's captures die when it ends") {
  auto value = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = value;
  ThreadPool pool(1);
  pool.submit(Lane::kPredict, [value = std::move(value)] {});
  while (!watched.expired()) std::this_thread::yield();  // hangs if the pool keeps the job
}

#if !defined(_WIN32)
TEST_CASE("thread pool: its threads block signals, the caller's mask stays") {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  Gate done;
  sigset_t inside;
  ThreadPool pool(2);
  pool.submit(Lane::kTrain, [&] {
    pthread_sigmask(SIG_SETMASK, nullptr, &inside);
    done.open();
  });
  done.wait();
  CHECK(sigismember(&inside, SIGTERM) == 1);
  CHECK(sigismember(&inside, SIGPROF) == 1);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  CHECK(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM));
}
#endif
