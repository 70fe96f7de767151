#include "testing/eventstore/legacy/codec.h"

#include <algorithm>
#include <map>

#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

// 100 ns from year 1 to 1970, which is where `created` counts from.
constexpr std::int64_t kTicksAtEpoch = 621355968000000000;

void append_header(Command command, std::string_view correlation_id, std::size_t payload_size, std::string* out) {
  const std::size_t size = kPackageHeader + payload_size;
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(size >> shift));
  out->push_back(static_cast<char>(command));
  out->push_back(0);
  out->append(correlation_id);
}

std::string id_bytes(const EventId& id) {
  const EventId swapped = swap_net_order({reinterpret_cast<const char*>(id.data()), id.size()});
  return std::string(reinterpret_cast<const char*>(swapped.data()), swapped.size());
}

}  // namespace

std::optional<Package> parse_package(std::string_view bytes, std::string* error) {
  if (bytes.size() < kPackageHeader) {
    *error = "System.ArgumentException: ArraySegment too short, length: " + std::to_string(bytes.size());
    return std::nullopt;
  }
  Package package;
  package.command = static_cast<Command>(bytes[0]);
  package.flags = static_cast<std::uint8_t>(bytes[1]);
  package.correlation_id = bytes.substr(2, 16);
  std::size_t at = kPackageHeader;
  if ((package.flags & kFlagAuthenticated) != 0) {
    for (auto [field, name] : {std::pair{&package.login, "Login"}, std::pair{&package.password, "Password"}}) {
      const std::size_t size = at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0;
      if (at >= bytes.size() || at + 1 + size > bytes.size()) {
        *error = std::string("System.Exception: ") + name + " length is too big, it does not fit into TcpPackage.";
        return std::nullopt;
      }
      *field = bytes.substr(at + 1, size);
      at += 1 + size;
    }
  }
  package.payload = bytes.substr(at);
  return package;
}

void append_package(Command command, std::string_view correlation_id, std::string_view payload, std::string* out) {
  append_header(command, correlation_id, payload.size(), out);
  out->append(payload);
}

void append_package(Command command, std::string_view correlation_id, const google::protobuf::MessageLite& message,
                    std::string* out) {
  const std::size_t size = message.ByteSizeLong();
  append_header(command, correlation_id, size, out);
  const std::size_t at = out->size();
  out->resize(at + size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out->data() + at));
}

std::string command_name(Command command) {
  static const std::map<Command, std::string> kNames = {
      {Command::kWriteEvents, "WriteEvents"},
      {Command::kDeleteStream, "DeleteStream"},
      {Command::kTransactionStart, "TransactionStart"},
      {Command::kTransactionWrite, "TransactionWrite"},
      {Command::kTransactionCommit, "TransactionCommit"},
      {Command::kReadEvent, "ReadEvent"},
      {Command::kReadStreamEventsForward, "ReadStreamEventsForward"},
      {Command::kReadStreamEventsBackward, "ReadStreamEventsBackward"},
      {Command::kReadAllEventsForward, "ReadAllEventsForward"},
      {Command::kReadAllEventsBackward, "ReadAllEventsBackward"},
      {Command::kSubscribeToStream, "SubscribeToStream"},
      {Command::kConnectToPersistentSubscription, "ConnectToPersistentSubscription"},
      {Command::kCreatePersistentSubscription, "CreatePersistentSubscription"},
      {Command::kDeletePersistentSubscription, "DeletePersistentSubscription"},
      {Command::kUpdatePersistentSubscription, "UpdatePersistentSubscription"},
      {Command::kPersistentSubscriptionAckEvents, "PersistentSubscriptionAckEvents"},
      {Command::kPersistentSubscriptionNakEvents, "PersistentSubscriptionNakEvents"},
  };
  auto it = kNames.find(command);
  return it != kNames.end() ? it->second : std::to_string(static_cast<int>(command));
}

bool is_reply(Command command) {
  switch (command) {
    case Command::kWriteEventsCompleted:
    case Command::kDeleteStreamCompleted:
    case Command::kReadEventCompleted:
    case Command::kReadStreamEventsForwardCompleted:
    case Command::kReadStreamEventsBackwardCompleted:
    case Command::kReadAllEventsForwardCompleted:
    case Command::kReadAllEventsBackwardCompleted:
    case Command::kNotHandled:
    case Command::kNotAuthenticated:
    case Command::kPong:
      return true;
    default:
      return false;
  }
}

EventId swap_net_order(std::string_view bytes) {
  static constexpr std::uint8_t kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  EventId id{};
  for (std::size_t i = 0; i < id.size() && i < bytes.size(); ++i) id[i] = static_cast<std::uint8_t>(bytes[kOrder[i]]);
  return id;
}

void fill_record(const Record& record, dto::EventRecord* out) {
  out->set_event_stream_id(record.stream_name());
  out->set_event_number(record.number);
  out->set_event_id(id_bytes(record.id));
  out->set_event_type(record.type);
  out->set_data_content_type(record.is_json ? 1 : 0);
  out->set_metadata_content_type(record.is_json ? 1 : 0);
  out->set_data(record.data);
  out->set_metadata(record.metadata);
  out->set_created(record.created + kTicksAtEpoch);
  out->set_created_epoch(record.created / kTicksPerMillisecond);
}

void fill_indexed(const ResolvedEvent& event, dto::ResolvedIndexedEvent* out) {
  if (event.event != nullptr) fill_record(*event.event, out->mutable_event());
  if (event.link != nullptr) fill_record(*event.link, out->mutable_link());
}

void fill_resolved(const ResolvedEvent& event, dto::ResolvedEvent* out) {
  if (event.event != nullptr) fill_record(*event.event, out->mutable_event());
  if (event.link != nullptr) fill_record(*event.link, out->mutable_link());
  out->set_commit_position(event.original().position);
  out->set_prepare_position(event.original().position);
}

}  // namespace interconnect::eventstore
