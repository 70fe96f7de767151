#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testing/process/child_process.h"

namespace interconnect::testing {

enum class Generation { kLegacy, kNext };

struct StoredEvent {
  std::string id;
  std::string type;
  bool is_json = true;
  std::string data;
  std::string metadata;

  friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};
// Shortens what is long.
std::ostream& operator<<(std::ostream& out, const StoredEvent& event);

// A different id for each n.
std::string event_id(int n);

// Of a consumer group.
struct GroupState {
  int consumers = 0;
  int in_flight = 0;    // sent to consumers and not acknowledged
  int outstanding = 0;  // the same, counted over all consumers
  std::int64_t pushed = 0;
  std::int64_t parked = 0;
};

// A process of the test event store. Users are admin, with kPassword, and what the arguments say.
class Store final {
 public:
  static constexpr char kPassword[] = "hush-7351-changeit";

  // Started and ready; else throws std::runtime_error.
  explicit Store(Generation generation, std::vector<std::string> arguments = {});

  Generation generation() const { return generation_; }
  int tcp_port() const { return tcp_port_; }
  int http_port() const { return http_port_; }
  pid_t process_id() const { return process_->pid(); }

  // The environment that tells the copier where it is; `side` is SRC or DST.
  std::map<std::string, std::string> environment(const std::string& side) const;

  // Writes events as they are, and many made up ones, to PREFIX0, PREFIX1 and so on in turn.
  void append(const std::string& stream, const std::vector<StoredEvent>& events);
  void load(const std::string& prefix, int streams, int events, int size = 64);
  void tombstone(const std::string& stream);
  void soft_delete(const std::string& stream);
  void set_metadata(const std::string& stream, const std::string& json);

  std::vector<StoredEvent> dump(const std::string& stream) const;
  // The streams whose names begin with `prefix`, and how many events they have.
  std::map<std::string, int> streams(const std::string& prefix) const;
  // The events of all of them.
  int count(const std::string& prefix) const;
  GroupState group(const std::string& stream, const std::string& group) const;
  // What the server's own HTTP interface tells of the group.
  std::string group_info(const std::string& stream, const std::string& group) const;

  // By the HTTP interface: settings that `json` does not give have its defaults, which are not ours.
  void make_group(const std::string& stream, const std::string& group, const std::string& json);

  // Of admin, from now on; the environment keeps kPassword.
  void change_password(const std::string& password);
  // `json` as the store's /misbehave takes it.
  void misbehave(const std::string& json);
  // Stops the whole process from running, and lets it run on.
  void freeze();
  void thaw();
  // SIGKILL, and again on the same ports; it has its events again if it was given --data.
  void kill();
  void start_again();

 private:
  void start();
  void delete_stream(const std::string& stream, bool hard);
  std::string admin(const std::string& method, const std::string& target, const std::string& body = "") const;

  Generation generation_;
  std::vector<std::string> arguments_;
  std::unique_ptr<ChildProcess> process_;
  int tcp_port_ = 0;
  int http_port_ = 0;
  int admin_port_ = 0;
};

}  // namespace interconnect::testing
