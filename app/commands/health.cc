#include "app/commands/health.h"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

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

bool ask_health(const MonitoringSettings& settings, std::ostream& out) {
  if (!settings.http || settings.http->port == 0) {
    throw std::runtime_error("health: the configuration has no http.port to ask: give it one");
  }
  const std::string host = host_to_ask(settings.http->host);
  const std::string port = std::to_string(settings.http->port);
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(kPatience);
  stream.connect(host, port);
  const std::string authorization = authorization_for(settings.http_access);
  stream << "GET /healthz HTTP/1.1\r\nHost: " << host << "\r\nConnection: close\r\n";
  if (!authorization.empty()) stream << "Authorization: " << authorization << "\r\n";
  stream << "\r\n" << std::flush;
  std::string version;
  int status = 0;
  stream >> version >> status;
  if (!stream) {
    out << "no answer from " << host << ":" << port << ": " << stream.error().message() << std::endl;
    return false;
  }
  std::string line;
  while (std::getline(stream, line) && line != "\r") {
  }
  while (std::getline(stream, line)) out << line << "\n";
  out.flush();
  return status == 200;
}

}  // namespace interconnect
