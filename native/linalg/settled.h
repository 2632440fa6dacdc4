// When a descent may stop.
#pragma once

namespace boreal {

// Whether an error fell by less than this share of what it was at first. Written so that an error that is no
// number has settled, too: nothing would end a descent that waits for it.
inline bool has_settled(double before, double now, double first, double share) {
  return !((before - now) / first >= share);
}

}  // namespace boreal
