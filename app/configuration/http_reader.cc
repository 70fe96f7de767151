#include "app/configuration/http_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "app/configuration/files.h"

namespace interconnect {
namespace {

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

// The secret of the file that a key names, without the line's end; nothing where there is none, or a problem with it.
std::optional<std::string> read_secret(Section& http, std::string_view key, const std::string& what,
                                       const FileProblems& problems) {
  std::string path;
  http.read(key, path);
  if (path.empty()) return std::nullopt;
  const auto secret = read_secret_file(path_beside(problems.file(), path));
  if (!secret) {
    http.error(key, "the file " + shown(path) + " cannot be read or is empty: put " + what + " into it");
    return std::nullopt;
  }
  const bool is_one_line = std::none_of(secret->begin(), secret->end(),
                                        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  if (is_one_line) return secret;
  http.error(key, "the file " + shown(path) + " must hold one line: " + what);
  return std::nullopt;
}

void read_access(Section& http, HttpAccess& access, const FileProblems& problems) {
  if (const auto login = read_secret(http, "credentialsFile", "USER:PASSWORD", problems)) {
    const std::size_t colon = login->find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == login->size()) {
      http.error("credentialsFile",
                 "the file holds no USER:PASSWORD: put one line of that into it, with neither of them empty");
    } else {
      access.credentials = Credentials{login->substr(0, colon), login->substr(colon + 1)};
    }
  }
  if (const auto token = read_secret(http, "tokenFile", "the token", problems)) {
    if (token->find(' ') != std::string::npos) {
      http.error("tokenFile", "the file holds no token: a token has no spaces");
    } else {
      access.token = *token;
    }
  }
}

}  // namespace

void read_http(Section& file, MonitoringSettings& settings, FileProblems& problems) {
  const YamlNode* const node = file.find("http");
  if (node == nullptr) return file.note("http", "off");
  Section http(*node, "http", problems, "http.");
  Endpoint endpoint{.host = "127.0.0.1", .port = 0};
  http.read("address", endpoint.host);
  http.require("port");
  http.read_number("port", endpoint.port, 0, std::numeric_limits<std::uint16_t>::max());
  const std::size_t problems_before = problems.errors();
  read_access(http, settings.http_access, problems);
  http.finish();
  if (settings.http_access.is_open() && problems.errors() == problems_before && !is_loopback(endpoint.host)) {
    http.warning("address", "whoever reaches " + shown(endpoint.host) +
                                " sees names of streams and types, and the settings: give http.credentialsFile or "
                                "http.tokenFile, or listen on 127.0.0.1");
  }
  settings.http = endpoint;
}

}  // namespace interconnect
