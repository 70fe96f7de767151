// Recorded conversations of a real server as scripts for the session: run whole, with the server's bytes cut anywhere,
// and with the connection lost at every step.

#include <map>
#include <string>
#include <vector>

#include "adapters/legacy_tcp/session/session_harness.h"
#include "adapters/legacy_tcp/wire/net_guid.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "gtest/gtest.h"
#include "testing/eventstore/legacy/client_messages.pb.h"
#include "testing/wire/conversation.h"

namespace interconnect::legacy {
namespace {

namespace messages = ::EventStore::Client::Messages;
using namespace std::chrono_literals;

template <typename Message>
Message parse(const std::string& payload) {
  Message message;
  message.ParseFromString(payload);
  return message;
}

CorrelationId correlation_of(const std::string& bytes) {
  CorrelationId id;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

// What one connection of a conversation said that a session can take part in.
struct Script {
  std::string name;
  std::vector<wire::Step> steps;
  std::vector<Subscription> subscriptions;  // one for each package that connects to a group
  std::string connection_name;
};

bool is_ours(const wire::Step& step) {
  switch (static_cast<Command>(step.command_byte)) {
    case Command::kWriteEvents:
      return parse<messages::WriteEvents>(step.payload).require_master();
    case Command::kReadStreamEventsForward:
    case Command::kReadStreamEventsBackward: {
      const auto read = parse<messages::ReadStreamEvents>(step.payload);
      return !read.resolve_link_tos() && read.require_master();
    }
    case Command::kIdentifyClient:
    case Command::kConnectToPersistentSubscription:
    case Command::kPersistentSubscriptionAckEvents:
      return true;
    default:
      return false;
  }
}

Script script_of(const std::string& name) {
  Script script;
  script.name = name;
  for (const wire::Step& step : wire::read_conversation("legacy-5.0.1/" + name).steps) {
    if (!step.is_package() || step.truncated || step.conn != 1) continue;
    const auto command = static_cast<Command>(step.command_byte);
    if (step.from_client() && !is_ours(step)) continue;
    script.steps.push_back(step);
    if (command == Command::kIdentifyClient) {
      script.connection_name = parse<messages::IdentifyClient>(step.payload).connection_name();
    } else if (command == Command::kConnectToPersistentSubscription) {
      const auto connect = parse<messages::ConnectToPersistentSubscription>(step.payload);
      Subscription subscription;
      subscription.stream = connect.event_stream_id();
      subscription.group = connect.subscription_id();
      script.subscriptions.push_back(subscription);
    }
  }
  return script;
}

class Replay {
 public:
  // Hands over the server's bytes in two parts, the first `cut` bytes long where they are longer.
  Replay(const Script& script, std::size_t cut) : script_(script), cut_(cut) {
    SessionSettings settings;
    settings.endpoint = {"node", 1113};
    settings.connection_name = script.connection_name;
    settings.operation_timeout = 5s;
    settings.subscriptions = script.subscriptions;
    session_.emplace(settings);
    session_->start(now_, actions_);
    note();
  }

  void run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      if (script_.steps[i].from_client()) {
        ask(script_.steps[i]);
      } else {
        answer(script_.steps[i]);
      }
      note();
    }
  }

  void lose_connection() {
    session_->disconnected(now_, "reset", actions_);
    note();
  }

  Lines lines;
  int operations = 0;

 private:
  void note() {
    for (std::string& line : take(actions_)) lines.push_back(std::move(line));
  }

  void ask(const wire::Step& step) {
    const auto command = static_cast<Command>(step.command_byte);
    if (command == Command::kIdentifyClient) {
      session_->connected(now_);
    } else if (command == Command::kWriteEvents) {
      const auto write = parse<messages::WriteEvents>(step.payload);
      std::vector<Event> events;
      for (const auto& event : write.events()) {
        events.emplace_back(EventView{"", 0, event_id_from_wire(event.event_id()), event.event_type(),
                                      event.data_content_type() ? ContentKind::kJson : ContentKind::kBinary,
                                      event.data(), event.metadata()});
      }
      session_->append(
          now_, {static_cast<std::uint64_t>(operations++), write.event_stream_id(), write.expected_version(), events},
          actions_);
    } else if (command == Command::kConnectToPersistentSubscription) {
      const auto connect = parse<messages::ConnectToPersistentSubscription>(step.payload);
      subscriptions_[step.correlation_id] = next_subscription_;
      session_->subscribe(now_, next_subscription_, connect.allowed_in_flight_messages(), actions_);
      session_->group_prepared(now_, next_subscription_++, GroupState::kUnchanged, {});
    } else if (command == Command::kPersistentSubscriptionAckEvents) {
      const auto ack = parse<messages::PersistentSubscriptionAckEvents>(step.payload);
      std::vector<EventId> ids;
      for (const std::string& id : ack.processed_event_ids()) ids.push_back(event_id_from_wire(id));
      session_->acknowledge(subscriptions_[step.correlation_id], ids);
    } else {
      const auto read = parse<messages::ReadStreamEvents>(step.payload);
      session_->read(now_,
                     {static_cast<std::uint64_t>(operations++), read.event_stream_id(),
                      command == Command::kReadStreamEventsForward ? ReadDirection::kForward : ReadDirection::kBackward,
                      read.from_event_number(), read.max_count()},
                     actions_);
    }
    const auto sent = take_sent(*session_);
    ASSERT_EQ(sent.size(), 1u) << script_.name << " step " << step.seq;
    EXPECT_EQ(sent[0].command, command);
    if (command != Command::kWriteEvents) {
      EXPECT_EQ(sent[0].payload, step.payload) << script_.name << " step " << step.seq;
    }
    ours_[step.correlation_id] = sent[0].correlation;
  }

