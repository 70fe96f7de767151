#include "testing/eventstore/legacy/tcp_connection.h"

#include <algorithm>
#include <limits>

#include "boost/asio/post.hpp"
#include "testing/eventstore/legacy/tcp_subscriptions.h"
#include "testing/eventstore/legacy/without_zeros.h"

namespace interconnect::eventstore {
namespace {

constexpr std::int64_t kInvalid = std::numeric_limits<std::int32_t>::min();
constexpr std::size_t kReadSize = 256 * 1024;
// Event.cs: above it "Record is too big". A type counts two bytes a character.
constexpr std::size_t kMaxEventSize = 16 * 1024 * 1024 - 10'000;
constexpr int kMaxPageSize = 4096;
// A GUID of zeros is none.
const std::string kNoGuid(16, '\0');

bool is_expected_version(std::int64_t version) { return version >= kStreamExists && version != -3; }

std::string message_of(dto::OperationResult result) {
  switch (result) {
    case dto::PrepareTimeout:
      return "Prepare phase timeout.";
    case dto::CommitTimeout:
      return "Commit phase timeout.";
    case dto::ForwardTimeout:
      return "Forward timeout.";
    case dto::WrongExpectedVersion:
      return "Wrong expected version.";
    case dto::StreamDeleted:
      return "Stream is deleted.";
    case dto::InvalidTransaction:
      return "Invalid transaction.";
    case dto::AccessDenied:
      return "Access denied.";
    default:
      return "";
  }
}

dto::OperationResult to_dto(WriteResult result) {
  switch (result) {
    case WriteResult::kSuccess:
      return dto::Success;
    case WriteResult::kWrongExpectedVersion:
      return dto::WrongExpectedVersion;
    case WriteResult::kStreamDeleted:
      return dto::StreamDeleted;
    case WriteResult::kAccessDenied:
      return dto::AccessDenied;
  }
  return dto::Success;
}

dto::ReadStreamEventsCompleted::ReadStreamResult stream_result(ReadResult result) {
  switch (result) {
    case ReadResult::kNoStream:
      return dto::ReadStreamEventsCompleted::NoStream;
    case ReadResult::kStreamDeleted:
      return dto::ReadStreamEventsCompleted::StreamDeleted;
    case ReadResult::kAccessDenied:
      return dto::ReadStreamEventsCompleted::AccessDenied;
    default:
      return dto::ReadStreamEventsCompleted::Success;
  }
}

dto::ReadEventCompleted::ReadEventResult event_result(ReadResult result) {
  switch (result) {
    case ReadResult::kNotFound:
      return dto::ReadEventCompleted::NotFound;
    case ReadResult::kNoStream:
      return dto::ReadEventCompleted::NoStream;
    case ReadResult::kStreamDeleted:
      return dto::ReadEventCompleted::StreamDeleted;
    case ReadResult::kAccessDenied:
      return dto::ReadEventCompleted::AccessDenied;
    case ReadResult::kSuccess:
      break;
  }
  return dto::ReadEventCompleted::Success;
}

template <class Message>
GroupSettings settings_of(const Message& m) {
  GroupSettings s;
  s.resolve_link_tos = m.resolve_link_tos();
  s.start_from = m.start_from();
  s.extra_statistics = m.record_statistics();
  s.message_timeout_ms = m.message_timeout_milliseconds();
  s.max_retry_count = m.max_retry_count();
  s.live_buffer_size = m.live_buffer_size();
  s.buffer_size = m.buffer_size();
  s.read_batch_size = m.read_batch_size();
  s.check_point_after_ms = m.checkpoint_after_time();
  s.min_check_point_count = m.checkpoint_min_count();
  s.max_check_point_count = m.checkpoint_max_count();
  s.max_subscriber_count = m.subscriber_max_count();
  s.named_consumer_strategy = m.has_named_consumer_strategy() ? m.named_consumer_strategy()
                              : m.prefer_round_robin()        ? "RoundRobin"
                                                              : "DispatchToSingle";
  return s;
}

}  // namespace

TcpConnection::TcpConnection(Node& node, std::unique_ptr<ByteStream> stream)
    : node_(node), stream_(std::move(stream)), in_(kReadSize, '\0') {}

TcpConnection::~TcpConnection() = default;

void TcpConnection::start() {
  number_ = node_.add_connection([this] {
    stream_->reset();
    close();
  });
  schedule_heartbeat();
  read();
}

void TcpConnection::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  node_.remove_connection(number_);
  volatile_.clear();
  for (auto& [id, client] : persistent_) node_.groups().remove_client(client.get());
  stream_->close();
}

