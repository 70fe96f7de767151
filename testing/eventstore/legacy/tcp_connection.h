#ifndef TESTING_EVENTSTORE_LEGACY_TCP_CONNECTION_H_
#define TESTING_EVENTSTORE_LEGACY_TCP_CONNECTION_H_

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

  void Start();

 private:
  class PersistentClient;
  class VolatileClient;

  void Read();
  void Received(std::size_t size);
  void Process(const Package& package);
  void Dispatch(const Package& package, const User* user);
  bool NotHandled(const Package& package, bool needs_master);

  void WriteEvents(const Package& package, const User* user);
  void DeleteStream(const Package& package, const User* user);
  void ReadEvent(const Package& package, const User* user);
  void ReadStream(const Package& package, const User* user, bool forward);
  void ReadAll(const Package& package, const User* user, bool forward);
  // The commands with a filter came with 20.6.
  bool has_filters() const { return node_.options().generation == Generation::kNext; }
  void ReadAllFiltered(const Package& package, const User* user);
  void Subscribe(const Package& package, const User* user);
  void SubscribeFiltered(const Package& package, const User* user);
  struct VolatileOptions;
  void StartVolatile(const Package& package, const User* user, VolatileOptions options);
  void ConnectPersistent(const Package& package, const User* user);
  void Unsubscribe(const Package& package);
  void Acknowledge(const Package& package, bool nak);
  template <class Message, class Completed>
  void ManageGroup(const Package& package, const User* user, Command reply);

  void Send(Command command, std::string_view correlation_id, const google::protobuf::MessageLite& message);
  void Send(Command command, std::string_view correlation_id, std::string_view payload);
  void BadRequest(const Package& package);
  void BadRequestAndClose(std::string_view correlation_id, const std::string& text);
  void Flush();
  void Close();
  void ScheduleHeartbeat();

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

#endif  // TESTING_EVENTSTORE_LEGACY_TCP_CONNECTION_H_
