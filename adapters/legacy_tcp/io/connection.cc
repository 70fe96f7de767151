#include "adapters/legacy_tcp/io/connection.h"

#include <glog/logging.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "adapters/legacy_tcp/io/tls.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;

}  // namespace

Connection::Connection(asio::io_context& io, SessionSettings settings, TlsSettings tls, ActionHandler& handler)
    : io_(io),
      tls_(std::move(tls)),
      time_limit_(settings.operation_timeout),
      handler_(&handler),
      session_(std::move(settings)),
      buffer_(kMaxPackageSize + kLengthPrefixSize),
      timer_(io) {}

Time Connection::now() { return std::chrono::steady_clock::now().time_since_epoch(); }

// Wraps a handler of the transport: ignored once the connection is another or none.
template <typename Callback>
auto Connection::while_same_connection(Callback callback) {
  return [self = shared_from_this(), generation = generation_, callback = std::move(callback)](auto&&... result) {
    if (self->generation_ == generation && self->transport_ != nullptr) callback(*self, result...);
  };
}

void Connection::schedule_turn() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  asio::post(io_, [self = shared_from_this()] { self->turn(); });
}

// Hands over what calls from outside brought about, and sends what they had to be sent in one go.
void Connection::turn() {
  turn_scheduled_ = false;
  if (handler_ == nullptr) return;
  std::swap(carrying_, deferred_);
  carry_out(carrying_);
  end_of_batch();
}

void Connection::carry_out(Actions& actions) {
  for (const Action& action : actions) {
    if (handler_ == nullptr) break;
    if (const auto* connect = std::get_if<Connect>(&action)) {
      carry_out(*connect);
    } else if (const auto* disconnect = std::get_if<Disconnect>(&action)) {
      LOG(WARNING) << "closing the connection: " << disconnect->reason;
      close();
    } else if (const auto* ready = std::get_if<Ready>(&action)) {
      LOG(INFO) << "connected to " << to_text(ready->endpoint);
      logged_loss_.clear();
    } else {
      something_handed_over_ = true;
      handler_->on_action(action);
    }
  }
  actions.clear();
}

void Connection::end_of_batch() {
  if (handler_ != nullptr && std::exchange(something_handed_over_, false)) handler_->on_actions_end();
  flush();
  arm_timer();
}

void Connection::carry_out(const Connect& connect) {
  close();
  transport_ = make_transport(io_, tls_);
  transport_->connect(connect.endpoint, while_same_connection([](Connection& self, const std::string& error) {
                        self.on_connected(error);
                      }));
}

void Connection::on_connected(const std::string& error) {
  if (!error.empty()) return lose(error);
  connected_ = true;
  buffer_.reset();
  session_.connected(now());
  receive();
  end_of_batch();
}

void Connection::receive() {
  // Handlers under way keep `this` alive and with it the buffer.
  transport_->receive(buffer_.prepare(),
                      while_same_connection([](Connection& self, std::size_t size, const std::string& error) {
                        self.on_received(size, error);
                      }));
}

void Connection::on_received(std::size_t size, const std::string& error) {
  if (!error.empty()) return lose(error);
  if (stopping_) return receive();  // only the end is waited for
  buffer_.commit(size);
  const std::uint64_t generation = generation_;
  const Time received_at = now();
  while (handler_ != nullptr && generation == generation_) {
    const std::size_t taken = session_.receive(received_at, buffer_.content(), actions_);
    carry_out(actions_);
    if (taken == 0) break;
    buffer_.consume(taken);
  }
  if (generation == generation_ && transport_ != nullptr) receive();
  end_of_batch();
}

void Connection::lose(const std::string& error) {
  close();
  if (stopping_) return finish_stop();
  if (handler_ == nullptr) return;
  // Once, however often it is tried.
  if (std::exchange(logged_loss_, error) != error) LOG(WARNING) << "no connection: " << error;
  const bool is_refused = error.starts_with(kCertificateRefused);
  session_.disconnected(now(), error, actions_, is_refused ? ErrorKind::kNotAuthenticated : ErrorKind::kUnavailable);
  carry_out(actions_);
  end_of_batch();
}

void Connection::close() {
  ++generation_;
  connected_ = false;
  send_under_way_ = false;
  if (transport_ == nullptr) return;
  transport_->close();
  transport_.reset();
}

// Everything that has gathered goes out in one write; what gathers meanwhile, in the next.
void Connection::flush() {
  if (!connected_ || send_under_way_) return;
  if (session_.output().empty()) {
    if (stopping_) transport_->finish_sending();
    return;
  }
  send_under_way_ = true;
  // A block of its own, since a write of the previous connection may still hold the last one.
  auto bytes = std::make_shared<std::string>(std::move(sending_));
  bytes->clear();
  std::swap(*bytes, session_.output());
  transport_->send(*bytes, while_same_connection([bytes](Connection& self, const std::string& error) {
    self.send_under_way_ = false;
    if (!error.empty()) return self.lose(error);
    self.sending_ = std::move(*bytes);
    self.flush();
  }));
}

void Connection::arm_timer() {
  if (stopping_ || handler_ == nullptr) return;
  const std::optional<Time> next = session_.next_deadline();
  // A timer that rings too early does no harm, and most deadlines are never reached.
  if (!next || (armed_for_ && *armed_for_ <= *next)) return;
  armed_for_ = next;
  timer_.expires_at(std::chrono::steady_clock::time_point(*next));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr || self->handler_ == nullptr) return;
    self->armed_for_.reset();
    self->session_.tick(now(), self->actions_);
    self->carry_out(self->actions_);
    self->end_of_batch();
  });
}

void Connection::stop(std::function<void()> stopped) {
  if (handler_ == nullptr) return;
  handler_ = nullptr;
  stopping_ = true;
  stopped_ = std::move(stopped);
  if (!connected_) {
    close();
    asio::post(io_, [self = shared_from_this()] { self->finish_stop(); });
    return;
  }
  // The server's own bytes are read until it hangs up as well: closing with unread bytes would reset the connection and
  // take from the server what it has not read yet.
  timer_.expires_after(time_limit_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->lose("");
  });
  flush();
}

void Connection::finish_stop() {
  timer_.cancel();
  if (const auto stopped = std::exchange(stopped_, nullptr)) stopped();
}

void Connection::abandon() {
  handler_ = nullptr;
  stopping_ = false;
  stopped_ = nullptr;
  timer_.cancel();
  close();
}

}  // namespace interconnect::legacy
