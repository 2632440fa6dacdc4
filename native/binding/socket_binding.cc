// Descriptors of sockets: what lets several event loops accept from one listening socket.
#include <string>

#include "base/error.h"
#include "binding/exports.h"

#ifndef _WIN32
#include <fcntl.h>

#include <cerrno>
#include <cstring>
#endif

namespace boreal {
namespace {

// Another descriptor of the same file or socket. Whoever asked for it closes it.
napi_value duplicate_fd(Call& call) {
#ifdef _WIN32
  throw Error("ERR_NOT_SUPPORTED", "Sockets have no file descriptors on Windows.");
#else
  const int fd = static_cast<int>(to_whole(call.env(), call[0], "fd", 0, INT32_MAX));
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    throw Error("ERR_PARAMETER", std::string("fd cannot be duplicated: ") + std::strerror(errno) + ".");
  return to_js(call.env(), static_cast<double>(copy));
#endif
}

}  // namespace

void export_socket(napi_env env, napi_value exports) {
  export_function<duplicate_fd>(env, exports, "duplicateFd");
}

}  // namespace boreal
