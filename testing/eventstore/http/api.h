#pragma once

#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// What the node's own HTTP interface answers, of both generations: /info, /ping, /gossip, /stats, /streams and
// /subscriptions as far as clients of a copier use them. Anything else is 404.
void handle_http(Node& node, HttpRequest request, const HttpRespond& respond);

// The HTTP server's name in its answers.
std::string server_name(const Node& node);

}  // namespace interconnect::eventstore
