#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "testing/eventstore/store/event_filter.h"
#include "testing/eventstore/store/json_check.h"
#include "testing/eventstore/store/stream_metadata.h"
#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

// A stream's numbers are dense, so an event's number is its index.
struct Stream {
  std::string name;
  std::vector<const Record*> events;
  // The tombstone, if the stream was hard deleted.
  const Record* tombstone = nullptr;
  StreamMetadata metadata;
};

inline const std::string& Record::stream_name() const { return stream->name; }

// The database of a node: streams, the log of all events, idempotency, deletion, truncation, links and access rules as
// in EventStore.Core (IndexWriter.CheckCommit, StorageWriterService, IndexReader, AllReader of 5.0.1 and 21.2.0).
//
// No sockets, no threads and no clock of its own. Use from one thread only. Who writes must call flush() sooner or
// later: it hands what was committed to the projections and to the observers, in the order of the log.
class EventStore {
 public:
  struct Options {
    bool projections = false;
    // The version of the projections' system, as links tell it.
    int projections_version = 3;
    // Set: what is flagged as JSON and does not parse is not linked (21.2.0 on). Who parses.
    std::optional<JsonParser> links_only_what_parses = std::nullopt;
    // From 21.10 on the deletion of a stream that never was is refused.
    bool delete_needs_stream = false;
    // From 21.10 on a forward read that finds nothing young enough tells where to go on (IndexReader.cs,
    // ForStreamWithMaxAge); before it goes on page by page.
    bool max_age_reads_skip = false;
    // Whether a read that resolves links is refused for the sake of a target that the reader may not read (5.0.1).
    bool links_check_access = true;
    // Whether a read tells a link whose text begins with no number as an event (21.2.0 on: StorageReaderWorker.cs).
    bool bad_links_are_events = false;
  };
  using Clock = std::function<Ticks()>;
  using Observer = std::function<void(const Record&)>;

  EventStore(Options options, Clock clock);
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  // Appends as CheckCommit decides. Under ANY the ids are looked up in a cache that a restart loses (forget_ids); with
  // an exact version they are compared with the index.
  AppendOutcome append(const std::string& stream, std::int64_t expected, std::vector<NewEvent> events,
                       const User* user);
  // The same without a look at the rights, for the node's own writes.
  AppendOutcome append_as_system(const std::string& stream, std::int64_t expected, std::vector<NewEvent> events);
  DeleteOutcome delete_stream(const std::string& stream, std::int64_t expected, bool hard, const User* user);

  EventPage read_event(const std::string& stream, std::int64_t number, bool resolve, const User* user) const;
  // `from` >= 0, `count` > 0.
  StreamPage read_forward(const std::string& stream, std::int64_t from, std::int64_t count, bool resolve,
                          const User* user) const;
  // `from` -1 stands for the end.
  StreamPage read_backward(const std::string& stream, std::int64_t from, std::int64_t count, bool resolve,
                           const User* user) const;
  // Events at or after `from` (forward) or before it (backward). With a filter, a page ends after so many events that
  // were looked at, too.
  AllPage read_all_forward(LogPosition from, std::int64_t count, bool resolve, const User* user,
                           const EventFilter* filter = nullptr, std::int64_t search_window = kDeletedStream) const;
  AllPage read_all_backward(LogPosition from, std::int64_t count, bool resolve, const User* user) const;

  bool can_access(const std::string& stream, Access access, const User* user) const;
  // The last event number; -1 if there is none, kDeletedStream after a hard delete.
  std::int64_t last_event_number(const std::string& stream) const;
  bool is_soft_deleted(const std::string& stream) const;
  // Where a link's text is cut: at the first '@', or at every one, so that the stream's name ends before the second.
  enum class LinkCut { kAtTheFirst, kAtEvery };
  // Where a link leads; the event is null if its target is gone, or if the text is that of no link. Anything but a link
  // is its own event. One step only: a link to a link is resolved to that link.
  ResolvedEvent resolve(const Record& record, LinkCut cut = LinkCut::kAtTheFirst) const;
  // Position of the last event in the log, -1 if there is none.
  std::int64_t last_position() const { return log_.empty() ? -1 : log_.back().position; }
  // Whether an event was written there or the next one will be; 0 always counts.
  bool is_record_position(std::int64_t position) const;
  // One past the last event: where the next one will be written.
  std::int64_t end_position() const { return next_position_; }

  // Everything ever written to a stream, a tombstone last.
  std::vector<const Record*> all_events(const std::string& stream) const;
  // Every stream that has events, in no certain order.
  std::vector<std::string> stream_names() const;
  const std::deque<Record>& log() const { return log_; }

  // Called with each committed event during flush(), the projections' links included.
  void add_observer(Observer observer) { observers_.push_back(std::move(observer)); }
  // Called with each event as soon as it is in the log, before its append is answered.
  void set_written(Observer observer) { written_ = std::move(observer); }
  // Called when there is something to flush and there was nothing before.
  void set_flush_needed(std::function<void()> call) { flush_needed_ = std::move(call); }
  void flush();

