// Threads that stand by while one of them drives a long chain of tiny parallel steps: a reduction to
// tridiagonal or bidiagonal form has thousands, each shorter than waking a thread. Nobody waits for a thread
// that has not come: the driver takes whatever pieces no other took, so a busy pool only makes it slower.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>

namespace boreal {

class Team {
 public:
  using Piece = std::function<void(size_t piece)>;

  // Runs drive(team) with up to max_threads threads of the pool (0: all) at hand, and returns when it has.
  static void run(size_t max_threads, const std::function<void(Team&)>& drive);

  // From within drive: calls body(piece) once for every piece in [0, pieces), on any thread, in no fixed
  // order, and returns when all have finished. Rethrows the first exception. pieces < 2^20.
  void each(size_t pieces, const Piece& body);

 private:
  explicit Team(bool alone) : alone_(alone) {}
  bool take_piece();
  void stand_by();

  // The current step in one word, so that a piece is never taken from a step that has ended:
  // number of the step | pieces (20 bits) | next piece (20 bits).
  std::atomic<uint64_t> step_{0};
  std::atomic<size_t> finished_{0};  // pieces of the current step
  std::atomic<bool> over_{false};
  std::atomic<bool> failed_{false};
  const Piece* body_ = nullptr;
  std::exception_ptr error_;  // of the first failure; written by who sets failed_
  const bool alone_;
};

}  // namespace boreal
