#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/append.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"
#include "testing/fakes/consumer_group.h"
#include "testing/fakes/event_loop.h"

namespace interconnect::testing {

// An event store in memory, for FakeEventSource and FakeEventSink to talk to; any number of either. It knows exact
// expected revisions, deletion, links by category (`$ce-`), consumer groups, and how to go wrong.
class FakeEventStore {
 public:
  // A fake connection.
  class Client {
   public:
    virtual ~Client() = default;
    // The connection broke. Called from within calls to the store.
    virtual void on_cut() = 0;
  };

  static constexpr std::size_t kMaxAppendBytes = 16 << 20;  // of data and metadata, as the servers' own default
  static constexpr Duration kReconnectionDelay = std::chrono::milliseconds(50);

  // The loop outlives the store, and the store its sources and sinks.
  explicit FakeEventStore(FakeEventLoop& loop) : loop_(loop) {}
  FakeEventStore(const FakeEventStore&) = delete;
  FakeEventStore& operator=(const FakeEventStore&) = delete;

  FakeEventLoop& loop() const { return loop_; }

  // With an expected revision below the current one the ids are compared one by one from there on, as both generations
  // do it from their index: all the same is a success with the original revisions.
  AppendOutcome append(const Append& append);
  // For tests: at the stream's end, whatever that is.
  AppendOutcome append(std::string_view stream, std::span<const Event> events);
  void append_link(std::string_view to, std::string_view stream, Revision revision);

  // The views go to `events`, which the page points to; they are valid until the stream is deleted.
  ReadOutcome read(const StreamRead& read, std::vector<EventView>& events) const;
  // Null: there is none.
  const Event* find(std::string_view stream, Revision revision) const;
  // The event that a link points to; the event itself if it is none; null: it is gone.
  const Event* resolve(const Event& event) const;
  // What a (soft) deletion left of the stream; last_revision is below first_revision if that is nothing.
  Revision first_revision(std::string_view stream) const;
  Revision last_revision(std::string_view stream) const;
  void delete_stream(std::string_view stream, bool tombstone);

  // Null: there is none. A group lives until it is deleted.
  FakeConsumerGroup* group(const std::string& stream, const std::string& group);
  // Creates or updates the group, or leaves it alone.
  GroupState upsert_group(const Subscription& subscription);
  void delete_group(const std::string& stream, const std::string& group);

  void connect(Client& client) { clients_.push_back(&client); }
  void disconnect(Client& client) { std::erase(clients_, &client); }

  // What goes wrong.
  bool is_up() const { return is_up_; }
  void stop();
  void start() { is_up_ = true; }
  void cut_connections();
  // Appends are done at once, but answered so much later.
  void delay_answers(Duration delay) { answer_delay_ = delay; }
  Duration answer_delay() const { return answer_delay_; }

 private:
  struct Stream {
    std::vector<Event> events;
    Revision first = 0;
    bool is_tombstoned = false;

    Revision last() const { return static_cast<Revision>(events.size()) - 1; }
    bool is_gone() const { return first > last(); }
  };

  const Stream* find_stream(std::string_view stream) const;
  void add(const std::string& stream, const EventView& event);
  void push(std::string_view stream);

  FakeEventLoop& loop_;
  std::map<std::string, Stream, std::less<>> streams_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<FakeConsumerGroup>> groups_;
  std::vector<Client*> clients_;
  std::uint32_t links_ = 0;
  bool is_up_ = true;
  Duration answer_delay_{0};
};

}  // namespace interconnect::testing
