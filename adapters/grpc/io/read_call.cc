#include "adapters/grpc/io/read_call.h"

#include <string_view>
#include <utility>

#include "adapters/grpc/wire/page.h"

namespace interconnect::next {

ReadCall::ReadCall(StreamRead read, std::function<void(const ReadOutcome&)> completed)
    : read_(std::move(read)), completed_(std::move(completed)) {}

void ReadCall::on_done(const CallStatus& status) {
  if (!status.ok()) {
    completed_(to_store_error(status, "read of " + read_.stream));
    return;
  }
  std::vector<std::string_view> messages;
  messages.reserve(messages_.size());
  for (const grpc::Slice& message : messages_) messages.push_back(view_of(message));
  std::vector<EventView> events;
  completed_(decode_page(read_, messages, events));
}

}  // namespace interconnect::next
