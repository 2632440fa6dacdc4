// What one env (the main thread or a worker) has of the addon: its asynchronous jobs and the way back to its
// thread. Everything here belongs to the env's thread but for Job::run and Job::report.
//
// A job's life: start() makes the promise and queues the job on the pool; a pool thread runs it and puts it
// into the mailbox; one thread-safe function wakes the env's thread, which settles the promise. When the env
// closes, its jobs are cancelled, running ones are waited for (they may read memory of the env) and queued
// ones find the mailbox closed and do nothing.
#pragma once

#include <node_api.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/thread_pool.h"

namespace boreal {

class Job;

// What a job tells of its progress. With JobOptions::waits the answer is whether to go on: what on_progress
// returned for this report; else true, at once. A loss that is NaN is none.
class JobProgress {
 public:
  struct Report {
    size_t done, total;
    double train_loss, valid_loss;
  };
  explicit JobProgress(std::function<bool(const Report&)> send) : send_(std::move(send)) {}
  bool operator()(size_t done, size_t total, double train_loss = kNone, double valid_loss = kNone) const {
    return send_({done, total, train_loss, valid_loss});
  }

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::function<bool(const Report&)> send_;
};

// Shared by an env and its jobs, which may outlive it in the pool's queue.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable idle;              // running became 0
  std::condition_variable answered;          // a job that waits, or closed
  std::vector<std::shared_ptr<Job>> posted;  // jobs with progress or a result
  size_t running = 0;
  bool closed = false;
  napi_threadsafe_function wake = nullptr;
};

// What a job needs besides its work.
struct JobOptions {
  Lane lane = Lane::kPredict;
  std::shared_ptr<CancelToken> cancel;  // null: the job gets one of its own
  std::vector<napi_value> kept;         // what must not be collected before the job ends
  napi_value on_progress = nullptr;     // a function or null
  bool waits = false;  // for on_progress, which hears of every report, and ends the work by false
};

class Job {
 public:
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

 protected:
  Job() = default;
  // On a pool thread. May throw.
  virtual void work(const CancelToken* cancel, const JobProgress& progress) = 0;
  // Frees the inputs, on the thread that ran or dropped the work.
  virtual void release_inputs() = 0;
  // On the env's thread, after work has ended well.
  virtual napi_value result(napi_env env) = 0;

 private:
  friend class EnvState;
  enum class State { kQueued, kRunning, kFinished };

  void run(const std::shared_ptr<Job>& self);                                        // on a pool thread
  bool report(const std::shared_ptr<Job>& self, const JobProgress::Report& report);  // on a pool thread
  void drop_inputs();                                                                // and the shares of them
  void finish(const std::shared_ptr<Job>& self, std::optional<Error> error);
  void post(const std::shared_ptr<Job>& self);  // under the mailbox's mutex

  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<CancelToken> cancel_;

  // Under the mailbox's mutex.
  State state_ = State::kQueued;
  bool is_posted_ = false;
  std::optional<JobProgress::Report> progress_;  // not delivered yet
  std::optional<bool> answer_;                   // to the last report
  std::optional<Error> error_;

  // One call of report at a time.
  std::chrono::steady_clock::time_point last_report_{};

  // The env's thread only.
  napi_deferred deferred_ = nullptr;
  napi_ref on_progress_ = nullptr;  // null or not is also read by report
  bool waits_ = false;
  napi_ref thrown_ = nullptr;  // an array of what on_progress_ threw
  std::vector<napi_ref> kept_;
  // Of what is kept and Node would give back when the env closes; let go of with the inputs.
  std::vector<std::shared_ptr<void>> shares_;
};

class EnvState {
 public:
  // Called once per env when the addon is loaded; sets the env's instance data.
  static void create(napi_env env);
  static EnvState& of(napi_env env);

  // work(cancel, progress) -> R runs on the pool, deliver(env, R&&) -> napi_value on this thread when it has
  // ended. Returns a promise.
  template <typename Work, typename Deliver>
  napi_value start(JobOptions options, Work work, Deliver deliver);

  // Cancels the token; jobs with it that have not begun are rejected at once.
  void cancel(CancelToken& token);

 private:
  explicit EnvState(napi_env env);
  napi_value start_job(std::shared_ptr<Job> job, JobOptions options);
  void close();    // the env's cleanup hook
  void deliver();  // empties the mailbox
  void settle(const std::shared_ptr<Job>& job);
  bool call_progress(Job& job, const JobProgress::Report& report);

  napi_env env_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::unordered_set<std::shared_ptr<Job>> jobs_;  // not settled yet
};

template <typename Work, typename Deliver>
napi_value EnvState::start(JobOptions options, Work work, Deliver deliver) {
  using Result = decltype(work(static_cast<const CancelToken*>(nullptr), std::declval<const JobProgress&>()));

  class TypedJob final : public Job {
   public:
    TypedJob(Work work, Deliver deliver) : work_(std::move(work)), deliver_(std::move(deliver)) {}

   private:
    void work(const CancelToken* cancel, const JobProgress& progress) override {
      result_.emplace((*work_)(cancel, progress));
    }
    void release_inputs() override { work_.reset(); }
    napi_value result(napi_env env) override { return deliver_(env, std::move(*result_)); }

    std::optional<Work> work_;
    Deliver deliver_;
    std::optional<Result> result_;
  };
  return start_job(std::make_shared<TypedJob>(std::move(work), std::move(deliver)), std::move(options));
}

}  // namespace boreal
