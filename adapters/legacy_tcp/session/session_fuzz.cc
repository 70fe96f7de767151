#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/legacy_tcp/session/session.h"
#include "adapters/legacy_tcp/wire/package.h"

namespace interconnect::legacy {
namespace {

// A server that says anything at any time, to a user who does as the session asks.
class Conversation {
 public:
  explicit Conversation(std::string_view script) : script_(script), session_(settings()) {}

  void run() {
    session_.start(now_, actions_);
    carry_out();
    while (!script_.empty()) {
      step();
      carry_out();
    }
  }

 private:
  static SessionSettings settings() {
    SessionSettings settings;
    settings.endpoint = {"127.0.0.1", 1113};
    settings.credentials = Credentials{"admin", "changeit"};
    settings.connection_name = "fuzz";
    settings.reconnection = {-1, std::chrono::seconds(1)};
    settings.operation_timeout = std::chrono::seconds(5);
    settings.subscriptions = {{.stream = "stream", .group = "group", .settings = {}}};
    return settings;
  }

  std::uint8_t byte() {
    if (script_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(script_.front());
    script_.remove_prefix(1);
    return first;
  }

  std::string_view bytes() {
    const std::size_t size = std::min(std::size_t{byte()} << 8 | byte(), script_.size());
    const std::string_view taken = script_.substr(0, size);
    script_.remove_prefix(size);
    return taken;
  }

  void step() {
    switch (byte() % 10) {
      case 0:
      case 1:
        return answer();
      case 2:
        return receive(std::string(bytes()));
      case 3:
        now_ += std::chrono::milliseconds(100) * byte();
        return session_.tick(now_, actions_);
      case 4:
        outstanding_.insert(next_id_);
        return session_.append(now_, {next_id_++, "stream", byte() - 1, {}}, actions_);
      case 5:
        outstanding_.insert(next_id_);
        return session_.read(now_, {next_id_++, "stream", ReadDirection::kForward, 0, byte() + 1}, actions_);
      case 6:
        outstanding_.insert(next_id_);
        return session_.probe(now_, next_id_++, actions_);
      case 7:
        return session_.subscribe(now_, 0, 10, actions_);
      case 8:
        if (is_connected_) session_.disconnected(now_, "the connection was closed", actions_);
        is_connected_ = false;
        return;
      default:
        if (!is_preparing_) return;
        is_preparing_ = false;
        if (byte() % 2 == 0) return session_.group_prepared(now_, 0, GroupState::kUnchanged, {});
        return session_.group_failed(now_, 0, DropReason::kServer, "no", actions_);
    }
  }

  // A package in answer to one of ours.
  void answer() {
    const auto command = static_cast<Command>(byte());
    const std::size_t asked = byte();
    const CorrelationId correlation = asked_.empty() ? CorrelationId{} : asked_[asked % asked_.size()];
    const std::string_view payload = bytes();
    std::string package;
    put_package_header(package, command, correlation, payload.size());
    receive(package.append(payload));
  }

  void receive(const std::string& received) {
    if (!is_connected_) return;
    std::string_view rest = received;
    while (!rest.empty()) {
      const std::size_t taken = session_.receive(now_, rest, actions_);
      if (taken > rest.size()) std::abort();
      if (taken == 0) return;
      rest.remove_prefix(taken);
      carry_out();
      if (!is_connected_) return;
    }
  }

  void carry_out() {
    for (const Action& action : std::exchange(actions_, {})) {
      if (std::holds_alternative<Connect>(action)) {
        is_connected_ = true;
        session_.connected(now_);
      } else if (std::holds_alternative<Disconnect>(action)) {
        is_connected_ = false;
      } else if (std::holds_alternative<PrepareGroup>(action)) {
        is_preparing_ = true;
      } else if (const auto* append = std::get_if<AppendCompleted>(&action)) {
        complete(append->id);
      } else if (const auto* read = std::get_if<ReadCompleted>(&action)) {
        complete(read->id);
      } else if (const auto* probe = std::get_if<ProbeCompleted>(&action)) {
        complete(probe->id);
      }
    }
    std::string_view sent = session_.output();
    for (;;) {
      const auto decoded = decode_package(sent);
      const auto* framed = std::get_if<Framed>(&decoded);
      if (framed == nullptr) break;
      asked_.push_back(framed->package.correlation);
      sent.remove_prefix(framed->size);
    }
    if (!sent.empty()) std::abort();
    session_.output().clear();
  }

  // What was asked is answered once.
  void complete(std::uint64_t id) {
    if (outstanding_.erase(id) == 0) std::abort();
  }

  std::string_view script_;
  Session session_;
  Actions actions_;
  Time now_{0};
  std::uint64_t next_id_ = 1;
  std::set<std::uint64_t> outstanding_;
  std::vector<CorrelationId> asked_;
  bool is_connected_ = false;
  bool is_preparing_ = false;
};

}  // namespace

// The bytes are what a server and a clock do to a session.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Conversation({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}

}  // namespace interconnect::legacy
