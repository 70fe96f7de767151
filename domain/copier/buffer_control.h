#pragma once

#include <cstddef>
#include <cstdint>

#include "domain/time.h"

namespace interconnect {

// Chooses a subscription's buffer, the number of events that the server sends ahead of their acknowledgements, and when
// a new connection is worth its cost: a subscription has no other way to make the server send less, or in another
// order.
class BufferControl {
 public:
  struct Settings {
    Duration reconnection_interval{0};  // between two connections of our own making, at least
    Duration first_patience{0};         // with a buffer that is full of what must wait; doubled with each connection
    Duration most_patience{0};          // beyond it, no more is tried
    bool grows_for_predecessor = false;
  };
  BufferControl(std::int32_t size, const Settings& settings);

  std::int32_t size() const { return size_; }
  // What arrives is not taken: it comes again on the next connection.
  bool is_discarding() const { return is_discarding_; }
  // When a new connection is wanted, with the present size.
  Time reconnect_at() const { return reconnect_at_; }

  void on_connected(Time now);
  void on_delivered(std::size_t bytes) {
    ++delivered_events_;
    delivered_bytes_ += bytes;
  }
  // The server, or the network, closed the connection. `pending_bytes`: what the server keeps pending, before it closes
  // one. If that may be why, a connection with the present size would end like this one.
  void on_connection_lost(std::size_t pending_bytes, Time now);
  // The connection is gone for any reason.
  void on_dropped();
  void on_reconnecting(Time now);

  // More was delivered than may be held; `fitting` events would fit. What arrives is discarded until there is a
  // connection with a smaller buffer. Whether it gets smaller.
  bool shrink(std::int64_t fitting, Time now);
  // An event waits for an older one, which cannot arrive while newer ones fill the buffer, `taken` of it. After a
  // reconnection the server sends it first, once it has noticed that the old connection is dead. Whether there is to be
  // one.
  bool make_room(std::size_t taken, Time now);
  // Each push of an id that is not acknowledged takes a place of the connection's buffer, of which the acknowledgement
  // of the id gives back one (PersistentSubscriptionClient.Push of 5.0.1 and 21.2.0). Only a new connection has them
  // all.
  void reclaim(std::size_t lost, Time now);

 private:
  void want_reconnection(Time now, Duration patience);
  std::size_t places() const;

  Settings settings_;
  std::int32_t size_;
  bool is_discarding_ = false;
  Time reconnect_at_ = kNever;
  Time reconnected_at_;
  Duration patience_;
  Time connected_at_{0};
  std::size_t delivered_events_ = 0;  // since then
  std::size_t delivered_bytes_ = 0;
};

}  // namespace interconnect
