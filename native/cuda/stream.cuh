// A stream of the device, and recorded work: each given back by whoever owns it.
#pragma once

#include <utility>

#include "cuda/launch.cuh"

namespace boreal {
namespace cuda {

// Of the current device. A member that others are used by comes last: what runs ends before they go.
class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }
  ~Stream() {
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }

  // Whoever gives `from` keeps it as it is until the stream has been waited for.
  template <typename T>
  void upload(T* to, const T* from, size_t count) const {
    if (count == 0) return;
    check(cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyHostToDevice, stream_),
          "copying numbers to the device");
  }
  template <typename T>
  void download(T* to, const T* from, size_t count) const {
    if (count == 0) return;
    check(cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyDeviceToHost, stream_),
          "copying results from the device");
  }
  void wait(const char* what) const { check(cudaStreamSynchronize(stream_), what); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Recording {
 public:
  Recording() = default;
  // Of what enqueue() gives to the stream, which does not run then.
  template <typename F>
  Recording(cudaStream_t stream, F enqueue) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording work");
    cudaGraph_t graph = nullptr;
    try {
      enqueue();
    } catch (...) {
      cudaStreamEndCapture(stream, &graph);  // the stream would stay unusable
      if (graph != nullptr) cudaGraphDestroy(graph);
      cudaGetLastError();
      throw;
    }
    check(cudaStreamEndCapture(stream, &graph), "recording work");
    const cudaError_t made = cudaGraphInstantiate(&work_, graph, 0);
    cudaGraphDestroy(graph);
    check(made, "preparing recorded work");
  }
  Recording(Recording&& other) noexcept : work_(std::exchange(other.work_, nullptr)) {}
  Recording& operator=(Recording&& other) noexcept {
    std::swap(work_, other.work_);
    return *this;
  }
  ~Recording() {
    if (work_ != nullptr) cudaGraphExecDestroy(work_);
  }

  explicit operator bool() const { return work_ != nullptr; }
  void start(cudaStream_t stream) const { check(cudaGraphLaunch(work_, stream), "starting recorded work"); }

 private:
  cudaGraphExec_t work_ = nullptr;
};

}  // namespace cuda
}  // namespace boreal