  // A projection as its statistics tell it (ManagedProjection.cs).
  struct ProjectionState {
    std::string status = "Running";
    std::string reason;
    // In percent. It stands where it stood when the projection stopped, so that 100 may be told of one that is behind,
    // and less of one that has nothing to do.
    double progress = 100;
    // Of the last event that it has handled, -1 if there is none.
    std::int64_t position = -1;

    bool operator==(const ProjectionState&) const = default;
  };
  // Nothing if there is no such projection, as without Options::projections.
  std::optional<ProjectionState> projection(std::string_view name) const;
  // It runs if the status begins with "Running": then it makes up for what it has missed, in the order of the log.
  // False if there is no such projection.
  bool set_projection(std::string_view name, std::string status, std::optional<double> progress = std::nullopt);

  // Takes away what is hidden: by $maxCount, $maxAge, $tb, or as its stream was deleted. The last event of a stream
  // stays. What was taken away is not compared with by exact versions any more; the cache of ids still knows it. Not
  // remembered by a journal.
  void scavenge();
  // Forgets the cache of ids, as a restart does.
  void forget_ids();
  // Puts a record of a journal back, without checks or observers. Projections go on behind what their links tell to be
  // done, with the next flush().
  void restore(const std::string& stream, std::int64_t number, NewEvent event, Ticks created);
  // Users: admin and ops with the published passwords, and whoever is added. A known name gets the new password and
  // groups; users that were handed out stay as they were.
  void add_user(User user);
  // Null if the name or the password is wrong. Unlike all else, this and add_user() may be called from any thread.
  const User* authenticate(std::string_view name, std::string_view password) const;
  // The server's own account, which may do everything.
  static const User* system();

 private:
  enum class Decision { kOk, kIdempotent, kWrongExpectedVersion, kDeleted };
  struct Check {
    Decision decision = Decision::kOk;
    std::int64_t current = kNoStream;
    std::int64_t first = -1;
    std::int64_t last = -1;
    bool soft_deleted = false;
  };

  Check check_commit(const std::string& name, std::int64_t expected, const std::vector<NewEvent>& events) const;
  const Stream* find(const std::string& name) const;
  ReadResult find_event(const std::string& name, std::int64_t number, const Record** found) const;
  // An empty page, with the result that rights and existence of the stream make.
  StreamPage begin_page(const std::string& name, const User* user) const;
  Stream& find_or_add(const std::string& name);
  // The metadata that holds for a stream: of a metastream, that only its last event counts.
  const StreamMetadata& metadata_of(const std::string& name) const;
  std::int64_t first_live_number(const std::string& name, std::int64_t last) const;
  bool too_old(const StreamMetadata& metadata, const Record& record) const;
  const Record& write(Stream& stream, std::int64_t number, NewEvent event);
  void remember(const Record& record);
  void write_metadata(const std::string& stream, std::string json);
  void undelete(const std::string& stream, std::int64_t truncate_before);
  struct RunningProjection {
    const char* name;
    // The streams of its links begin so.
    const char* prefix;
    void (EventStore::*handle)(const Record& record);
    ProjectionState state;
    // Where it goes on, in the log.
    std::size_t next = 0;
  };
  // Lets a projection that runs handle what is before `end` in the log.
  void run(RunningProjection& projection, std::size_t end);
  // Whether the projections look at an event at all.
  bool is_projected(const Record& record) const;
  void link_by_category(const Record& record);
  void link_by_event_type(const Record& record);
  void emit_link(std::string stream, std::string target, const Record& cause, const std::string& extra);
  // As StorageReaderWorker.cs resolves what was read; false if a target may not be read.
  bool resolve_all(std::vector<ResolvedEvent>& events, const User* user) const;

  const Options options_;
  const Clock clock_;
  std::unordered_map<std::string, std::unique_ptr<Stream>> streams_;
  std::deque<Record> log_;
  // A real log begins with an epoch record.
  std::int64_t next_position_ = 168;
  // The servers' cache of committed ids: bounded, the oldest are forgotten first.
  absl::flat_hash_map<EventId, const Record*> committed_ids_;
  std::deque<EventId> committed_order_;
  std::size_t committed_bytes_ = 0;
  std::vector<Observer> observers_;
  Observer written_;
  std::function<void()> flush_needed_;
  std::vector<RunningProjection> projections_;
  std::size_t flushed_ = 0;
  bool flushing_ = false;
  SystemSettings settings_;
  mutable std::mutex users_mutex_;
  std::vector<std::shared_ptr<const User>> users_;
  std::vector<std::shared_ptr<const User>> former_users_;
};

// "$$stream" for "stream", and back.
std::string metastream_of(std::string_view stream);
bool is_metastream(std::string_view stream);
std::string original_stream_of(std::string_view metastream);

}  // namespace interconnect::eventstore
