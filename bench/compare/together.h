// Runs a body on several threads that start at the same moment.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace boreal_bench {

// The longest of the threads' own times of body(thread) in seconds; thread 0 is the caller's.
template <typename Body>
double seconds_together(size_t threads, const Body& body) {
  using Clock = std::chrono::steady_clock;
  std::atomic<size_t> ready{0};
  std::vector<double> taken(threads);
  const auto work = [&](size_t thread) {
    ++ready;
    while (ready.load() < threads) {
    }
    const auto start = Clock::now();
    body(thread);
    taken[thread] = std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<std::thread> helpers;
  for (size_t thread = 1; thread < threads; ++thread) helpers.emplace_back(work, thread);
  work(0);
  for (std::thread& helper : helpers) helper.join();
  return *std::max_element(taken.begin(), taken.end());
}

}  // namespace boreal_bench
