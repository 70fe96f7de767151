#include "testing/end_to_end/http_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace interconnect::testing {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr timeval kTimeout{20, 0};

struct Socket {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ~Socket() { close(fd); }
};

std::string exchange(int port, const std::string& request) {
  const Socket socket;
  setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  for (std::size_t sent = 0; sent < request.size();) {
    const ssize_t size = send(socket.fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return "";
    sent += static_cast<std::size_t>(size);
  }
  std::string reply;
  std::array<char, 65'536> buffer{};
  while (true) {
    const ssize_t size = recv(socket.fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return size == 0 ? reply : "";
    reply.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

HttpReply http_request(int port, const std::string& method, const std::string& target, const std::string& body,
                       const std::string& extra_headers) {
  const std::string head = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                           "Content-Length: " + std::to_string(body.size()) +
                           "\r\nContent-Type: application/json\r\nAccept: application/json\r\n" + extra_headers +
                           "\r\n";
  const std::string reply = exchange(port, head + body);
  HttpReply parsed;
  const std::size_t end = reply.find("\r\n\r\n");
  constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
  if (end == std::string::npos ||
      std::from_chars(reply.data() + kStatusAt, reply.data() + end, parsed.status).ec != std::errc()) {
    throw std::runtime_error("no answer to " + method + " " + target);
  }
  parsed.body = reply.substr(end + 4);
  return parsed;
}

std::string percent_encoded(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded.push_back(c);
    } else {
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

std::string base64(const std::string& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(i + j <= bytes.size() ? kBase64[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) break;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(group >> bits & 255));
    }
  }
  return bytes;
}

}  // namespace interconnect::testing
