#include "binding/env.h"

#include "binding/call.h"
#include "binding/js.h"
#include "binding/recycled.h"

namespace boreal {
namespace {

constexpr std::chrono::milliseconds kReportInterval{50};

}  // namespace

// ---- Pool threads ----------------------------------------------------------------------------------

void Job::run(const std::shared_ptr<Job>& self) {
  {
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    if (mailbox_->closed || state_ != State::kQueued) return;
    state_ = State::kRunning;
    ++mailbox_->running;
  }
  std::optional<Error> error = attempt([&] {
    cancel_->check();
    work(cancel_.get(), JobProgress([&](const JobProgress::Report& made) { return report(self, made); }));
  });
  drop_inputs();
  std::lock_guard<std::mutex> lock(mailbox_->mutex);
  finish(self, std::move(error));
  if (--mailbox_->running == 0) mailbox_->idle.notify_all();
}

void Job::drop_inputs() {
  release_inputs();
  shares_.clear();
}

bool Job::report(const std::shared_ptr<Job>& self, const JobProgress::Report& report) {
  if (on_progress_ == nullptr) return true;
  const auto now = std::chrono::steady_clock::now();
  std::unique_lock<std::mutex> lock(mailbox_->mutex);  // several threads of a fit may report
  if (!waits_ && report.done != report.total && now - last_report_ < kReportInterval) return true;
  last_report_ = now;
  progress_ = report;
  answer_.reset();
  post(self);
  if (!waits_) return true;
  mailbox_->answered.wait(lock, [&] { return answer_.has_value() || mailbox_->closed; });
  return answer_.value_or(false);
}

void Job::finish(const std::shared_ptr<Job>& self, std::optional<Error> error) {
  state_ = State::kFinished;
  error_ = std::move(error);
  post(self);
}

void Job::post(const std::shared_ptr<Job>& self) {
  if (mailbox_->closed || is_posted_) return;
  is_posted_ = true;
  mailbox_->posted.push_back(self);
  if (mailbox_->posted.size() == 1) {
    napi_call_threadsafe_function(mailbox_->wake, nullptr, napi_tsfn_nonblocking);
  }
}

// ---- The env's thread ------------------------------------------------------------------------------

void EnvState::create(napi_env env) {
  auto state = std::unique_ptr<EnvState>(new EnvState(env));
  const auto release = [](napi_env, void* data, void*) { delete static_cast<EnvState*>(data); };
  check(env, napi_set_instance_data(env, state.get(), release, nullptr));
  EnvState* self = state.release();

  napi_value name;
  check(env, napi_create_string_utf8(env, "boreal", NAPI_AUTO_LENGTH, &name));
  const auto wake = [](napi_env e, napi_value, void* context, void*) {
    if (e != nullptr) static_cast<EnvState*>(context)->deliver();
  };
  check(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, self, wake,
                                             &self->mailbox_->wake));
  // An idle addon does not keep the process alive.
  check(env, napi_unref_threadsafe_function(env, self->mailbox_->wake));
  // Hooks run last in, first out: registered after the thread-safe function was made, this one runs while it
  // is still valid. In the finalizer of the instance data it no longer is.
  check(env, napi_add_env_cleanup_hook(
                 env, [](void* data) { static_cast<EnvState*>(data)->close(); }, self));
}

EnvState& EnvState::of(napi_env env) {
  void* data = nullptr;
  check(env, napi_get_instance_data(env, &data));
  return *static_cast<EnvState*>(data);
}

EnvState::EnvState(napi_env env) : env_(env) {}

void EnvState::close() {
  for (const std::shared_ptr<Job>& job : jobs_) job->cancel_->cancel();
  std::unique_lock<std::mutex> lock(mailbox_->mutex);
  mailbox_->closed = true;
  mailbox_->answered.notify_all();
  mailbox_->idle.wait(lock, [&] { return mailbox_->running == 0; });
  mailbox_->posted.clear();
  napi_release_threadsafe_function(mailbox_->wake, napi_tsfn_abort);
}

