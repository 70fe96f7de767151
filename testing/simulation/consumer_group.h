#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "domain/subscription.h"
#include "testing/simulation/context.h"

namespace interconnect::simulation {

class SimSource;

// One event of a subscribed stream as the server pushes it.
struct Pushed {
  EventId ack_id;
  Revision position = 0;  // in the subscribed stream
  std::string stream;     // of the event
  Revision revision = 0;
  bool is_dead = false;        // a link whose target is gone
  bool is_unresolved = false;  // a link that the server does not resolve, though its target is there
  bool is_wrong = false;       // a link that the server resolves to another event
  int retry_count = 0;
};

// A client's connection to a group. The two ends may disagree for a while about whether it lives.
struct Connection {
  SubscriptionIndex subscription = 0;
  int buffer_size = 0;
  bool is_cut = false;          // nothing passes any more
  SimSource* client = nullptr;  // null: gone
  Time last_to_client{0};       // each direction keeps its order
  Time last_to_server{0};
};

// A persistent subscription at the server, as EventStore 5.0.1 runs it (PersistentSubscription.cs, StreamBuffer.cs,
// OutstandingMessageCache.cs): the buffer's window, retries in the order of the events' own numbers, one entry of what
// is outstanding for each id, checkpoints below the oldest unsettled event, parking.
class ConsumerGroup {
 public:
  ConsumerGroup(Context& context, const Subscription& subscription, Revision start);

  // The subscribed stream got an event.
  void add(Pushed event);

  void connect(std::shared_ptr<Connection> connection);
  // The server notices that the connection is gone: what it was sent and did not acknowledge goes to the others.
  void lose(const Connection* connection);
  void acknowledge(const std::vector<EventId>& ids);
  void park(const std::vector<EventId>& ids);

  // Once a second.
  void tick();
  // Everything but the checkpoint is forgotten.
  void restart();
  void fill_and_push();

  bool is_settled() const;
  Revision checkpoint() const { return checkpoint_; }
  std::string describe() const;

 private:
  struct Outstanding {
    Pushed message;
    Time expires;
  };
  struct Client {
    std::shared_ptr<Connection> connection;
    std::map<EventId, Pushed> unconfirmed;
    int lost_places = 0;  // in the window: of ids that were pushed again while they were unconfirmed
    bool has_room() const { return static_cast<int>(unconfirmed.size()) + lost_places < connection->buffer_size; }
  };
  enum class Choice { kSent, kSkipped, kNobodyHasRoom };

  Choice push(const Pushed& message, std::map<Client*, std::vector<Pushed>>& batches);
  Client* choose(const Pushed& message);
  void retry(Pushed message, int count);
  void forget(const EventId& id);
  void park_message(const Pushed& message, bool by_server);
  void mark_checkpoint(bool is_time_check);
  void send(Client& client, std::vector<Pushed> batch);

  Context& context_;
  const GroupSettings settings_;
  const std::string name_;
  std::vector<Pushed> stream_;
  std::size_t next_ = 0;  // to be read
  std::list<Pushed> retry_;
  std::list<Pushed> buffer_;
  std::map<EventId, Outstanding> outstanding_;
  std::list<Client> clients_;
  std::map<std::string, const Connection*> pinned_;
  Revision checkpoint_ = -1;
  Revision last_known_ = -1;
  Time last_checkpoint_at_{-3'600'000'000'000};
};

}  // namespace interconnect::simulation
