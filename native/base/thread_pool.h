// The one thread pool of the process. Sized by the CPUs this process may use (affinity mask and cgroup
// quota; BOREAL_NUM_THREADS overrides, see cpu_features.h). Threads start on first use.
//
// Two ways in:
//   parallel_for  splits one job; the caller works too, so nested calls cannot deadlock.
//   submit        queues a whole job (an async predict or fit) to run on a pool thread.
// Each lane has a crew of threads of its own, so that long fits never make a prediction wait for a thread,
// and the train crew stays at a lower OS priority for good: the scheduler then runs the event loop and
// predictions at once. parallel_for is served by the crew of the calling thread, the predict crew for threads
// of Node.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace boreal {

enum class Lane { kPredict, kTrain };

class ThreadPool {
 public:
  // The pool of the process. Created on first use and never destroyed: the addon is linked with nodelete and
  // may be left by Node at any time while threads are parked.
  static ThreadPool& instance();

  // A pool of its own, for tests.
  explicit ThreadPool(size_t size);
  // Runs what is queued, then joins the threads.
  ~ThreadPool();

  // Threads that one parallel_for can use, the caller included. >= 1.
  size_t size() const;

  // Calls body(task, slot) once for each task in [0, tasks), in no fixed order; slot < size() is unique
  // among concurrent calls of this parallel_for (for per-thread scratch), 0 is the caller's. Returns when all
  // have finished; after a throw no further task starts and the first exception is rethrown here.
  // max_threads 0 means size().
  void parallel_for(size_t tasks, const std::function<void(size_t task, size_t slot)>& body,
                    size_t max_threads = 0);

  // Queues job; it must not throw. Throws ERR_OUT_OF_MEMORY if the OS grants no thread at all.
  void submit(Lane lane, std::function<void()> job);

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boreal
