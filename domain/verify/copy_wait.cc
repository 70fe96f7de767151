#include "domain/verify/copy_wait.h"

#include <algorithm>

namespace interconnect {

void CopyWait::look(const std::vector<Group>& groups, Time now) {
  bool is_known = true;
  bool will_be_known = true;
  copy_runs_ = false;
  behind_ = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    copy_runs_ = copy_runs_ || groups[i].consumers > 0;
    if (!groups[i].settled) {
      is_known = is_known && ends_[i] == kNoStream;
      will_be_known = will_be_known && !groups[i].will_not_tell;
    } else {
      behind_ += static_cast<std::uint64_t>(std::max<Revision>(0, ends_[i] - *groups[i].settled));
    }
  }
  if (behind_before_ != behind_) moved_at_ = now;
  behind_before_ = behind_;
  unknown_since_ = is_known ? kNever : std::min(unknown_since_, now);
  if (!is_known) {
    const bool is_over = !will_be_known || now - unknown_since_ >= kPatience;
    state_ = is_over ? State::kUnknown : State::kWaits;
  } else if (behind_ == 0) {
    state_ = State::kPassed;
  } else if (!copy_runs_) {
    state_ = State::kNobody;
  } else {
    state_ = now - moved_at_ >= stall_after_ ? State::kStalled : State::kWaits;
  }
}

}  // namespace interconnect
