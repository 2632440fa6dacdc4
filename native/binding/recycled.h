// Memory that JavaScript holds by an ArrayBuffer but did not allocate. When the garbage collector lets go of
// it, large blocks are kept for the next one: they have no page faults.
//
// Node detaches such a buffer, and gives its memory back, when its env closes, whatever still refers to it. A
// job that works on it therefore needs a share of its own.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <memory>

namespace boreal {

// An ArrayBuffer over [data, data + bytes), which `owner` keeps alive; nullptr where V8 keeps all memory in
// its cage.
napi_value external_buffer(napi_env env, void* data, size_t bytes, std::shared_ptr<void> owner);

// An uninitialised ArrayBuffer over a large block; nullptr where there are none, or when JavaScript already
// holds as many bytes of them as it may: Node gives them back when the event loop turns, which a loop of
// calls can keep it from.
napi_value recycled_buffer(napi_env env, size_t bytes);

// A share of the memory of an external buffer that `data` points into; null for other memory.
std::shared_ptr<void> share_of(const void* data);

}  // namespace boreal
