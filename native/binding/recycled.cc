#include "binding/recycled.h"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/large_blocks.h"
#include "binding/js.h"

namespace boreal {
namespace {

// All blocks in the hands of JavaScript together: at most idle_memory_bytes().
std::atomic<size_t> lent{0};

// A block that counts as lent, with all that it takes, for as long as anybody has a share of it.
class LentBlock {
 public:
  explicit LentBlock(size_t bytes) : bytes_(bytes), data_(take_large_block(bytes)) {}
  ~LentBlock() {
    give_large_block(data_, bytes_);
    lent -= large_block_size(bytes_);
  }
  LentBlock(const LentBlock&) = delete;
  LentBlock& operator=(const LentBlock&) = delete;
  void* data() const { return data_; }

 private:
  size_t bytes_;
  void* data_;
};

// The memory of all external buffers, by its first byte.
class ExternalMemory {
 public:
  // Never destroyed: threads may still end while the process does.
  static ExternalMemory& instance() {
    static ExternalMemory* const memory = new ExternalMemory();
    return *memory;
  }

  void add(const void* data, size_t bytes, std::shared_ptr<void> owner) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ranges_[static_cast<const char*>(data)] = {bytes, std::move(owner)};
  }

  void remove(const void* data) {
    std::shared_ptr<void> owner;  // let go of after the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = ranges_.find(static_cast<const char*>(data));
    if (found == ranges_.end()) return;
    owner = std::move(found->second.owner);
    ranges_.erase(found);
  }

  std::shared_ptr<void> share(const void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto* const byte = static_cast<const char*>(data);
    auto after = ranges_.upper_bound(byte);
    if (after == ranges_.begin()) return nullptr;
    const auto& [begin, range] = *--after;
    return static_cast<size_t>(byte - begin) < range.bytes ? range.owner : nullptr;
  }

 private:
  struct Range {
    size_t bytes;
    std::shared_ptr<void> owner;
  };
  std::mutex mutex_;
  std::map<const char*, Range> ranges_;
};

}  // namespace

napi_value external_buffer(napi_env env, void* data, size_t bytes, std::shared_ptr<void> owner) {
  ExternalMemory::instance().add(data, bytes, std::move(owner));
  const auto release = [](napi_env, void* memory, void*) { ExternalMemory::instance().remove(memory); };
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(env, data, bytes, release, nullptr, &buffer);
  // Refused before Node had taken the memory over: it will not call release. When it fails later, it has.
  if (status == napi_no_external_buffers_allowed || status == napi_pending_exception ||
      status == napi_cannot_run_js) {
    ExternalMemory::instance().remove(data);
  }
  if (status == napi_no_external_buffers_allowed) return nullptr;
  check(env, status);
  return buffer;
}

napi_value recycled_buffer(napi_env env, size_t bytes) {
  static const size_t most = idle_memory_bytes();
  if (bytes < kHugePage || bytes > most) return nullptr;
  const size_t taken = large_block_size(bytes);
  if ((lent += taken) > most) {
    lent -= taken;
    return nullptr;
  }
  std::shared_ptr<LentBlock> block;
  try {
    block = std::make_shared<LentBlock>(bytes);
  } catch (...) {
    lent -= taken;
    throw;
  }
  void* const data = block->data();
  return external_buffer(env, data, bytes, std::move(block));
}

std::shared_ptr<void> share_of(const void* data) { return ExternalMemory::instance().share(data); }

}  // namespace boreal
