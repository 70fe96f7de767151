#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/grpc/wire/decode.h"
#include "adapters/grpc/wire/page.h"

namespace interconnect::next {
namespace {

void check_view(std::string_view view, std::string_view message) {
  if (view.empty()) return;
  const std::less<const char*> before;
  const bool within =
      !before(view.data(), message.data()) && !before(message.data() + message.size(), view.data() + view.size());
  if (!within) std::abort();
}

void check_event(const EventView& event, std::string_view message) {
  if (event.stream.empty() || event.revision < 0) std::abort();
  for (const std::string_view view : {event.stream, event.type, event.data, event.metadata}) check_view(view, message);
}

template <typename Message>
void check_pushed(const Message& decoded, std::string_view message) {
  const auto* pushed = std::get_if<PushedEvent>(&decoded);
  if (pushed != nullptr && pushed->event) check_event(*pushed->event, message);
}

void check_page(std::string_view message) {
  StreamRead read;
  read.stream = "stream";
  read.count = 2;
  std::vector<EventView> events;
  const std::string_view messages[] = {message, message};
  const ReadOutcome outcome = decode_page(read, messages, events);
  if (const auto* page = std::get_if<StreamPage>(&outcome)) {
    for (const EventView& event : page->events) check_event(event, message);
    if (page->next < 0) std::abort();
  }
}

}  // namespace

// The first byte tells which of the server's messages the rest is. What was decoded lies within the message, and is in
// the range that its type promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'p': {
      const SubscriptionMessage decoded = decode_subscription_message(message);
      check_pushed(decoded, message);
      if (const auto* confirmed = std::get_if<SubscriptionConfirmed>(&decoded)) check_view(confirmed->id, message);
      break;
    }
    case 'r':
      check_pushed(decode_read_message(message), message);
      check_page(message);
      break;
    case 'a': {
      const auto decoded = decode_append_response(message);
      if (const auto* appended = std::get_if<AppendSuccess>(&decoded)) {
        if (appended->appended.last_revision < kNoStream) std::abort();
      }
      break;
    }
    case 'g':
      (void)decode_cluster(message);
      break;
    default:
      (void)decode_uuid(message);
  }
  return 0;
}

}  // namespace interconnect::next
