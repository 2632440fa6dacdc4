// Threads of a block as coroutines.
#include <tensor.h>
#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

thread_local uint3 threadIdx, blockIdx;
thread_local dim3 blockDim, gridDim;

namespace emulator {
namespace {

constexpr size_t kStackBytes = 64 << 10;
constexpr unsigned kWarp = 32;
constexpr size_t kLaneBytes = 64;

enum class State { kReady, kAtWarp, kAtBlock, kEnded };

struct Coroutine {
  ucontext_t context;
  std::unique_ptr<unsigned char[]> stack{new unsigned char[kStackBytes]};
  State state = State::kEnded;
  AsyncGroups copies;
};

// The block that this thread of the host runs.
struct Block {
  ucontext_t scheduler;
  std::vector<Coroutine> threads;  // kept from launch to launch
  unsigned count = 0, current = 0;
  std::vector<unsigned> order;
  std::vector<unsigned char> shared, exchanges;
  const std::function<void()>* body = nullptr;
  std::mt19937 random{12345};
};
thread_local Block block;

void thread_main() {
  (*block.body)();
  block.threads[block.current].state = State::kEnded;
  swapcontext(&block.threads[block.current].context, &block.scheduler);
}

void wait_as(State state) {
  Coroutine& own = block.threads[block.current];
  own.state = state;
  swapcontext(&own.context, &block.scheduler);
}

// Lets waiting threads of [first, last) go on once all that have not ended wait in that state.
void release(unsigned first, unsigned last, State state) {
  for (unsigned t = first; t < last; ++t) {
    if (block.threads[t].state != state && block.threads[t].state != State::kEnded) return;
  }
  for (unsigned t = first; t < last; ++t) {
    if (block.threads[t].state == state) block.threads[t].state = State::kReady;
  }
}

void run_block() {
  for (unsigned t = 0; t < block.count; ++t) {
    Coroutine& thread = block.threads[t];
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = kStackBytes;
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, thread_main, 0);
    thread.state = State::kReady;
    thread.copies.clear();
  }
  for (bool running = true; running;) {
    running = false;
    for (const unsigned t : block.order) {
      Coroutine& thread = block.threads[t];
      if (thread.state != State::kReady) continue;
      block.current = t;
      threadIdx = {t, 0, 0};
      swapcontext(&block.scheduler, &thread.context);
      running = true;
    }
    for (unsigned t = 0; t < block.count; t += kWarp) {
      release(t, std::min(t + kWarp, block.count), State::kAtWarp);
    }
    release(0, block.count, State::kAtBlock);
    for (unsigned t = 0; t < block.count && !running; ++t) running = block.threads[t].state == State::kReady;
  }
}

}  // namespace

void run_grid(dim3 grid, unsigned threads, size_t shared_bytes, const std::function<void()>& thread) {
  if (block.threads.size() < threads) block.threads.resize(threads);
  block.count = threads;
  block.body = &thread;
  block.order.resize(threads);
  for (unsigned t = 0; t < threads; ++t) block.order[t] = t;
  std::shuffle(block.order.begin(), block.order.end(), block.random);
  block.shared.assign(shared_bytes, 0xff);
  block.shared.shrink_to_fit();  // so that AddressSanitizer knows its end
  block.exchanges.resize((threads + kWarp - 1) / kWarp * kWarp * kLaneBytes);
  gridDim = grid;
  blockDim = dim3(threads);
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        run_block();
      }
    }
  }
}

void wait_for_block() { wait_as(State::kAtBlock); }
void wait_for_warp() { wait_as(State::kAtWarp); }
AsyncGroups& copies() { return block.threads[block.current].copies; }
unsigned lane() { return block.current % kWarp; }
unsigned char* exchange_of_lane(unsigned lane) {
  return &block.exchanges[(block.current / kWarp * kWarp + lane) * kLaneBytes];
}
unsigned char* shared_bytes() { return block.shared.data(); }

}  // namespace emulator
