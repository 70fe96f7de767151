#ifndef TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_
#define TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_

#include <string>
#include <vector>

#include "testing/eventstore/store/persistent_subscription.h"

namespace interconnect::eventstore {

// The settings that the body of PUT and POST /subscriptions/... names; what it does not name, or all if it is no JSON
// object, has the HTTP interface's defaults.
GroupSettings SettingsFromJson(const std::string& body);

// Whose words: 21.2.0 tells two counts more than 5.0.1. 21.10 tells positions beside the numbers of events, and 0 for
// a number that there is none of (PersistentSubscriptionController.cs).
enum class GroupForm { k5_0_1, k21_2_0, k21_10 };

// GET /subscriptions/stream/group/info.
std::string GroupToJson(PersistentSubscription& group, const std::string& base_uri, GroupForm form);

// GET /subscriptions and /subscriptions/stream.
std::string GroupsToJson(const std::vector<PersistentSubscription*>& groups, const std::string& base_uri);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_
