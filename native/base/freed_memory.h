// Memory that is given back to the C library.
#pragma once

namespace boreal {

// Makes the C library keep it, within the bounds of idle large blocks: for arrays that are not ours to
// allocate, which are those of JavaScript. Only glibc can be told; what the environment says about it goes
// first.
void keep_freed_memory();

}  // namespace boreal
