#pragma once

#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// What tests ask of the node on a port of its own:
//   POST /misbehave   a JSON object; each member changes one thing (README.md beside this store lists them)
//   POST /load        {"events", "streams", "size", "prefix", "type", "json"}: writes so many events at once
//   POST /append/STREAM  {"events": [{"id", "type", "contentType", "data", "metadata"}]}, as /dump has them
//   GET /dump/STREAM  every event of the stream, deleted or not, as JSON with base64
//   GET /streams      the names of all streams and how many events each has
//   GET /state        connections, log size, groups
void handle_admin(Node& node, const HttpRequest& request, const HttpRespond& respond);

}  // namespace interconnect::eventstore