void TcpConnection::read() {
  if (in_.size() - filled_ < kReadSize / 4) in_.resize(in_.size() * 2);
  stream_->read_some(in_.data() + filled_, in_.size() - filled_,
                     [self = shared_from_this()](bool ok, std::size_t size) {
                       if (self->closed_) return;
                       if (!ok) {
                         self->close();
                         return;
                       }
                       self->received(size);
                       if (!self->closed_ && !self->closing_) self->read();
                     });
}

void TcpConnection::received(std::size_t size) {
  ++message_number_;
  filled_ += size;
  std::string_view left(in_.data(), filled_);
  while (left.size() >= 4 && !closing_) {
    std::uint32_t length = 0;
    for (int i = 0; i < 4; ++i) length |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(left[i])) << (8 * i);
    if (length == 0 || length > kMaxPackageSize) {
      bad_request_and_close(kNoGuid, "Invalid TCP frame received. Error: Package size is out of bounds: " +
                                         std::to_string(static_cast<std::int32_t>(length)) +
                                         " (max: " + std::to_string(kMaxPackageSize) + ")..");
      return;
    }
    if (left.size() - 4 < length) break;
    std::string error;
    const auto package = parse_package(left.substr(4, length), &error);
    if (!package) {
      bad_request_and_close(kNoGuid, "Received bad network package. Error: " + error);
      return;
    }
    if (!node_.misbehaviour().silent) process(*package);
    left.remove_prefix(4 + length);
  }
  std::copy(left.begin(), left.end(), in_.begin());
  filled_ = left.size();
}

void TcpConnection::process(const Package& package) {
  if ((package.flags & kFlagTrustedWrite) != 0) {
    bad_request_and_close(package.correlation_id, "Trusted writes aren't accepted over the external TCP interface");
    return;
  }
  switch (package.command) {
    case Command::kHeartbeatResponse:
    case Command::kBadRequest:
      return;
    case Command::kHeartbeatRequest:
      send(Command::kHeartbeatResponse, package.correlation_id, "");
      return;
    case Command::kIdentifyClient: {
      dto::IdentifyClient message;
      if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) return;
      connection_name_ = message.connection_name();
      send(Command::kClientIdentified, package.correlation_id, "");
      return;
    }
    case Command::kAuthenticate:
      if ((package.flags & kFlagAuthenticated) == 0) {
        send(Command::kNotAuthenticated, package.correlation_id, "No user credentials provided.");
        return;
      }
      default_login_.emplace(package.login, package.password);
      if (node_.insecure() || node_.authenticate(default_login_->first, default_login_->second) != nullptr) {
        send(Command::kAuthenticated, package.correlation_id, "");
      } else {
        send(Command::kNotAuthenticated, package.correlation_id, "Unauthorized");
      }
      return;
    default:
      break;
  }
  const User* user = nullptr;
  if ((package.flags & kFlagAuthenticated) != 0 || default_login_) {
    const bool own = (package.flags & kFlagAuthenticated) != 0;
    user = own ? node_.authenticate(std::string(package.login), std::string(package.password))
               : node_.authenticate(default_login_->first, default_login_->second);
    if (user == nullptr && !node_.insecure()) {
      send(Command::kNotAuthenticated, package.correlation_id, "Not Authenticated");
      return;
    }
  }
  if (node_.insecure()) user = EventStore::system();
  dispatch(package, user);
}

