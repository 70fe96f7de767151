#include "adapters/grpc/wire/page.h"

#include <limits>
#include <utility>

#include "adapters/grpc/wire/decode.h"
#include "domain/excerpt.h"

namespace interconnect::next {

ReadOutcome decode_page(const StreamRead& read, std::span<const std::string_view> messages,
                        std::vector<EventView>& events) {
  StreamPage page;
  events.clear();
  for (const std::string_view message : messages) {
    const ReadMessage decoded = decode_read_message(message);
    if (const auto* malformed = std::get_if<Malformed>(&decoded)) {
      return StoreError{ErrorKind::kUnavailable, "read of " + excerpt(read.stream) + ": " + malformed->reason};
    }
    if (std::holds_alternative<StreamNotFound>(decoded)) page.stream_exists = false;
    // Links are not resolved: what is read is always the event itself.
    if (const auto* pushed = std::get_if<PushedEvent>(&decoded); pushed != nullptr && pushed->event) {
      events.push_back(*pushed->event);
    }
  }
  page.events = events;
  const bool forward = read.direction == ReadDirection::kForward;
  if (!page.stream_exists || events.size() < static_cast<std::size_t>(read.count)) {
    page.end_of_stream = true;
  } else if (forward) {
    page.end_of_stream = events.back().revision == std::numeric_limits<Revision>::max();
    page.next = page.end_of_stream ? 0 : events.back().revision + 1;
  } else {
    page.end_of_stream = events.back().revision == 0;
    page.next = page.end_of_stream ? 0 : events.back().revision - 1;
  }
  return page;
}

}  // namespace interconnect::next
