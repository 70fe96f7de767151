#include "adapters/http_status/status_server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "adapters/http_status/answers.h"
#include "adapters/http_status/connections.h"
#include "adapters/http_status/cpu_budget.h"
#include "adapters/http_status/feed_hub.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::chrono::seconds kConnectionPatience{10};  // for a request, and for taking its answer
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::chrono::milliseconds kGoodbyePatience{300};
constexpr std::chrono::milliseconds kLongestRest{100};
constexpr int kBacklog = 512;
constexpr std::size_t kMaxListeners = 48;  // others have room beside them
constexpr std::uint32_t kMaxHeader = 8 * 1024;
constexpr std::uint64_t kMaxBody = 1024;
constexpr int kLowPriority = 19;

std::string shown(const Endpoint& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::chrono::nanoseconds time_on(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

class StatusServer::Server {
 public:
  Server(const Endpoint& address, Options options) : options_(std::move(options)), acceptor_(io_) {
    if (options_.feed != nullptr) hub_ = std::make_unique<FeedHub>(io_, *options_.feed);
    try {
      tcp::resolver resolver(io_);
      const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive);
      const tcp::endpoint endpoint = found.begin()->endpoint();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen(kBacklog);
    } catch (const boost::system::system_error& error) {
      const bool is_taken = error.code() == boost::asio::error::address_in_use;
      throw std::runtime_error("http: cannot listen on " + shown(address) + ": " + error.code().message() +
                               (is_taken ? ": another copy, or another program, has this port: give http.port another"
                                         : ": give http.address and http.port that this machine has and this user may "
                                           "listen on"));
    }
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { run(); });
  }

  ~Server() {
    io_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void say_goodbye(std::string last_event) {
    if (hub_ == nullptr) return;
    const auto told = std::make_shared<std::promise<void>>();
    std::future<void> all_told = told->get_future();
    asio::post(io_, [this, told, last = std::move(last_event)]() mutable {
      hub_->end(std::move(last), [told] { told->set_value(); });
    });
    all_told.wait_for(kGoodbyePatience);
  }

 private:
  void run() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowPriority);  // on Linux, of this thread alone
    CpuBudget budget(time_on(CLOCK_MONOTONIC), time_on(CLOCK_THREAD_CPUTIME_ID));
    while (io_.run_one() > 0) {
      const auto rest = budget.rest(time_on(CLOCK_MONOTONIC), time_on(CLOCK_THREAD_CPUTIME_ID));
      if (rest > rest.zero()) std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(rest, kLongestRest));
    }
  }

  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(use_awaitable, error));
      if (error) {
        // Out of file descriptors, most likely: these may come back.
        asio::steady_timer pause(io_, kPauseAfterAcceptError);
        co_await pause.async_wait(use_awaitable);
        continue;
      }
      // What it throws is the peer's leaving, or its time limit.
      asio::co_spawn(io_, serve(std::move(socket)), [](const std::exception_ptr&) {});
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    Connection connection(connections_, std::move(socket));
    beast::tcp_stream& stream = connection.stream();
    beast::flat_buffer buffer(kMaxHeader + kMaxBody);
    for (bool keep_alive = true; keep_alive;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kMaxHeader);
      parser.body_limit(kMaxBody);
      stream.expires_after(kConnectionPatience);
      co_await http::async_read(stream, buffer, parser, use_awaitable);
      const StatusRequest& request = parser.get();
      const bool is_for_feed = hub_ != nullptr && request.method() == http::verb::get &&
                               path_of(request) == options_.feed_path && is_known(request, options_.access);
      if (is_for_feed && hub_->listeners() < kMaxListeners) {
        co_await feed(connection);
        break;
      }
      StatusResponse response = is_for_feed ? too_many(request) : answer(request, options_.routes, options_.access);
      keep_alive = response.keep_alive();
      if (response.result() != http::status::unauthorized) connection.is_active_as(Connection::Use::kAnswered);
      stream.expires_after(kConnectionPatience);
      co_await http::async_write(stream, response, use_awaitable);
    }
    stream.socket().shutdown(tcp::socket::shutdown_send);
  }

  asio::awaitable<void> feed(Connection& connection) {
    FeedHub::Listener listener(*hub_);
    std::string header = feed_header();
    while (const auto text = co_await listener.next()) {
      connection.is_active_as(Connection::Use::kListens);
      connection.stream().expires_after(kConnectionPatience);
      const std::array<asio::const_buffer, 2> buffers{asio::buffer(header), asio::buffer(*text)};
      co_await asio::async_write(connection.stream(), buffers, use_awaitable);
      header.clear();
      connection.stream().expires_never();
    }
  }

  const Options options_;
  // Before io_, with which the last connections go.
  std::unique_ptr<FeedHub> hub_;
  Connections connections_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

StatusServer::StatusServer(const Endpoint& address, Options options)
    : server_(std::make_unique<Server>(address, std::move(options))) {}

StatusServer::~StatusServer() = default;

std::uint16_t StatusServer::port() const { return server_->port(); }

void StatusServer::say_goodbye(std::string last_event) { server_->say_goodbye(std::move(last_event)); }

}  // namespace interconnect
