#ifndef TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_
#define TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_

#include <string>
#include <vector>

#include "testing/eventstore/store/persistent_subscription.h"

namespace interconnect::eventstore {

// The settings that the body of PUT and POST /subscriptions/... names; what it does not name, or all if it is no JSON
// object, has the HTTP interface's defaults.
GroupSettings SettingsFromJson(const std::string& body);

// GET /subscriptions/stream/group/info. The later generation tells two counts more.
std::string GroupToJson(PersistentSubscription& group, const std::string& base_uri, bool next_generation);

// GET /subscriptions and /subscriptions/stream.
std::string GroupsToJson(const std::vector<PersistentSubscription*>& groups, const std::string& base_uri);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_HTTP_GROUP_JSON_H_
