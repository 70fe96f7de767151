#include "app/commands/ask_copy.h"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <iterator>
#include <stdexcept>

#include "adapters/http_status/access.h"

namespace interconnect {
namespace {

constexpr std::chrono::seconds kPatience{5};

// One that is listened on everywhere is asked here.
std::string host_to_ask(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

}  // namespace

CopyAnswer ask_copy(const MonitoringSettings& settings, const std::string& path, const std::string& command) {
  if (!settings.http || settings.http->port == 0) {
    throw std::runtime_error(command + ": the configuration has no http.port to ask: give it one");
  }
  const std::string host = host_to_ask(settings.http->host);
  const std::string port = std::to_string(settings.http->port);
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(kPatience);
  stream.connect(host, port);
  const std::string authorization = authorization_for(settings.http_access);
  stream << "GET " << path << " HTTP/1.1\r\nHost: " << host << "\r\nConnection: close\r\n";
  if (!authorization.empty()) stream << "Authorization: " << authorization << "\r\n";
  stream << "\r\n" << std::flush;
  std::string version;
  CopyAnswer answer;
  stream >> version >> answer.status;
  if (!stream) return {0, "no answer from " + host + ":" + port + ": " + stream.error().message()};
  std::string line;
  while (std::getline(stream, line) && line != "\r") {
  }
  answer.body.assign(std::istreambuf_iterator<char>(stream), {});
  return answer;
}

}  // namespace interconnect
