#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/store_inspector.h"

// The JSON bodies of the HTTP API's answers. Each reads as nothing if it is not what it should be.
namespace interconnect::http_api {

// GET /info
std::optional<ServerInfo> decode_server(std::string_view body);

// GET /subscriptions/STREAM/GROUP/info. Nothing as well if it is about another group.
std::optional<ConsumerGroupInfo> decode_consumer_group(std::string_view body, std::string_view stream,
                                                       std::string_view group);

// GET /projection/NAME/statistics
std::optional<ProjectionInfo> decode_projection(std::string_view body);

// GET /projections/all-non-transient
std::optional<std::vector<std::string>> decode_projections(std::string_view body);

// GET /projection/NAME/query?config=yes
std::optional<ProjectionDefinition> decode_projection_definition(std::string_view body);

// GET /users/$current
std::optional<UserInfo> decode_user(std::string_view body);

}  // namespace interconnect::http_api