void TcpConnection::dispatch(const Package& package, const User* user) {
  switch (package.command) {
    case Command::kPing:
      return send(Command::kPong, package.correlation_id, package.payload);
    case Command::kWriteEvents:
      return write_events(package, user);
    case Command::kDeleteStream:
      return delete_stream(package, user);
    case Command::kReadEvent:
      return read_event(package, user);
    case Command::kReadStreamEventsForward:
      return read_stream(package, user, true);
    case Command::kReadStreamEventsBackward:
      return read_stream(package, user, false);
    case Command::kReadAllEventsForward:
      return read_all(package, user, true);
    case Command::kReadAllEventsBackward:
      return read_all(package, user, false);
    case Command::kSubscribeToStream:
      return subscribe(package, user);
    case Command::kFilteredSubscribeToStream:
      return has_filters() ? subscribe_filtered(package, user) : bad_request(package);
    case Command::kFilteredReadAllEventsForward:
      return has_filters() ? read_all_filtered(package, user) : bad_request(package);
    case Command::kUnsubscribeFromStream:
      return unsubscribe(package);
    case Command::kConnectToPersistentSubscription:
      return connect_persistent(package, user);
    case Command::kPersistentSubscriptionAckEvents:
      return acknowledge(package, false);
    case Command::kPersistentSubscriptionNakEvents:
      return acknowledge(package, true);
    case Command::kCreatePersistentSubscription:
      return manage_group<dto::CreatePersistentSubscription, dto::CreatePersistentSubscriptionCompleted>(
          package, user, Command::kCreatePersistentSubscriptionCompleted);
    case Command::kUpdatePersistentSubscription:
      return manage_group<dto::UpdatePersistentSubscription, dto::UpdatePersistentSubscriptionCompleted>(
          package, user, Command::kUpdatePersistentSubscriptionCompleted);
    case Command::kDeletePersistentSubscription:
      return manage_group<dto::DeletePersistentSubscription, dto::DeletePersistentSubscriptionCompleted>(
          package, user, Command::kDeletePersistentSubscriptionCompleted);
    default:
      if (!is_reply(package.command)) bad_request(package);
  }
}

bool TcpConnection::not_handled(const Package& package, bool needs_master) {
  const Misbehaviour& m = node_.misbehaviour();
  if (!needs_master || (node_.ready() && m.leader_host.empty())) return false;
  dto::NotHandled message;
  message.set_reason(dto::NotHandled::NotReady);
  if (node_.ready()) {
    dto::NotHandled::MasterInfo leader;
    leader.set_external_tcp_address(m.leader_host);
    leader.set_external_tcp_port(m.leader_tcp_port);
    leader.set_external_http_address(m.leader_host);
    leader.set_external_http_port(m.leader_http_port);
    if (!node_.options().tls_cert.empty()) {
      leader.set_external_secure_tcp_address(m.leader_host);
      leader.set_external_secure_tcp_port(m.leader_tcp_port);
    }
    message.set_reason(dto::NotHandled::NotMaster);
    message.set_additional_info(leader.SerializeAsString());
  }
  send(Command::kNotHandled, package.correlation_id, message);
  return true;
}

