#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/append.h"
#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/time.h"

namespace interconnect::simulation {

struct StoredEvent {
  std::string stream;
  Revision revision = 0;
  std::uint64_t place = 0;  // in the store, over all streams
  EventId id;
  std::string type;
  ContentKind content = ContentKind::kJson;
  std::string data;
  std::string metadata;
  Time written_at{0};
  Time visible_at{0};  // to reads: the index follows the log

  EventView view() const { return {stream, revision, id, type, content, data, metadata}; }
  std::size_t payload_bytes() const { return data.size() + metadata.size(); }
};

inline constexpr std::string_view kSoftDeletion = R"({"$tb":9223372036854775807})";

// Whether it is flagged as JSON and does not parse: the data of such events begin so.
inline constexpr std::string_view kNotJson = "{not json";

StoredEvent to_stored(const EventView& event);

EventId make_id(std::uint64_t high, std::uint64_t low);

// Streams of events as a server keeps them.
class Store {
 public:
  // As both generations do it with an exact expected revision: where that is below the current one, the ids are
  // compared one by one from the index; all the same: success with the original numbers. A soft-deleted stream takes
  // what expects no stream at its end (CheckCommit in IndexWriter.cs).
  AppendOutcome append(const std::string& stream, Revision expected, std::vector<StoredEvent> events, Time now,
                       Duration lag);
  // What is appended to a soft-deleted stream, or to its metadata stream, brings it back to life: the server writes
  // metadata of its own behind it (SoftUndeleteStream and SoftUndeleteMetastream in StorageWriterService.cs).
  void append_any(const std::string& stream, StoredEvent event, Time now, Duration lag);

  struct Page {
    std::vector<EventView> events;
    StreamPage page;  // points to `events`
  };
  // As it was to be seen at `as_of`, which may have passed.
  Page read(const StreamRead& read, Time as_of) const;
  bool is_soft_deleted(std::string_view stream) const;
  // What no read shows of the stream lies below; the largest revision: it is soft-deleted.
  Revision shown_from(std::string_view stream) const;
  // Reads show only so many events of a stream, its last ones.
  void show_only(std::size_t max_count) { max_count_ = max_count; }

  const std::vector<StoredEvent>* find(std::string_view stream) const;
  const std::map<std::string, std::vector<StoredEvent>, std::less<>>& streams() const { return streams_; }
  Revision tail(std::string_view stream) const;
  // When the event was written first, if it is there.
  std::optional<Time> written_at(std::string_view stream, const EventId& id) const;
  std::optional<Time> visible_at(std::string_view stream, const EventId& id) const;

 private:
  void put(const std::string& stream, StoredEvent event, Time now, Duration lag);

  std::size_t max_count_ = 0;
  std::uint64_t next_place_ = 1;
  std::map<std::string, std::vector<StoredEvent>, std::less<>> streams_;
  std::map<std::pair<std::string, EventId>, std::pair<Time, Time>> index_;
};

}  // namespace interconnect::simulation
