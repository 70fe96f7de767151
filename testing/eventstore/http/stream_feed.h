#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "testing/eventstore/http/http_connection.h"
#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {

// Which page of a stream is asked for: GET /streams/STREAM, /streams/STREAM/{N|head}/{N}, .../backward/{N},
// .../forward/{N} (AtomController.cs of 5.0.1).
struct FeedRequest {
  bool forward = false;
  std::int64_t from = -1;  // -1: the head
  std::int64_t count = 20;
  bool resolve_links = true;
  bool with_bodies = false;  // ?embed=body
};

// Nothing if the path or its numbers are none of these.
std::optional<FeedRequest> parse_feed_request(const HttpRequest& request);

// The page as an Atom feed in JSON, newest event first, as Convert.cs of 5.0.1 writes it, but without links and dates.
std::string feed_to_json(const std::string& stream, const FeedRequest& request, const StreamPage& page);

}  // namespace interconnect::eventstore