void TcpConnection::write_events(const Package& package, const User* user) {
  dto::WriteEvents message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())) ||
      message.event_stream_id().empty() || !is_expected_version(message.expected_version())) {
    return bad_request(package);
  }
  std::vector<NewEvent> events;
  events.reserve(static_cast<std::size_t>(message.events_size()));
  for (dto::NewEvent& e : *message.mutable_events()) {
    if (e.event_id().size() != 16 || e.event_id() == kNoGuid || e.event_type().empty() ||
        e.data().size() + e.metadata().size() + 2 * e.event_type().size() > kMaxEventSize) {
      return bad_request(package);
    }
    events.push_back({swap_net_order(e.event_id()), std::move(*e.mutable_event_type()), e.data_content_type() == 1,
                      std::move(*e.mutable_data()), std::move(*e.mutable_metadata())});
  }
  if (not_handled(package, true)) return;
  auto done = [weak = weak_from_this(), id = std::string(package.correlation_id)](const Node::AppendReply& reply) {
    auto self = weak.lock();
    if (self == nullptr) return;
    dto::OperationResult result = to_dto(reply.outcome.result);
    if (!reply.refused_with.empty()) {
      dto::NotHandled::NotHandledReason reason;
      if (dto::NotHandled::NotHandledReason_Parse(reply.refused_with, &reason)) {
        dto::NotHandled not_handled;
        not_handled.set_reason(reason);
        return self->send(Command::kNotHandled, id, not_handled);
      }
      if (!dto::OperationResult_Parse(reply.refused_with, &result)) {
        return self->send(Command::kBadRequest, id, reply.refuse_message);
      }
    }
    dto::WriteEventsCompleted completed;
    completed.set_result(result);
    if (result == dto::Success) {
      completed.set_first_event_number(reply.outcome.first);
      completed.set_last_event_number(reply.outcome.last);
      completed.set_prepare_position(reply.outcome.idempotent ? -1 : reply.outcome.position);
      completed.set_commit_position(reply.outcome.idempotent ? -1 : reply.outcome.position);
      completed.set_current_version(0);
    } else {
      completed.set_message(reply.refuse_message.empty() ? message_of(result) : reply.refuse_message);
      completed.set_first_event_number(kInvalid);
      completed.set_last_event_number(kInvalid);
      completed.set_prepare_position(kInvalid);
      completed.set_commit_position(0);
      completed.set_current_version(result == dto::WrongExpectedVersion ? reply.outcome.current_version : -1);
    }
    self->send(Command::kWriteEventsCompleted, id, completed);
  };
  node_.append(message.event_stream_id(), message.expected_version(), std::move(events), user, std::move(done));
}

void TcpConnection::delete_stream(const Package& package, const User* user) {
  dto::DeleteStream message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())) ||
      message.event_stream_id().empty() || !is_expected_version(message.expected_version())) {
    return bad_request(package);
  }
  if (not_handled(package, true)) return;
  const DeleteOutcome outcome =
      node_.store().delete_stream(message.event_stream_id(), message.expected_version(), message.hard_delete(), user);
  dto::DeleteStreamCompleted completed;
  completed.set_result(to_dto(outcome.result));
  if (outcome.result != WriteResult::kSuccess) completed.set_message(message_of(completed.result()));
  completed.set_prepare_position(outcome.position);
  completed.set_commit_position(outcome.position);
  send(Command::kDeleteStreamCompleted, package.correlation_id, completed);
}

void TcpConnection::read_event(const Package& package, const User* user) {
  dto::ReadEvent message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())) ||
      message.event_stream_id().empty() || message.event_number() < -1) {
    return bad_request(package);
  }
  if (not_handled(package, message.require_master())) return;
  const EventPage page =
      node_.store().read_event(message.event_stream_id(), message.event_number(), message.resolve_link_tos(), user);
  dto::ReadEventCompleted completed;
  ReadResult result = page.result;
  // A $-stream whose plain namesake exists is there, if empty: its first read is no error
  // (StorageReaderWorker.ReadEvent).
  const std::string& name = message.event_stream_id();
  if ((result == ReadResult::kNoStream || result == ReadResult::kNotFound) && is_metastream(name)) {
    const std::int64_t last = node_.store().last_event_number(original_stream_of(name));
    if (last != kNoStream && last != kDeletedStream) result = ReadResult::kSuccess;
  }
  completed.set_result(event_result(result));
  completed.mutable_event();
  if (page.result == ReadResult::kSuccess) fill_indexed(page.event, completed.mutable_event());
  send(Command::kReadEventCompleted, package.correlation_id, completed);
}

