#include "adapters/grpc/session/group_upsert.h"

namespace interconnect::next {
namespace {
constexpr int kMaxRounds = 3;

CallStatus missing_and_not_created(CallStatus status) {
  status.message =
      "the group is not there, and only a user of $admins or $ops may create it: have it created, or use such a "
      "user: " +
      status.message;
  return status;
}

}  // namespace

GroupUpsert::Action GroupUpsert::info_read(const GroupInfo& info) {
  present_ = info.settings;
  const GroupSettings updated = updated_settings(present_, wanted_);
  if (info.has(updated)) return Ready{GroupState::kUnchanged, updated};
  if (update_loses_place(present_, info.last_checkpoint)) return Ready{GroupState::kKept, present_};
  return Update{updated};
}

GroupUpsert::Action GroupUpsert::info_missing() { return Create{}; }

GroupUpsert::Action GroupUpsert::info_unreadable() {
  readable_ = false;
  return Create{};
}

GroupUpsert::Action GroupUpsert::created(const CallStatus& status) {
  if (status.ok()) return Ready{GroupState::kCreated, wanted_};
  // Who may not create groups may still be allowed to use one.
  if (status.code == kPermissionDenied) {
    const CallStatus refusal = missing_and_not_created(status);
    if (readable_) return Failed{refusal};
    return Ready{GroupState::kUnread, wanted_, refusal};
  }
  if (!is_group_exists(status)) return Failed{status};
  if (!readable_ || ++rounds_ >= kMaxRounds) return Ready{GroupState::kUnread, wanted_};
  return ReadInfo{};
}

GroupUpsert::Action GroupUpsert::updated(const CallStatus& status) {
  if (status.ok()) return Ready{GroupState::kUpdated, updated_settings(present_, wanted_)};
  if (is_group_missing(status) && ++rounds_ < kMaxRounds) return Create{};
  if (status.code == kPermissionDenied) return Ready{GroupState::kKept, present_};
  return Failed{status};
}

}  // namespace interconnect::next
