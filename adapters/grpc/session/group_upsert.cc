#include "adapters/grpc/session/group_upsert.h"

namespace interconnect::next {
namespace {
constexpr int kMaxRounds = 3;
}  // namespace

GroupUpsert::Action GroupUpsert::info_read(const GroupInfo& info) {
  if (info.has(wanted_)) return Ready{GroupState::kUnchanged, wanted_};
  return Update{};
}

GroupUpsert::Action GroupUpsert::info_missing() { return Create{}; }

GroupUpsert::Action GroupUpsert::info_unreadable() {
  readable_ = false;
  return Create{};
}

GroupUpsert::Action GroupUpsert::created(const CallStatus& status) {
  if (status.ok()) return Ready{GroupState::kCreated, wanted_};
  if (!is_group_exists(status)) return Failed{status};
  if (!readable_ || ++rounds_ >= kMaxRounds) return Ready{GroupState::kUnread, wanted_};
  return ReadInfo{};
}

GroupUpsert::Action GroupUpsert::updated(const CallStatus& status) {
  if (status.ok()) return Ready{GroupState::kUpdated, wanted_};
  if (is_group_missing(status) && ++rounds_ < kMaxRounds) return Create{};
  return Failed{status};
}

}  // namespace interconnect::next
