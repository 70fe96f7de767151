#include "app/commands/ask_copy.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include "adapters/http_status/access.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kBetweenTicks{1};

// One that is listened on everywhere is asked here.
std::string host_to_ask(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

// Sends the request, and reads until the other side closes. Throws boost::system::system_error.
asio::awaitable<std::string> exchange(std::string host, std::string port, std::string request) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  tcp::socket socket(executor);
  co_await asio::async_connect(socket, co_await resolver.async_resolve(host, port, asio::use_awaitable),
                               asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::string reply;
  boost::system::error_code end;
  co_await asio::async_read(socket, asio::dynamic_buffer(reply), asio::redirect_error(asio::use_awaitable, end));
  co_return reply;
}

// Nothing if it is no reply of HTTP.
std::optional<CopyAnswer> parse(const std::string& reply) {
  const std::size_t space = reply.find(' ');
  const std::size_t head_end = reply.find("\r\n\r\n");
  if (!reply.starts_with("HTTP/") || head_end == std::string::npos || space > head_end) return std::nullopt;
  CopyAnswer answer;
  const char* const code = reply.data() + space + 1;
  if (std::from_chars(code, reply.data() + head_end, answer.status).ec != std::errc()) return std::nullopt;
  answer.body = reply.substr(head_end + 4);
  return answer;
}

}  // namespace

CopyAnswer ask_copy(const MonitoringSettings& settings, const std::string& path, const std::string& command,
                    const Signals& signals, ProgressLine& progress) {
  if (!settings.http || settings.http->port == 0) {
    throw std::runtime_error(command +
                             ": the configuration has no http.port to ask: give it one (http: {port: 9090}), and "
                             "start the copy again");
  }
  const std::string host = host_to_ask(settings.http->host);
  const std::string port = std::to_string(settings.http->port);
  const std::string address = host + ":" + port;
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
  if (const auto login = authorization_for(settings.http_access); !login.empty()) {
    request += "Authorization: " + login + "\r\n";
  }
  request += "\r\n";

  std::string problem;
  std::optional<CopyAnswer> answer;
  asio::io_context io;
  asio::co_spawn(io, exchange(host, port, request), [&](const std::exception_ptr& error, const std::string& reply) {
    try {
      if (error) std::rethrow_exception(error);
      answer = parse(reply);
      if (!answer) problem = "what answers there speaks no HTTP";
    } catch (const boost::system::system_error& failure) {
      problem = failure.code().message();
    }
    io.stop();
  });
  asio::posix::stream_descriptor signal(io, dup(signals.descriptor()));
  signal.async_wait(asio::posix::stream_descriptor::wait_read, [&](const boost::system::error_code& error) {
    if (!error) problem = "ended by a signal";
    io.stop();
  });
  for (std::chrono::seconds waited{0}; waited < kPatience && !io.stopped(); waited += kBetweenTicks) {
    if (waited.count() > 0) {
      progress.show("asking " + address + ", for " + std::to_string(waited.count()) + " of at most " +
                        std::to_string(kPatience.count()) + " s",
                    std::chrono::steady_clock::now().time_since_epoch());
    }
    io.run_for(kBetweenTicks);
  }
  progress.clear();
  if (answer) return *std::move(answer);
  if (problem.empty()) problem = "it has not answered within " + std::to_string(kPatience.count()) + " s";
  return {0, "no answer from " + address + ": " + problem +
                 "; is the copy running here, with this configuration (http.port)?"};
}

}  // namespace interconnect
