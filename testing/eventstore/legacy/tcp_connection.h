#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "testing/eventstore/legacy/codec.h"
#include "testing/eventstore/net/byte_stream.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// A client of the TCP protocol (TcpConnectionManager.cs, ClientTcpDispatcher.cs): framing, heartbeats, credentials, and
// what each command asks of the node.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(Node& node, std::unique_ptr<ByteStream> stream);
  ~TcpConnection();

  void start();

 private:
  class PersistentClient;
  class VolatileClient;

  void read();
  void received(std::size_t size);
  void process(const Package& package);
  void dispatch(const Package& package, const User* user);
  bool not_handled(const Package& package, bool needs_master);

  void write_events(const Package& package, const User* user);
  void delete_stream(const Package& package, const User* user);
  void read_event(const Package& package, const User* user);
  void read_stream(const Package& package, const User* user, bool forward);
  void read_all(const Package& package, const User* user, bool forward);
  // The commands with a filter came with 20.6.
  bool has_filters() const { return node_.options().generation == Generation::kNext; }
  void read_all_filtered(const Package& package, const User* user);
  void subscribe(const Package& package, const User* user);
  void subscribe_filtered(const Package& package, const User* user);
  struct VolatileOptions;
  void start_volatile(const Package& package, const User* user, VolatileOptions options);
  void connect_persistent(const Package& package, const User* user);
  void unsubscribe(const Package& package);
  void acknowledge(const Package& package, bool nak);
  template <class Message, class Completed>
  void manage_group(const Package& package, const User* user, Command reply);

  void send(Command command, std::string_view correlation_id, const google::protobuf::Message& message);
  void send(Command command, std::string_view correlation_id, std::string_view payload);
  void bad_request(const Package& package);
  void bad_request_and_close(std::string_view correlation_id, const std::string& text);
  void flush();
  void close();
  void schedule_heartbeat();

  Node& node_;
  const std::unique_ptr<ByteStream> stream_;
  int number_ = -1;
  std::string in_;
  std::size_t filled_ = 0;
  std::string out_;
  std::string sending_;
  bool flush_scheduled_ = false;
  bool closing_ = false;
  bool closed_ = false;
  // How often bytes have arrived.
  std::uint64_t message_number_ = 0;
  std::string connection_name_;
  // What Authenticate was sent with, right or wrong.
  std::optional<std::pair<std::string, std::string>> default_login_;
  // By correlation id.
  std::map<std::string, std::unique_ptr<PersistentClient>, std::less<>> persistent_;
  std::map<std::string, std::unique_ptr<VolatileClient>, std::less<>> volatile_;
};

}  // namespace interconnect::eventstore
