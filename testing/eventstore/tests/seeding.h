#ifndef TESTING_EVENTSTORE_TESTS_SEEDING_H_
#define TESTING_EVENTSTORE_TESTS_SEEDING_H_

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

// The writes and groups without which the server could not have answered as it did: every event that it tells and that
// nobody wrote in the conversation is written before the read that tells it, or before its push; every group that is
// connected to and was not created is created, with the settings that the conversation tells, else with
// `group_settings`. In order.
std::vector<SideRequest> PlanSeeding(const wire::Conversation& conversation, const std::string& group_settings);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_TESTS_SEEDING_H_
