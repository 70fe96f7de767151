#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "domain/stream_read.h"

namespace interconnect::next {

// The page that the messages of an ok Streams.Read make up. `events` is the room that the page points to; the messages
// are what the events point to. The protocol has no word for the end of a stream: a page that is not full is the last
// one, since the server reads on until it has as many events as were asked for or there are no more.
// A tombstoned stream does not come here: it is an error status.
ReadOutcome decode_page(const StreamRead& read, std::span<const std::string_view> messages,
                        std::vector<EventView>& events);

}  // namespace interconnect::next
