// What the pool's threads ask of the operating system: no signals, a name, a priority. All best effort.
#pragma once

#if !defined(_WIN32)
#include <csignal>
#endif

namespace boreal {

// A thread started while one of these lives receives no signals: those belong to Node's threads.
class BlockSignals {
 public:
#if defined(_WIN32)
  BlockSignals() {}  // not defaulted: spares its users a warning about an unused variable
#else
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_;
#endif
};

// For debuggers and top; at most 15 characters.
void name_this_thread(const char* name);

// For good: on Linux an unprivileged thread may not raise itself again.
void lower_this_thread_priority();

}  // namespace boreal