  void answer(const wire::Step& step) {
    const auto command = static_cast<Command>(step.command_byte);
    const auto found = ours_.find(step.correlation_id);
    if (found == ours_.end() && command != Command::kHeartbeatRequest) return;
    const std::string bytes =
        frame_of(command, found == ours_.end() ? correlation_of(step.correlation_id) : found->second, step.payload);
    if (cut_ < bytes.size()) {
      const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut_));
      EXPECT_EQ(session_->receive(now_, {part.data(), part.size()}, actions_), 0u);
      EXPECT_TRUE(actions_.empty());
    }
    EXPECT_EQ(session_->receive(now_, bytes, actions_), bytes.size());
    note();  // what it points to is in `bytes`
    if (command == Command::kHeartbeatRequest) {
      EXPECT_EQ(take_sent(*session_).size(), 1u);
    }
  }

  const Script& script_;
  std::size_t cut_;
  std::optional<Session> session_;
  Time now_ = 1s;
  Actions actions_;
  std::map<std::string, CorrelationId> ours_;  // by the recorded one
  std::map<std::string, SubscriptionIndex> subscriptions_;
  SubscriptionIndex next_subscription_ = 0;
};

int count(const Lines& lines, std::string_view start) {
  return static_cast<int>(
      std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(start); }));
}

class SessionReplayTest : public testing::TestWithParam<const char*> {};

TEST_P(SessionReplayTest, RunsWhole) {
  const Script script = script_of(GetParam());
  Replay replay(script, SIZE_MAX);
  replay.run(script.steps.size());
  EXPECT_EQ(count(replay.lines, "ready"), 1);
  EXPECT_EQ(count(replay.lines, "disconnect"), 0);
  EXPECT_EQ(count(replay.lines, "append ") + count(replay.lines, "read "), replay.operations);
  EXPECT_GE(script.steps.size(), 4u);
  EXPECT_GE(count(replay.lines, "started ") + count(replay.lines, "dropped "),
            static_cast<int>(script.subscriptions.size()));
}

TEST_P(SessionReplayTest, DoesTheSameWhereverTheBytesAreCut) {
  const Script script = script_of(GetParam());
  Replay whole(script, SIZE_MAX);
  whole.run(script.steps.size());
  std::size_t longest = 0;
  for (const wire::Step& step : script.steps) longest = std::max(longest, step.payload.size() + 64);
  // At every byte of most packages, and here and there in long ones.
  for (std::size_t cut = 0; cut < longest; cut += cut < 400 ? 1 : 97) {
    Replay replay(script, cut);
    replay.run(script.steps.size());
    ASSERT_EQ(replay.lines, whole.lines) << "cut after " << cut << " bytes";
  }
}

TEST_P(SessionReplayTest, AnswersEverythingOnceWhereverTheConnectionIsLost) {
  const Script script = script_of(GetParam());
  for (std::size_t steps = 0; steps <= script.steps.size(); ++steps) {
    Replay replay(script, SIZE_MAX);
    replay.run(steps);
    replay.lose_connection();
    ASSERT_EQ(count(replay.lines, "append ") + count(replay.lines, "read "), replay.operations)
        << "lost after step " << steps;
    // Every subscription that was started has been reported as dropped.
    ASSERT_GE(count(replay.lines, "dropped "), count(replay.lines, "started ")) << "lost after step " << steps;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, SessionReplayTest,
                         testing::Values("tcp-write", "tcp-write-expected-version", "tcp-write-deleted-and-denied",
                                         "tcp-read-stream", "tcp-persistent-ack", "tcp-persistent-links",
                                         "tcp-persistent-timeout-redelivery", "tcp-persistent-drops",
                                         "tcp-persistent-inflight-window", "tcp-not-ready-no-quorum",
                                         "tcp-heartbeats-server-asks"),
                         [](const auto& info) {
                           std::string name(info.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace interconnect::legacy
