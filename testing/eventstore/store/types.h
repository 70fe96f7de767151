#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace interconnect::eventstore {

// An event id in the order of its text form (big-endian); the legacy protocol's .NET order is that front's affair.
using EventId = std::array<std::uint8_t, 16>;

// 100 ns since 1970.
using Ticks = std::int64_t;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;

// Expected versions and the numbers of streams that are not there, as both protocols define them.
inline constexpr std::int64_t kAny = -2;
inline constexpr std::int64_t kNoStream = -1;
inline constexpr std::int64_t kStreamExists = -4;
inline constexpr std::int64_t kDeletedStream = std::numeric_limits<std::int64_t>::max();

inline constexpr std::string_view kLinkType = "$>";
inline constexpr std::string_view kMetadataType = "$metadata";
inline constexpr std::string_view kStreamDeletedType = "$streamDeleted";
inline constexpr std::string_view kAllStream = "$all";

struct Stream;

// An event as it is in the log. Never changes, but that a scavenge may take it away from readers, and lives as long as
// its store.
struct Record {
  const Stream* stream = nullptr;
  std::int64_t number = 0;
  EventId id{};
  std::string type;
  bool is_json = false;
  std::string data;
  std::string metadata;
  Ticks created = 0;
  // Commit and prepare position: every write of both generations' clients is committed by its own record.
  std::int64_t position = 0;
  bool scavenged = false;

  const std::string& stream_name() const;
};

struct NewEvent {
  EventId id{};
  std::string type;
  bool is_json = false;
  std::string data;
  std::string metadata;
};

// An event as a reader gets it. For a resolved link `link` is the link and `event` its target, null if that is gone.
struct ResolvedEvent {
  const Record* event = nullptr;
  const Record* link = nullptr;
  // Whether it comes from the log (live, or a read of $all): only then gRPC tells positions.
  bool has_position = false;

  // What the reader's position, acknowledgements and order refer to.
  const Record& original() const { return link != nullptr ? *link : *event; }
};

// Who asks; a null pointer stands for an anonymous caller.
struct User {
  std::string name;
  std::string password;
  std::vector<std::string> groups;

  bool is_in_role(std::string_view role) const;
};

enum class WriteResult { kSuccess, kWrongExpectedVersion, kStreamDeleted, kAccessDenied };

struct AppendOutcome {
  WriteResult result = WriteResult::kSuccess;
  std::int64_t first = -1;
  std::int64_t last = -1;
  // Where the last event is in the log; of an idempotent append, where it was written at first, or -1 if it cannot be
  // read any more (IndexWriter.cs: hidden by metadata or a soft deletion).
  std::int64_t position = -1;
  bool idempotent = false;
  // The stream's last event number before this append.
  std::int64_t current_version = kNoStream;
};

struct DeleteOutcome {
  WriteResult result = WriteResult::kSuccess;
  std::int64_t position = -1;
  std::int64_t current_version = kNoStream;
};

enum class ReadResult { kSuccess, kNoStream, kStreamDeleted, kNotFound, kAccessDenied };

struct StreamPage {
  ReadResult result = ReadResult::kSuccess;
  std::vector<ResolvedEvent> events;
  std::int64_t next = -1;
  std::int64_t last = -1;
  bool is_end_of_stream = true;
};

struct EventPage {
  ReadResult result = ReadResult::kSuccess;
  ResolvedEvent event;
};

struct LogPosition {
  std::int64_t commit = 0;
  std::int64_t prepare = 0;
};

struct AllPage {
  ReadResult result = ReadResult::kSuccess;
  std::vector<ResolvedEvent> events;
  LogPosition next;
  // Events looked at, wanted or not.
  std::int64_t considered = 0;
  // Whether the end of the log is what ended the page.
  bool is_end = false;
};

// Text form of an id: 8-4-4-4-12 lower-case hexadecimal digits.
std::string to_text(const EventId& id);
// Reads the text form; false if it is none.
bool parse_event_id(std::string_view text, EventId* id);
// A random id (version 4).
EventId new_event_id();

}  // namespace interconnect::eventstore