void TcpConnection::read_stream(const Package& package, const User* user, bool forward) {
  dto::ReadStreamEvents message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size())) ||
      message.event_stream_id().empty() ||
      (forward ? message.from_event_number() < 0 : message.from_event_number() < -1)) {
    return bad_request(package);
  }
  if (not_handled(package, message.require_master())) return;
  dto::ReadStreamEventsCompleted completed;
  completed.set_last_commit_position(node_.store().last_position());
  const Command reply =
      forward ? Command::kReadStreamEventsForwardCompleted : Command::kReadStreamEventsBackwardCompleted;
  if (message.max_count() <= 0 || message.max_count() > kMaxPageSize) {
    completed.set_result(dto::ReadStreamEventsCompleted::Error);
    completed.set_next_event_number(-1);
    completed.set_last_event_number(-1);
    completed.set_is_end_of_stream(true);
    completed.set_error(message.max_count() > 0 ? "Read size too big, should be less than 4096 items"
                                                : "maxCount should be positive.\nParameter name: maxCount");
    return send(reply, package.correlation_id, completed);
  }
  const StreamPage page = forward ? node_.store().read_forward(message.event_stream_id(), message.from_event_number(),
                                                               message.max_count(), message.resolve_link_tos(), user)
                                  : node_.store().read_backward(message.event_stream_id(), message.from_event_number(),
                                                                message.max_count(), message.resolve_link_tos(), user);
  for (const ResolvedEvent& event : page.events) fill_indexed(event, completed.add_events());
  completed.set_result(stream_result(page.result));
  completed.set_next_event_number(page.next);
  completed.set_last_event_number(page.last);
  completed.set_is_end_of_stream(page.is_end_of_stream);
  completed.set_error("");
  send(reply, package.correlation_id, completed);
}

void TcpConnection::read_all(const Package& package, const User* user, bool forward) {
  dto::ReadAllEvents message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  if (not_handled(package, message.require_master())) return;
  const std::int64_t end = node_.store().end_position();
  LogPosition from{message.commit_position(), message.prepare_position()};
  if (from.commit == -1 && from.prepare == -1) from = {end, end};
  dto::ReadAllEventsCompleted completed;
  completed.set_commit_position(from.commit);
  completed.set_prepare_position(from.prepare);
  completed.set_next_commit_position(-1);
  completed.set_next_prepare_position(-1);
  const Command reply = forward ? Command::kReadAllEventsForwardCompleted : Command::kReadAllEventsBackwardCompleted;
  const AllPage page =
      forward ? node_.store().read_all_forward(from, message.max_count(), message.resolve_link_tos(), user)
              : node_.store().read_all_backward(from, message.max_count(), message.resolve_link_tos(), user);
  std::string error;
  if (from.commit < 0 || from.prepare < 0) {
    error = "Invalid position.";
  } else if (message.max_count() > kMaxPageSize) {
    error = "Read size too big, should be less than 4096 items";
  } else if (!node_.store().is_record_position(from.commit)) {
    error = "Log record at actual pos " + std::to_string(from.commit) + " is no record.";
  }
  if (page.result == ReadResult::kAccessDenied) {
    completed.set_result(dto::ReadAllEventsCompleted::AccessDenied);
  } else if (!error.empty()) {
    completed.set_result(dto::ReadAllEventsCompleted::Error);
    completed.set_error(error);
  } else {
    for (const ResolvedEvent& event : page.events) fill_resolved(event, completed.add_events());
    completed.set_next_commit_position(page.next.commit);
    completed.set_next_prepare_position(page.next.prepare);
  }
  send(reply, package.correlation_id, completed);
}

