#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "adapters/legacy_tcp/io/read_buffer.h"
#include "adapters/legacy_tcp/io/transport.h"
#include "adapters/legacy_tcp/session/session.h"

namespace interconnect::legacy {

// What the driver does not carry out itself.
class ActionHandler {
 public:
  virtual ~ActionHandler() = default;

  // Anything but Connect, Disconnect and Ready. Valid during the call.
  virtual void on_action(const Action& action) = 0;
  // All actions that had come up by now have been handed over.
  virtual void on_actions_end() = 0;
};

// Drives a session: sockets, timer, buffers. One thread, that of the io_context. Kept alive by what is under way on the
// socket, hence shared; the handler is called no more after abandon() or stop().
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::io_context& io, SessionSettings settings, TlsSettings tls, ActionHandler& handler);

  // Calls `input(session, now, actions)`; what comes of it is handed over later, from the event loop.
  template <typename Input>
  void input(Input input) {
    if (handler_ == nullptr) return;
    input(session_, now(), deferred_);
    schedule_turn();
  }
  const Session& session() const { return session_; }

  // Sends what is to be sent, waits until the server has taken it (or for the time limit of an operation), closes, and
  // calls `stopped` from the event loop. Nobody else is called any more.
  void stop(std::function<void()> stopped);
  // Closes without waiting.
  void abandon();

 private:
  static Time now();

  void schedule_turn();
  void turn();
  void carry_out(Actions& actions);
  void carry_out(const Connect& connect);
  void end_of_batch();
  void on_connected(const std::string& error);
  void receive();
  void on_received(std::size_t size, const std::string& error);
  void lose(const std::string& error);
  void flush();
  void arm_timer();
  void close();
  void finish_stop();
  template <typename Callback>
  auto while_same_connection(Callback callback);

  boost::asio::io_context& io_;
  TlsSettings tls_;
  Duration time_limit_;
  ActionHandler* handler_;
  Session session_;
  Actions actions_;   // of the package that is being handled
  Actions deferred_;  // of calls from outside
  Actions carrying_;  // deferred ones that are being carried out
  bool turn_scheduled_ = false;
  bool something_handed_over_ = false;

  std::shared_ptr<Transport> transport_;
  std::uint64_t generation_ = 0;  // of transport_; handlers of an earlier one are ignored
  std::string logged_loss_;       // the last line about it
  bool connected_ = false;
  ReadBuffer buffer_;
  std::string sending_;
  bool send_under_way_ = false;

  boost::asio::steady_timer timer_;
  std::optional<Time> armed_for_;

  std::function<void()> stopped_;
  bool stopping_ = false;
};

}  // namespace interconnect::legacy
