#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "adapters/grpc/proto/shared.pb.h"
#include "testing/eventstore/node/options.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

namespace esdb = ::event_store::client;

inline constexpr std::uint64_t kNoPosition = std::numeric_limits<std::uint64_t>::max();

// False if the id is neither text nor two halves.
bool from_uuid(const esdb::UUID& uuid, EventId* id);
void to_uuid(const EventId& id, bool structured, esdb::UUID* out);

// The event and its link as both services' ReadEvent message has them, but for the retry count.
template <class ReadEvent>
void fill_read_event(const ResolvedEvent& event, bool structured, ReadEvent* out) {
  auto fill = [&](const Record& record, auto* recorded) {
    to_uuid(record.id, structured, recorded->mutable_id());
    recorded->mutable_stream_identifier()->set_stream_name(record.stream_name());
    recorded->set_stream_revision(static_cast<std::uint64_t>(record.number));
    const std::uint64_t position = event.has_position ? static_cast<std::uint64_t>(record.position) : kNoPosition;
    recorded->set_prepare_position(position);
    recorded->set_commit_position(position);
    auto& metadata = *recorded->mutable_metadata();
    metadata["type"] = record.type;
    metadata["created"] = std::to_string(record.created);
    metadata["content-type"] = record.is_json ? "application/json" : "application/octet-stream";
    recorded->set_custom_metadata(record.metadata);
    recorded->set_data(record.data);
  };
  if (event.event != nullptr) fill(*event.event, out->mutable_event());
  if (event.link != nullptr) fill(*event.link, out->mutable_link());
  if (event.has_position) {
    out->set_commit_position(static_cast<std::uint64_t>(event.original().position));
  } else {
    out->mutable_no_position();
  }
}

// An expected revision of a request's options; false if there is none.
template <class Options>
bool expected_of(const Options& options, std::int64_t* expected) {
  if (options.has_revision()) {
    *expected = static_cast<std::int64_t>(options.revision());
  } else if (options.has_no_stream()) {
    *expected = kNoStream;
  } else if (options.has_any()) {
    *expected = kAny;
  } else if (options.has_stream_exists()) {
    *expected = kStreamExists;
  } else {
    return false;
  }
  return true;
}

// What an event counts against the limit for one append (Event.SizeOnDisk): before 24.10.4 its data alone, later
// metadata and two bytes for each UTF-16 unit of the type as well.
std::int64_t counted_size(const Options& options, const NewEvent& event);

// Takes a proposed message of either append; empty if it is all right, else the metadata property that is missing, or
// "id" if that is none or all zeros.
template <class Proposed>
std::string take_proposed(Proposed& message, NewEvent* event) {
  auto type = message.metadata().find("type");
  if (type == message.metadata().end()) return "type";
  auto content_type = message.metadata().find("content-type");
  if (content_type == message.metadata().end()) return "content-type";
  if (!from_uuid(message.id(), &event->id) || event->id == EventId{}) return "id";
  event->type = type->second;
  event->is_json = content_type->second == "application/json";
  event->data = std::move(*message.mutable_data());
  event->metadata = std::move(*message.mutable_custom_metadata());
  return "";
}

}  // namespace interconnect::eventstore
