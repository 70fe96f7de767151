#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/subscription.h"
#include "ports/store_inspector.h"

namespace interconnect {

// Which projections fill a stream, by the stream's name.
using ProjectionFeeders = std::map<std::string, std::vector<std::string>>;

// Those that the subscribed streams' own names tell.
ProjectionFeeders named_feeders(const std::vector<Subscription>& subscriptions);

// Those among the users' projections whose definitions name a subscribed stream; asks for one definition after the
// other. Calls back once, with nothing if there was no answer for now; where the server does not let us ask, there are
// none. The inspector must outlive it, or never answer.
void find_user_feeders(StoreInspector& inspector, const std::vector<Subscription>& subscriptions,
                       std::function<void(const std::optional<ProjectionFeeders>&)> done);

}  // namespace interconnect
