#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc/wire/group_info.h"
#include "domain/time.h"

namespace interconnect::next {

// Finds consumers that a group keeps although nobody is behind them. 21.2.0 makes such a one when a client dies within
// milliseconds of its Read: the Read's end overtakes its connect, which is still being authorised
// (PersistentSubscriptions.Read.cs), and is then forgotten. The events that such a consumer was sent go to nobody else
// until the message timeout, with Pinned nothing else of their streams does either, and the checkpoint stands still.
//
// The mark of it, seen by looking at the group from time to time: it holds events, and has not answered for a single
// one since an earlier look. What ends it is an update of the group. A living consumer that is taken for one (because
// its destination is away) loses nothing: it connects anew, and what it held is delivered again.
//
// One of these watches one subscription. It knows no clock: whoever owns it looks when next_look() says so.
class StaleConsumers {
 public:
  // Who died most likely died just before we came in its place. So the first looks come in quick succession, and less
  // proof is wanted: what the dead one holds must come before the copier no longer keeps back what follows a gap in a
  // stream (CopierSettings::predecessor_wait, 30 s), or it comes out of order. Not less than the writer timeout, 5 s,
  // for which a consumer whose append is in doubt may be silent.
  // Counted from the first answer: a server at its limits tells nothing for long, and does not notice who died either.
  static constexpr Duration kFreshFor = std::chrono::seconds(15);
  static constexpr Duration kFreshInterval = std::chrono::seconds(2);
  static constexpr Duration kFreshProof = std::chrono::seconds(6);
  // Later on there is no hurry: it was another's predecessor, and that other looks as well.
  static constexpr Duration kInterval = std::chrono::seconds(10);
  static constexpr Duration kProof = std::chrono::seconds(30);
  static constexpr Duration kBetweenEvictions = std::chrono::minutes(5);
  // After a connect: the longest that suspects_older() holds up what follows a gap.
  static constexpr Duration kSuspectsFor = std::chrono::minutes(2);

  struct Stale {
    GroupConnection connection;
    Duration seen_for{0};
  };

  // The name under which the group lists us. Others may share it: then one of that name is us.
  explicit StaleConsumers(std::string own_connection_name) : own_name_(std::move(own_connection_name)) {}

  void connected(Time now);
  void disconnected();

  // When to read the group's connections, for looked() or not_looked(). Nothing: not connected, or a look is awaited.
  std::optional<Time> next_look() const { return next_look_; }
  // The look is under way.
  void looking() { next_look_.reset(); }

  // A consumer to be evicted by an update of the group: the one that holds the most events. It is not asked for again
  // within kBetweenEvictions.
  std::optional<Stale> looked(std::span<const GroupConnection> connections, Time now);
  // The server failed at the update, and may not the next time: it is asked for again.
  void not_evicted() { last_eviction_.reset(); }
  // `answered`: the server does not tell; else it gave no answer in time. Whether that is news: the first time since a
  // look was successful.
  bool not_looked(bool answered, Time now);

  // After a look, whether somebody from before us may hold events: a consumer was silent since an earlier look, or the
  // server has not answered.
  bool suspects_older() const { return suspects_older_; }

 private:
  // A consumer that held events in all looks since then, and answered for none meanwhile.
  struct Silent {
    GroupConnection connection;
    Time since{0};
  };

  void schedule(Time now);
  void suspect(bool older, Time now) { suspects_older_ = older && now - connected_at_ <= kSuspectsFor; }
  bool fresh(Time now) const { return now <= fresh_until_; }

  std::string own_name_;
  Time connected_at_{0};
  Time fresh_until_{0};
  bool has_looked_ = false;  // since the connect
  bool suspects_older_ = false;
  std::optional<Time> next_look_;
  std::optional<Time> last_eviction_;
  bool readable_ = true;
  std::vector<Silent> silent_;
};

}  // namespace interconnect::next
