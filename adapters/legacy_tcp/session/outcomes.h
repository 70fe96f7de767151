#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/legacy_tcp/session/group_command.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "domain/append.h"
#include "domain/stream_read.h"

// The server's answers in the words of the ports.
namespace interconnect::legacy {

AppendOutcome append_outcome(std::string_view stream, const WriteEventsCompleted& reply);

// `events` takes what the page points to.
ReadOutcome read_outcome(std::string_view stream, const ReadStreamEventsCompleted& reply,
                         std::vector<EventView>& events);

GroupOutcome group_outcome(GroupCommand command, const GroupCommandCompleted& reply);

StoreError not_handled_error(const NotHandled& reply);
StoreError not_authenticated_error(std::string_view reason);

}  // namespace interconnect::legacy
