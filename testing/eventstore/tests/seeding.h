#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "testing/wire/conversation.h"

namespace interconnect::eventstore {

// A request to the admin port, or else to the HTTP port, that brings about what happened beside a recorded
// conversation, on connections that were not recorded.
struct SideRequest {
  // Goes out before the conversation's step of this number.
  int before_seq = 0;
  bool admin = false;
  std::string method;
  std::string target;
  std::string body;
  std::string headers;
};

// Headers for `SideRequest` and Http().
inline constexpr char kAsAdmin[] = "Authorization: Basic YWRtaW46Y2hhbmdlaXQ=\r\nContent-Type: application/json\r\n";

// What the conversation itself does not tell.
struct SeedingHints {
  // For groups whose settings the conversation does not tell, and for those of certain names.
  std::string group_settings = "{\"startFrom\":0}";
  std::map<std::string, std::string> settings_of_group = {};
  // Steps with positions of the log whose events were there before the subscription all the same.
  std::set<int> caught_up = {};
  // Whether the events of $-streams are written, too, which otherwise the server itself writes.
  bool whole_log = false;
};

// The writes and groups without which the server could not have answered as it did: every event that it tells and that
// nobody wrote in the conversation is written before the read that tells it, or before its push; every group that is
// connected to or told by an answer and was not created is created, with the settings that the conversation tells, else
// with those of the hints. In order.
std::vector<SideRequest> plan_seeding(const wire::Conversation& conversation, const SeedingHints& hints);

}  // namespace interconnect::eventstore
