#include "adapters/grpc/io/call.h"

#include <iterator>
#include <utility>

namespace interconnect::next {
namespace {

std::string trailer(const std::multimap<grpc::string_ref, grpc::string_ref>& trailers, const char* name) {
  const auto found = trailers.find(name);
  return found == trailers.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

}  // namespace

void Call::start(grpc::GenericStub& stub, const std::string& method, std::vector<grpc::ByteBuffer> messages,
                 const Options& options, std::shared_ptr<Inbox> inbox) {
  const std::lock_guard lock(mutex_);
  inbox_ = std::move(inbox);
  stays_open_ = options.stays_open;
  std::move(messages.begin(), messages.end(), std::back_inserter(messages_));
  if (options.timeout.count() > 0) context_.set_deadline(std::chrono::system_clock::now() + options.timeout);
  // The headers leave together with the first message.
  context_.set_initial_metadata_corked(true);
  stub.PrepareBidiStreamingCall(&context_, method, {}, this);
  // Messages that are sent later are sent from outside of the reactor: the call must not end meanwhile.
  if (stays_open_) AddHold();
  StartRead(&incoming_);
  write_next();
  StartCall();
}

void Call::refuse(CallStatus status, std::shared_ptr<Inbox> inbox) {
  status_ = std::move(status);
  inbox_ = std::move(inbox);
  inbox_->push({this, Input::Kind::kDone, {}});
}

void Call::send(grpc::ByteBuffer message) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  messages_.push_back(std::move(message));
  write_next();
}

void Call::write_next() {
  if (writing_ || messages_.empty()) return;
  writing_ = true;
  outgoing_ = std::move(messages_.front());
  messages_.pop_front();
  grpc::WriteOptions options;
  if (!messages_.empty()) {
    // More follows at once: let the transport put it all into few packets.
    options.set_buffer_hint();
    StartWrite(&outgoing_, options);
  } else if (stays_open_) {
    StartWrite(&outgoing_, options);
  } else {
    StartWriteLast(&outgoing_, options);
  }
}

void Call::OnReadDone(bool ok) {
  if (!ok) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (stays_open_) RemoveHold();
    return;
  }
  inbox_->push({this, Input::Kind::kMessage, std::move(incoming_)});
  incoming_.Clear();
  StartRead(&incoming_);
}

void Call::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (!ok) {
    messages_.clear();
  } else if (!messages_.empty()) {
    write_next();
  } else if (stays_open_) {
    inbox_->push({this, Input::Kind::kWrote, {}});
  }
}

void Call::OnDone(const grpc::Status& status) {
  std::shared_ptr<Inbox> inbox;
  {
    const std::lock_guard lock(mutex_);
    const auto& trailers = context_.GetServerTrailingMetadata();
    status_.code = status.error_code();
    status_.message = status.error_message();
    status_.exception = trailer(trailers, "exception");
    status_.leader_host = trailer(trailers, "leader-endpoint-host");
    status_.leader_port = trailer(trailers, "leader-endpoint-port");
    status_.append_limit = trailer(trailers, "maximum-append-size");
    status_.append_event_limit = trailer(trailers, "maximum-append-event-size");
    inbox = inbox_;
  }
  // From here on the call may be gone.
  inbox->push({this, Input::Kind::kDone, {}});
}

grpc::ByteBuffer to_byte_buffer(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

grpc::Slice to_slice(const grpc::ByteBuffer& message) {
  grpc::Slice slice;
  if (!message.Valid()) return slice;
  if (!message.TrySingleSlice(&slice).ok() && !message.DumpToSingleSlice(&slice).ok()) return {};
  return slice;
}

}  // namespace interconnect::next
