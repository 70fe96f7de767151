#pragma once

#include <string>
#include <vector>

#include "testing/eventstore/store/persistent_subscription.h"

namespace interconnect::eventstore {

// The settings that the body of PUT and POST /subscriptions/... names; what it does not name, or all if it is no JSON
// object, has the HTTP interface's defaults.
GroupSettings settings_from_json(const std::string& body);

// Whose words: 21.2.0 tells two counts more than 5.0.1. 21.10 tells positions beside the numbers of events, and 0 for
// a number that there is none of (PersistentSubscriptionController.cs).
enum class GroupForm { k5_0_1, k21_2_0, k21_10 };

// GET /subscriptions/stream/group/info.
std::string group_to_json(PersistentSubscription& group, const std::string& base_uri, GroupForm form);

// GET /subscriptions and /subscriptions/stream.
std::string groups_to_json(const std::vector<PersistentSubscription*>& groups, const std::string& base_uri);

}  // namespace interconnect::eventstore
