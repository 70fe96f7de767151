#pragma once

#include <optional>

#include "domain/subscription.h"
#include "rapidjson/document.h"

namespace interconnect::http_api {

// The member "config" of a group's info. Nothing if a setting is missing or of a wrong type, or the strategy is not one
// that we know. A time that the server shows as negative, since it does not fit into its 32 bits, reads as 0.
std::optional<GroupSettings> decode_group_config(const rapidjson::Value& config);

}  // namespace interconnect::http_api
