#pragma once

#include <cstddef>
#include <string>

namespace interconnect::eventstore {

// A connection of the TCP protocol that knows nothing but the length of packages.
class TcpClient {
 public:
  explicit TcpClient(int port);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  void send(const std::string& bytes);
  // A package without its length; nothing when the server has closed or stays silent for so long.
  std::string receive(int timeout_ms = 20'000);
  // Whether the server has closed, as far as Receive has seen.
  bool closed() const { return closed_; }

 private:
  bool fill(std::size_t size, int timeout_ms);

  const int socket_;
  std::string in_;
  bool closed_ = false;
};

}  // namespace interconnect::eventstore