template <class Message, class Completed>
void TcpConnection::manage_group(const Package& package, const User* user, Command reply) {
  Message message;
  if (!message.ParseFromArray(package.payload.data(), static_cast<int>(package.payload.size()))) {
    return bad_request(package);
  }
  if (not_handled(package, true)) return;
  Completed completed;
  auto result = [](const GroupOutcome& outcome) {
    switch (outcome.result) {
      case GroupResult::kSuccess:
        return 0;
      case GroupResult::kAlreadyExists:
      case GroupResult::kDoesNotExist:
        return 1;
      case GroupResult::kFail:
        return 2;
      case GroupResult::kAccessDenied:
        return 3;
    }
    return 2;
  };
  GroupOutcome outcome;
  const std::string& stream = message.event_stream_id();
  const std::string& group = message.subscription_group_name();
  if constexpr (std::is_same_v<Message, dto::CreatePersistentSubscription>) {
    outcome = node_.groups().create(stream, group, settings_of(message), user);
    completed.set_result(
        static_cast<dto::CreatePersistentSubscriptionCompleted::CreatePersistentSubscriptionResult>(result(outcome)));
  } else if constexpr (std::is_same_v<Message, dto::UpdatePersistentSubscription>) {
    outcome = node_.groups().update(stream, group, settings_of(message), user);
    completed.set_result(
        static_cast<dto::UpdatePersistentSubscriptionCompleted::UpdatePersistentSubscriptionResult>(result(outcome)));
  } else {
    outcome = node_.groups().delete_group(stream, group, user);
    completed.set_result(
        static_cast<dto::DeletePersistentSubscriptionCompleted::DeletePersistentSubscriptionResult>(result(outcome)));
  }
  completed.set_reason(outcome.reason);
  send(reply, package.correlation_id, completed);
}

void TcpConnection::send(Command command, std::string_view correlation_id, const google::protobuf::Message& message) {
  if (closed_ || node_.misbehaviour().silent) return;
  if (node_.options().leaves_out_zeros()) {
    const std::unique_ptr<google::protobuf::Message> copy(message.New());
    copy->CopyFrom(message);
    leave_out_zeros(*copy);
    append_package(command, correlation_id, *copy, &out_);
  } else {
    append_package(command, correlation_id, message, &out_);
  }
  flush();
}

void TcpConnection::send(Command command, std::string_view correlation_id, std::string_view payload) {
  if (closed_ || node_.misbehaviour().silent) return;
  append_package(command, correlation_id, payload, &out_);
  flush();
}

void TcpConnection::bad_request(const Package& package) {
  send(Command::kBadRequest, package.correlation_id,
       "Could not unwrap network package for command " + command_name(package.command) + ".\n");
}

void TcpConnection::bad_request_and_close(std::string_view correlation_id, const std::string& text) {
  send(Command::kBadRequest, correlation_id, text);
  closing_ = true;
}

// Everything that one turn of the loop produces leaves in one write.
void TcpConnection::flush() {
  if (flush_scheduled_ || !sending_.empty()) return;
  flush_scheduled_ = true;
  boost::asio::post(node_.io(), [self = shared_from_this()] {
    self->flush_scheduled_ = false;
    if (self->closed_ || self->out_.empty()) return;
    self->sending_.swap(self->out_);
    self->stream_->write(self->sending_.data(), self->sending_.size(), [self](bool ok) {
      self->sending_.clear();
      if (!ok || (self->closing_ && self->out_.empty())) {
        self->close();
      } else if (!self->out_.empty()) {
        self->flush();
      }
    });
  });
}

// A question is asked after a whole interval in which nothing came; any byte within the timeout answers it.
void TcpConnection::schedule_heartbeat() {
  const std::uint64_t seen = message_number_;
  node_.after(node_.options().heartbeat_interval_ms, [weak = weak_from_this(), seen] {
    auto self = weak.lock();
    if (self == nullptr || self->closed_) return;
    if (self->message_number_ != seen) return self->schedule_heartbeat();
    const EventId id = new_event_id();
    self->send(Command::kHeartbeatRequest, {reinterpret_cast<const char*>(id.data()), id.size()}, "");
    self->node_.after(self->node_.options().heartbeat_timeout_ms, [weak, seen] {
      auto again = weak.lock();
      if (again == nullptr || again->closed_) return;
      if (again->message_number_ != seen) return again->schedule_heartbeat();
      again->close();
    });
  });
}

}  // namespace interconnect::eventstore
