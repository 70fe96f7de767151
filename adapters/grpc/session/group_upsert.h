#pragma once

#include <optional>
#include <string>
#include <variant>

#include "adapters/grpc/wire/group_info.h"
#include "adapters/grpc/wire/status.h"
#include "domain/subscription.h"
#include "ports/event_source.h"

namespace interconnect::next {

// Sees to it that a consumer group exists with the wanted settings. It is updated only if they differ, because an
// update drops everyone who is connected to the group. Each step returns what is to be done next.
class GroupUpsert {
 public:
  struct ReadInfo {};  // -> info_read(), info_missing() or info_unreadable()
  struct Create {};    // -> created()
  struct Update {      // -> updated()
    GroupSettings settings;
  };
  struct Ready {
    GroupState state = GroupState::kUnchanged;
    GroupSettings effective;
    std::optional<CallStatus> not_created = std::nullopt;  // why, of one that may be missing
  };
  struct Failed {
    CallStatus status;
  };
  using Action = std::variant<ReadInfo, Create, Update, Ready, Failed>;

  explicit GroupUpsert(GroupSettings wanted) : wanted_(std::move(wanted)) {}

  Action start() const { return ReadInfo{}; }
  Action info_read(const GroupInfo& info);
  Action info_missing();
  Action info_unreadable();
  Action created(const CallStatus& status);
  Action updated(const CallStatus& status);

 private:
  GroupSettings wanted_;
  GroupSettings present_;  // as read
  bool readable_ = true;
  int rounds_ = 0;  // of creating what exists and updating what does not: others may be at work on the group
};

}  // namespace interconnect::next
