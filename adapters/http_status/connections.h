#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

namespace interconnect {

class Connection;

// The connections that there are: kMost of them, and those that are about to be gone.
class Connections {
 public:
  static constexpr std::size_t kMost = 64;

 private:
  friend Connection;
  // Where there are kMost, the one that is of least use, and among those the one that was active first, is closed.
  void add(Connection& connection);
  void remove(Connection& connection);

  std::vector<Connection*> all_;
};

// One of them, for as long as it is there.
class Connection {
 public:
  // What it is good for: of two, the one with more of it keeps its place.
  enum class Use { kNone, kAnswered, kListens };

  Connection(Connections& connections, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  boost::beast::tcp_stream& stream() { return stream_; }
  void is_active_as(Use use);

 private:
  friend Connections;

  Connections& connections_;
  boost::beast::tcp_stream stream_;
  Use use_ = Use::kNone;
  std::chrono::steady_clock::time_point active_at_ = std::chrono::steady_clock::now();
};

}  // namespace interconnect
