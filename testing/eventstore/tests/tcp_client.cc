#include "testing/eventstore/tests/tcp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "gtest/gtest.h"

namespace interconnect::eventstore {

TcpClient::TcpClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TcpClient::~TcpClient() { close(socket_); }

void TcpClient::send(const std::string& bytes) {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

std::string TcpClient::receive(int timeout_ms) {
  if (!fill(4, timeout_ms)) return "";
  std::uint32_t size = 0;
  for (int i = 3; i >= 0; --i) size = size << 8 | static_cast<std::uint8_t>(in_[static_cast<std::size_t>(i)]);
  if (!fill(4 + size, timeout_ms)) return "";
  const std::string package = in_.substr(4, size);
  in_.erase(0, 4 + size);
  return package;
}

bool TcpClient::fill(std::size_t size, int timeout_ms) {
  while (in_.size() < size) {
    pollfd ready{socket_, POLLIN, 0};
    if (closed_ || poll(&ready, 1, timeout_ms) <= 0) return false;
    char buffer[65536];
    const ssize_t n = recv(socket_, buffer, sizeof buffer, 0);
    closed_ = n <= 0;
    if (n > 0) in_.append(buffer, static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace interconnect::eventstore
