#include "adapters/legacy_tcp/wire/package.h"

#include <algorithm>
#include <cstring>

namespace interconnect::legacy {
namespace {

constexpr std::uint8_t kAuthenticatedFlag = 0x01;
constexpr std::size_t kFlagsOffset = 1;
constexpr std::size_t kCorrelationOffset = 2;

std::uint8_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }

// What "HTTP" is as a length: it begins the answer of a server that takes our bytes for a bad request.
constexpr std::size_t kHttp = 0x50545448;

// Takes a text behind its length byte.
bool take_short_text(std::string_view& bytes, std::string_view& text) {
  if (bytes.empty()) return false;
  const std::size_t size = byte_at(bytes, 0);
  if (size + 1 > bytes.size()) return false;
  text = bytes.substr(1, size);
  bytes.remove_prefix(size + 1);
  return true;
}

}  // namespace

std::variant<Framed, Incomplete, DecodeError> decode_package(std::string_view bytes, std::size_t max_package_size) {
  if (bytes.size() < kLengthPrefixSize) return Incomplete{kLengthPrefixSize};
  std::size_t size = 0;
  for (std::size_t i = 0; i < kLengthPrefixSize; ++i) size |= std::size_t{byte_at(bytes, i)} << (8 * i);
  if (size == kHttp) {
    return DecodeError{
        "HTTP is spoken at this port, and not the TCP protocol: a newer server, which has none, is given by its "
        "CONNECTION_STRING variable"};
  }
  if (size < kMinPackageSize || size > max_package_size) {
    return DecodeError{"package length " + std::to_string(size) + " is out of bounds"};
  }
  const std::size_t total = kLengthPrefixSize + size;
  if (bytes.size() < total) return Incomplete{total};

  const std::string_view body = bytes.substr(kLengthPrefixSize, size);
  Framed framed;
  framed.size = total;
  Package& package = framed.package;
  package.command = static_cast<Command>(byte_at(body, 0));
  std::memcpy(package.correlation.bytes.data(), body.data() + kCorrelationOffset, package.correlation.bytes.size());
  std::string_view rest = body.substr(kMinPackageSize);
  // The other flag bits are ignored, as the server ignores them.
  if (byte_at(body, kFlagsOffset) & kAuthenticatedFlag) {
    Login login;
    if (!take_short_text(rest, login.username)) return DecodeError{"the login is longer than its package"};
    if (!take_short_text(rest, login.password)) return DecodeError{"the password is longer than its package"};
    package.login = login;
  }
  package.payload = rest;
  return framed;
}

std::size_t package_size(std::size_t payload_size, const std::optional<Login>& login) {
  return kMinPackageSize + payload_size + (login ? 2 + login->username.size() + login->password.size() : 0);
}

void put_package_header(std::string& out, Command command, const CorrelationId& correlation, std::size_t payload_size,
                        const std::optional<Login>& login) {
  const std::size_t size = package_size(payload_size, login);
  for (std::size_t i = 0; i < kLengthPrefixSize; ++i) out.push_back(static_cast<char>(size >> (8 * i)));
  out.push_back(static_cast<char>(command));
  out.push_back(static_cast<char>(login ? kAuthenticatedFlag : 0));
  out.append(reinterpret_cast<const char*>(correlation.bytes.data()), correlation.bytes.size());
  if (!login) return;
  for (std::string_view text : {login->username, login->password}) {
    out.push_back(static_cast<char>(text.size()));
    out.append(text);
  }
}

}  // namespace interconnect::legacy
