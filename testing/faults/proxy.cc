#include "testing/faults/proxy.h"

#include <array>
#include <cstddef>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "boost/asio/awaitable.hpp"
#include "boost/asio/buffer.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"

namespace interconnect::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kPiece = 16 * 1024;

std::size_t index(Toward direction) { return direction == Toward::kServer ? 0 : 1; }

struct Weather {
  std::chrono::milliseconds delay{0};
  bool trickles = false;
  bool refuses = false;
  std::array<bool, 2> stalls{};
  std::array<bool, 2> swallows{};
  std::array<std::size_t, 2> cut_within{};
};

struct Connection {
  explicit Connection(asio::io_context& io) : client(io), server(io) {}

  tcp::socket& from(Toward direction) { return direction == Toward::kServer ? client : server; }
  tcp::socket& to(Toward direction) { return direction == Toward::kServer ? server : client; }

  void reset() {
    error_code ignored;
    for (tcp::socket* socket : {&client, &server}) {
      if (!socket->is_open()) continue;
      socket->set_option(asio::socket_base::linger(true, 0), ignored);
      socket->close(ignored);
    }
  }

  tcp::socket client;
  tcp::socket server;
  int open_ends = 2;
};

}  // namespace

// Everything but the constructor and the destructor runs on the thread.
class Proxy::Line {
  // First: what is below dies before it.
  asio::io_context io_{1};

 public:
  explicit Line(int server_port)
      : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        server_(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server_port)),
        changed_(io_) {
    port_ = acceptor_.local_endpoint().port();
    changed_.expires_at(asio::steady_timer::time_point::max());
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Line() {
    io_.stop();
    thread_.join();
  }

  int port() const { return port_; }

  // On the thread, and done when this returns.
  template <typename Call>
  void tell(Call call) {
    std::packaged_task<void()> task([&] {
      call();
      // Whoever waits for other weather looks again.
      changed_.cancel();
    });
    std::future<void> done = task.get_future();
    asio::post(io_, std::move(task));
    done.get();
  }

  void cut() {
    weather.swallows = {};
    for (const auto& connection : connections_) connection->reset();
  }

  void half_close(Toward direction) {
    error_code ignored;
    for (const auto& connection : connections_) connection->to(direction).shutdown(tcp::socket::shutdown_send, ignored);
  }

  Weather weather;
  std::set<std::shared_ptr<Connection>> connections_;

 private:
  using Shared = std::shared_ptr<Connection>;

  asio::awaitable<void> accept() {
    while (true) {
      auto connection = std::make_shared<Connection>(io_);
      error_code error;
      co_await acceptor_.async_accept(connection->client, asio::redirect_error(asio::use_awaitable, error));
      if (error) continue;
      if (weather.refuses) {
        connection->reset();
        continue;
      }
      asio::co_spawn(io_, serve(std::move(connection)), asio::detached);
    }
  }

  asio::awaitable<void> serve(Shared connection) {
    error_code error;
    co_await connection->server.async_connect(server_, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      connection->reset();
      co_return;
    }
    connection->client.set_option(tcp::no_delay(true), error);
    connection->server.set_option(tcp::no_delay(true), error);
    connections_.insert(connection);
    asio::co_spawn(io_, pump(connection, Toward::kServer), asio::detached);
    asio::co_spawn(io_, pump(connection, Toward::kClient), asio::detached);
  }

  asio::awaitable<void> pump(Shared connection, Toward direction) {
    tcp::socket& from = connection->from(direction);
    tcp::socket& to = connection->to(direction);
    std::array<char, kPiece> piece;
    error_code error;
    while (true) {
      co_await until_it_flows(direction);
      const std::size_t size =
          co_await from.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      co_await until_it_flows(direction);
      if (weather.swallows[index(direction)]) continue;
      if (weather.delay.count() > 0) {
        asio::steady_timer timer(io_, weather.delay);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
      const std::size_t limit = weather.cut_within[index(direction)];
      const bool cuts = limit > 0 && size >= limit;
      if (cuts) weather.cut_within[index(direction)] = 0;
      const std::size_t end = cuts ? size / 2 : size;
      for (std::size_t sent = 0; sent < end && !error;) {
        const std::size_t next = weather.trickles ? 1 : end - sent;
        co_await asio::async_write(to, asio::buffer(piece.data() + sent, next),
                                   asio::redirect_error(asio::use_awaitable, error));
        sent += next;
      }
      if (error) break;
      if (cuts) connection->reset();
    }
    // The end of one direction is handed on; anything else ends both.
    error_code ignored;
    if (error == asio::error::eof) {
      to.shutdown(tcp::socket::shutdown_send, ignored);
    } else {
      connection->reset();
    }
    if (--connection->open_ends == 0) {
      connection->client.close(ignored);
      connection->server.close(ignored);
      connections_.erase(connection);
    }
  }

  asio::awaitable<void> until_it_flows(Toward direction) {
    while (weather.stalls[index(direction)]) {
      error_code cancelled;
      co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
  }

  tcp::acceptor acceptor_;
  const tcp::endpoint server_;
  asio::steady_timer changed_;
  int port_ = 0;
  std::thread thread_;
};

Proxy::Proxy(int server_port) : line_(std::make_unique<Line>(server_port)) {}
Proxy::~Proxy() = default;

int Proxy::port() const { return line_->port(); }

int Proxy::connections() const {
  int count = 0;
  line_->tell([&] { count = static_cast<int>(line_->connections_.size()); });
  return count;
}

void Proxy::delay(std::chrono::milliseconds time) {
  line_->tell([&] { line_->weather.delay = time; });
}
void Proxy::trickle(bool on) {
  line_->tell([&] { line_->weather.trickles = on; });
}
void Proxy::stall(Toward direction, bool on) {
  line_->tell([&] { line_->weather.stalls[index(direction)] = on; });
}
void Proxy::swallow(Toward direction) {
  line_->tell([&] { line_->weather.swallows[index(direction)] = true; });
}
void Proxy::refuse(bool on) {
  line_->tell([&] { line_->weather.refuses = on; });
}
void Proxy::cut() {
  line_->tell([&] { line_->cut(); });
}
void Proxy::cut_within(Toward direction, int bytes) {
  line_->tell([&] { line_->weather.cut_within[index(direction)] = static_cast<std::size_t>(bytes); });
}
void Proxy::half_close(Toward direction) {
  line_->tell([&] { line_->half_close(direction); });
}

}  // namespace interconnect::testing
