#pragma once

#include <optional>
#include <string>

#include "testing/eventstore/legacy/tcp_connection.h"

namespace interconnect::eventstore {

// A consumer of a group, by the correlation id of its connect package.
class TcpConnection::PersistentClient : public Subscriber {
 public:
  PersistentClient(TcpConnection& connection, std::string correlation_id, std::string group_id)
      : group_id(std::move(group_id)), connection_(connection), correlation_id_(std::move(correlation_id)) {}

  void push(const ResolvedEvent& event, int retry_count) override;
  void dropped(DropReason reason) override;

  const std::string group_id;

 private:
  TcpConnection& connection_;
  const std::string correlation_id_;
  dto::PersistentSubscriptionStreamEventAppeared message_;
};

// To a stream, or to $all if its name is empty.
struct TcpConnection::VolatileOptions {
  std::string stream;
  bool resolve = false;
  // Of 20.6 on: only some events, and a checkpoint after so many that were looked at.
  std::optional<EventFilter> filter = {};
  int checkpoint_interval = 0;
};

class TcpConnection::VolatileClient : public CommitListener {
 public:
  VolatileClient(TcpConnection& connection, std::string correlation_id, VolatileOptions options);
  ~VolatileClient() override;

  void committed(const Record& record) override;

 private:
  TcpConnection& connection_;
  const std::string correlation_id_;
  const VolatileOptions options_;
  int considered_ = 0;
};

}  // namespace interconnect::eventstore
