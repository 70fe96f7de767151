#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "testing/eventstore/store/consumer_strategy.h"
#include "testing/eventstore/store/event_store.h"
#include "testing/eventstore/store/stream_buffer.h"

namespace interconnect::eventstore {

// The settings of a group under the server's names. Times are in milliseconds, 0 of the message timeout means never.
struct GroupSettings {
  bool resolve_link_tos = false;
  // -1 is the end.
  std::int64_t start_from = -1;
  bool extra_statistics = false;
  int message_timeout_ms = 10'000;
  int max_retry_count = 10;
  int live_buffer_size = 500;
  int buffer_size = 500;
  int read_batch_size = 20;
  int check_point_after_ms = 1'000;
  int min_check_point_count = 10;
  int max_check_point_count = 500;
  int max_subscriber_count = 10;
  std::string named_consumer_strategy = "RoundRobin";
};

enum class NakAction { kUnknown, kPark, kRetry, kSkip, kStop };

// A group of competing consumers of one stream (PersistentSubscription.cs). Time is asked for nowhere: it comes with
// each call that needs it, in milliseconds of any steady clock.
class PersistentSubscription {
 public:
  using Millis = std::int64_t;

  struct Options {
    // Whether an event keeps its count of retries when the consumer that held it leaves (21.2.0 on); before it begins
    // again.
    bool lost_consumers_count = false;
    // Where the text of a link that is pushed as soon as it is written is cut: at every '@' up to 20.10.4, and from
    // 21.2.0 to 21.10.0 (PersistentSubscriptionService.cs, ResolveLinkToEvent). What is read from the stream, history
    // and parked events, goes through the reader, which cuts at the first.
    EventStore::LinkCut live_link_cut = EventStore::LinkCut::kAtTheFirst;
  };

  struct Info {
    std::string status;
    std::int64_t total_items = 0;
    std::int64_t count_since_last_measurement = 0;
    // Last checkpoint written by this instance and the highest number seen, -1 for none.
    std::int64_t last_processed = -1;
    std::int64_t last_known = -1;
    std::size_t read_buffer_count = 0;
    std::size_t live_buffer_count = 0;
    std::size_t retry_buffer_count = 0;
    int total_in_flight = 0;
    std::size_t outstanding = 0;
    std::int64_t parked = 0;
    // Ids in acks and naks, known or not.
    std::int64_t confirmations = 0;
    std::vector<const Consumer*> consumers;
  };

  // Takes up at the checkpoint that the store holds for the group, else where the settings say.
  PersistentSubscription(EventStore& store, Options options, std::string stream, std::string group,
                         GroupSettings settings, Millis now);

  // "stream::group", which acks and naks of the legacy protocol carry.
  const std::string& id() const { return id_; }
  const std::string& stream() const { return stream_; }
  const std::string& group() const { return group_; }
  const GroupSettings& settings() const { return settings_; }
  bool has_reached_max_client_count() const;

  void add_client(Subscriber* subscriber, int window, std::string user, std::string from, std::string connection_name,
                  Millis now);
  // Its events go to the others at once. Nothing happens if it is no client of this group.
  void remove_client(Subscriber* subscriber, Millis now);
  // Every client is told that it is dropped.
  void drop_all();

  void ack(Subscriber* subscriber, const std::vector<EventId>& ids, Millis now);
  void nak(Subscriber* subscriber, const std::vector<EventId>& ids, NakAction action, const std::string& reason,
           Millis now);
  void notify_live(const Record& record, Millis now);
  // Message timeouts, checkpoints by time, and reading on. The server calls it once a second.
  void tick(Millis now);
  // Puts what was parked before back before everything else, at most `stop_at` events of the parked stream.
  void replay_parked(std::optional<std::int64_t> stop_at, Millis now);
  // Pushes nothing any more, as groups of real servers do after some kills of their consumers.
  void come_to_a_standstill() { stands_still_ = true; }
  // Deletes the streams that the group has written.
  void delete_streams();

  Info get_info();

 private:
  using ByTime = std::map<std::pair<Millis, EventId>, bool>;
  using BySequence = std::map<std::pair<std::int64_t, EventId>, bool>;
  struct Started {
    OutstandingMessage message;
    ByTime::iterator by_time;  // the end: it never expires
    BySequence::iterator by_sequence;
  };

  std::string parked_stream() const;
  std::string checkpoint_stream() const;
  void try_reading_new_batch(Millis now);
  void try_pushing(Millis now);
  bool push_from(std::list<OutstandingMessage>& list, Millis now);
  void start_message(const OutstandingMessage& message, Millis now);
  void remove_outstanding(const EventId& id);
  void remove_processing(const EventId& id);
  void retry(const OutstandingMessage& message);
  // Of a consumer that has left.
  void retry_lost(const Consumer& consumer);
  // Parks it if it has been tried often enough.
  bool park_if_exhausted(const OutstandingMessage& message, Millis now);
  void park(const ResolvedEvent& event, const std::string& reason);
  void try_mark_checkpoint(bool is_time_check, Millis now);

  EventStore& store_;
  const Options options_;
  const std::string stream_;
  const std::string group_;
  const std::string id_;
  const GroupSettings settings_;
  std::unique_ptr<ConsumerStrategy> strategy_;
  std::map<Subscriber*, std::unique_ptr<Consumer>> consumers_;
  std::unique_ptr<StreamBuffer> buffer_;
  absl::flat_hash_map<EventId, Started> outstanding_;
  ByTime by_time_;
  BySequence by_sequence_;
  std::int64_t next_to_pull_ = 0;
  std::int64_t last_known_sent_ = -1;
  std::int64_t last_checkpoint_ = -1;
  std::optional<Millis> last_checkpoint_time_;
  std::int64_t checkpoint_version_ = kAny;
  bool pushing_ = false;
  bool stands_still_ = false;
  std::int64_t confirmations_ = 0;
  std::int64_t total_items_ = 0;
  std::int64_t measured_items_ = 0;
  std::int64_t stat_last_processed_ = -1;
  std::int64_t stat_last_known_ = -1;
};

}  // namespace interconnect::eventstore