napi_value EnvState::start_job(std::shared_ptr<Job> job, JobOptions options) {
  job->mailbox_ = mailbox_;
  job->cancel_ = options.cancel ? std::move(options.cancel) : std::make_shared<CancelToken>();
  for (napi_value value : options.kept) {
    job->kept_.push_back(nullptr);
    check(env_, napi_create_reference(env_, value, 1, &job->kept_.back()));
    void* data = nullptr;
    if (napi_get_typedarray_info(env_, value, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok) continue;
    std::shared_ptr<void> share = share_of(data);
    if (share != nullptr) job->shares_.push_back(std::move(share));
  }
  if (options.on_progress != nullptr) {
    check(env_, napi_create_reference(env_, options.on_progress, 1, &job->on_progress_));
    job->waits_ = options.waits;
  }
  napi_value promise;
  check(env_, napi_create_promise(env_, &job->deferred_, &promise));
  jobs_.insert(job);
  if (jobs_.size() == 1) check(env_, napi_ref_threadsafe_function(env_, mailbox_->wake));

  std::optional<Error> refused =
      attempt([&] { ThreadPool::instance().submit(options.lane, [job] { job->run(job); }); });
  if (refused) {
    job->drop_inputs();
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    job->finish(job, std::move(refused));
  }
  return promise;
}

void EnvState::cancel(CancelToken& token) {
  token.cancel();
  std::lock_guard<std::mutex> lock(mailbox_->mutex);
  for (const std::shared_ptr<Job>& job : jobs_) {
    if (job->cancel_.get() != &token || job->state_ != Job::State::kQueued) continue;
    job->drop_inputs();
    job->finish(job, attempt([&] { token.check(); }));
  }
}

void EnvState::deliver() {
  std::vector<std::shared_ptr<Job>> posted;
  {
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    posted.swap(mailbox_->posted);
    for (const std::shared_ptr<Job>& job : posted) job->is_posted_ = false;
  }
  for (const std::shared_ptr<Job>& job : posted) {
    napi_handle_scope scope;
    if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
    std::optional<JobProgress::Report> progress;
    bool finished;
    {
      std::lock_guard<std::mutex> lock(mailbox_->mutex);
      progress.swap(job->progress_);
      finished = job->state_ == Job::State::kFinished;
    }
    if (progress) {
      const bool goes_on = call_progress(*job, *progress);
      std::lock_guard<std::mutex> lock(mailbox_->mutex);
      job->answer_ = goes_on;
      mailbox_->answered.notify_all();
    }
    if (finished) settle(job);
    napi_close_handle_scope(env_, scope);
  }
}

// Whether the job should go on.
bool EnvState::call_progress(Job& job, const JobProgress::Report& report) {
  if (job.thrown_ != nullptr) return false;
  bool goes_on = true;
  const std::optional<Error> error = attempt([&] {
    napi_value callback;
    check(env_, napi_get_reference_value(env_, job.on_progress_, &callback));
    const napi_value arguments[] = {to_js(env_, static_cast<double>(report.done)),
                                    to_js(env_, static_cast<double>(report.total)),
                                    to_js(env_, report.train_loss), to_js(env_, report.valid_loss)};
    napi_value answer;
    check(env_, napi_call_function(env_, undefined(env_), callback, 4, arguments, &answer));
    napi_valuetype type;
    check(env_, napi_typeof(env_, answer, &type));
    if (type == napi_boolean) check(env_, napi_get_value_bool(env_, answer, &goes_on));
  });
  if (!error) return goes_on;
  // What the callback threw ends the job, and is its reason once it has ended: until then the job holds what
  // it works on. In an array, because there are no references to a thrown string.
  job.cancel_->cancel();
  const napi_value reason = take_exception(env_, *error);
  napi_value box;
  if (reason == nullptr || napi_create_array_with_length(env_, 1, &box) != napi_ok) return false;
  if (napi_set_element(env_, box, 0, reason) == napi_ok) {
    napi_create_reference(env_, box, 1, &job.thrown_);
  }
  return false;
}

// When JavaScript can no longer run, its calls fail and are ignored: nobody is left to hear of the result.
void EnvState::settle(const std::shared_ptr<Job>& job) {
  if (jobs_.erase(job) == 0) return;  // posted again between the two steps of deliver
  napi_value value = nullptr, box;
  if (job->thrown_ != nullptr) {
    napi_get_reference_value(env_, job->thrown_, &box);
    napi_get_element(env_, box, 0, &value);
    napi_delete_reference(env_, job->thrown_);
    napi_reject_deferred(env_, job->deferred_, value);
  } else {
    std::optional<Error> error = std::move(job->error_);
    if (!error) error = attempt([&] { value = job->result(env_); });
    if (!error) {
      napi_resolve_deferred(env_, job->deferred_, value);
    } else {
      napi_reject_deferred(env_, job->deferred_, take_exception(env_, *error));
    }
  }
  for (napi_ref reference : job->kept_) napi_delete_reference(env_, reference);
  if (job->on_progress_ != nullptr) napi_delete_reference(env_, job->on_progress_);
  if (jobs_.empty()) napi_unref_threadsafe_function(env_, mailbox_->wake);
}

}  // namespace boreal
