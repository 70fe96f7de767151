#include "adapters/grpc/io/read_call.h"

#include <string>
#include <string_view>
#include <utility>

#include "adapters/grpc/wire/page.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

// Many reads may be under way at once.
constexpr std::size_t kMaxPageBytes = 4 << 20;

}  // namespace

ReadCall::ReadCall(StreamRead read, Completed completed) : read_(std::move(read)), completed_(std::move(completed)) {}

void ReadCall::on_message(const grpc::Slice& message) {
  if (too_large_) return;
  bytes_ += message.size();
  messages_.push_back(message);
  if (bytes_ <= kMaxPageBytes || read_.count == 1) return;
  too_large_ = true;
  messages_.clear();
  cancel();
}

void ReadCall::on_done(const CallStatus& status) {
  if (too_large_) {
    completed_(status,
               StoreError{ErrorKind::kTooLarge, "read of " + excerpt(read_.stream) + ": the page is larger than " +
                                                    std::to_string(kMaxPageBytes) + " bytes"});
    return;
  }
  if (!status.ok()) {
    completed_(status, to_store_error(status, "read of " + read_.stream));
    return;
  }
  std::vector<std::string_view> messages;
  messages.reserve(messages_.size());
  for (const grpc::Slice& message : messages_) messages.push_back(view_of(message));
  std::vector<EventView> events;
  completed_(status, decode_page(read_, messages, events));
}

}  // namespace interconnect::next
