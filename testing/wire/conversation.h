#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rapidjson/document.h"

namespace interconnect::wire {

using Headers = std::vector<std::pair<std::string, std::string>>;

// One line of a recorded conversation: a package, a message, a socket event, or what the client library told its
// caller. Texts that the line lacks are empty, numbers -1; all else of the line is in `json`.
struct Step {
  int seq = -1;
  std::int64_t t_ms = -1;
  std::string dir;    // "c2s" or "s2c"; empty for notes, calls and results.
  std::string proto;  // "tcp", "grpc" or "http".
  std::string event;  // "open", "close", "headers", "message", "half_close", "trailers", "call", ...
  int conn = -1;

  // TCP packages.
  std::string command;  // The command's name; empty for anything but a package.
  int command_byte = -1;
  int flags = -1;
  std::string correlation_id;  // 16 bytes, as on the wire.
  std::optional<std::string> login;
  std::optional<std::string> password;

  // gRPC.
  int stream = -1;
  std::string method;  // "/package.Service/Method"; of HTTP requests the verb.
  Headers headers;

  // The package's or message's payload. If `truncated` only its beginning was recorded; `payload_size` is the whole
  // one's.
  std::string payload;
  std::size_t payload_size = 0;
  bool truncated = false;

  std::shared_ptr<const rapidjson::Document> json;

  bool is_package() const { return proto == "tcp" && command_byte >= 0; }
  bool is_message() const { return proto == "grpc" && event == "message"; }
  bool from_client() const { return dir == "c2s"; }
  // The package with its length prefix, byte for byte as it was sent; only for packages that are not truncated.
  std::string frame() const;
  // The value of a header, or empty.
  std::string_view header(std::string_view name) const;
};

struct Conversation {
  std::string scenario;
  std::string server;
  std::string client;
  std::string what;
  std::vector<Step> steps;
};

// Reads a conversation by its name below this folder, without the ending: "legacy-5.0.1/tcp-write".
// Throws std::runtime_error with file and line if it is missing or malformed.
Conversation read_conversation(const std::string& name);

// The names of all recorded conversations whose folder begins with `prefix`, sorted.
std::vector<std::string> conversation_names(const std::string& prefix = "");

// The whole payload of a truncated step whose missing middle is its last recorded byte over and over, up to `tail`.
std::string regrown(const Step& step, std::string_view tail);

// Bytes of a text of hexadecimal digits; throws std::runtime_error if it is none.
std::string from_hex(std::string_view hex);

}  // namespace interconnect::wire
