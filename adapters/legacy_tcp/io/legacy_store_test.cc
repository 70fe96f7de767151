// Source and sink against the test event store, over loopback sockets.

#include "adapters/legacy_tcp/legacy_store.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adapters/legacy_tcp/io/test_certificate.h"
#include "gtest/gtest.h"
#include "testing/eventstore/server.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;

EventId id_of(int n) {
  EventId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(n + i);
  return id;
}

Event event_of(int n, std::string_view type, ContentKind content, std::string_view data, std::string_view metadata) {
  return Event(EventView{"", 0, id_of(n), type, content, data, metadata});
}

struct SinkLog : EventSinkListener {
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override { appends.emplace(id, outcome); }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    std::vector<Event> events;
    if (const auto* page = std::get_if<StreamPage>(&outcome)) {
      for (const EventView& event : page->events) events.emplace_back(event);
      pages.emplace(id, *page).first->second.events = {};
    } else {
      read_errors.emplace(id, std::get<StoreError>(outcome));
    }
    read_events.emplace(id, std::move(events));
  }
  void on_outcomes_end() override { ++ends; }
  void on_sink_lost(std::string_view message) override { lost = message; }

  std::map<std::uint64_t, AppendOutcome> appends;
  std::map<std::uint64_t, StreamPage> pages;
  std::map<std::uint64_t, StoreError> read_errors;
  std::map<std::uint64_t, std::vector<Event>> read_events;
  int ends = 0;
  std::string lost;
};

struct SourceLog : EventSourceListener {
  struct Delivered {
    EventId ack_id;
    Revision position;
    std::int32_t retry_count;
    std::optional<Event> event;
  };

  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_subscription_started(const SubscriptionStarted& s) override { started.push_back(s); }
  void on_delivery(const Delivery& d) override {
    deliveries.push_back({d.ack_id, d.position, d.retry_count, {}});
    if (d.event != nullptr) deliveries.back().event.emplace(*d.event);
  }
  void on_deliveries_end() override { ++ends; }
  void on_subscription_dropped(SubscriptionIndex, DropReason reason, std::string_view message) override {
    drops.emplace_back(reason, message);
  }
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_source_lost(std::string_view message) override { lost = message; }

  std::vector<SubscriptionStarted> started;
  std::vector<Delivered> deliveries;
  std::vector<std::pair<DropReason, std::string>> drops;
  int ends = 0;
  std::string lost;
};

class LegacyStoreTest : public testing::Test {
 protected:
  void start_server(eventstore::Options options = {}) {
    if (options.version.empty()) options.version = "5.0.1";
    static auto& servers = *new std::vector<eventstore::Server*>;
    servers.push_back(new eventstore::Server(options, io_));
    settings_.tcp = {"127.0.0.1", static_cast<std::uint16_t>(servers.back()->tcp_port())};
    settings_.http = {"127.0.0.1", static_cast<std::uint16_t>(servers.back()->http_port())};
    settings_.credentials = Credentials{"admin", "changeit"};
    settings_.connection_name = "test";
  }

  // Runs until `done`; a generous limit keeps a broken test from hanging.
  bool run_until(const std::function<bool()>& done) {
    const auto give_up_at = std::chrono::steady_clock::now() + 30s;
    while (!done()) {
      if (io_.stopped()) io_.restart();
      io_.run_one_for(1s);
      if (std::chrono::steady_clock::now() > give_up_at) return false;
    }
    return true;
  }

  std::optional<StoreError> probe(LinkProbe& store) {
    bool answered = false;
    std::optional<StoreError> error;
    store.probe([&](const std::optional<StoreError>& e) { answered = true, error = e; });
    EXPECT_FALSE(answered) << "answered from within the call";
    EXPECT_TRUE(run_until([&] { return answered; }));
    return error;
  }

  AppendOutcome append(std::uint64_t id, std::string_view stream, Revision expected, std::span<const Event> events) {
    sink_->append({id, stream, expected, events});
    EXPECT_FALSE(log_.appends.contains(id)) << "answered from within the call";
    EXPECT_TRUE(run_until([&] { return log_.appends.contains(id); }));
    return log_.appends.at(id);
  }

  void start_sink() {
    sink_ = make_legacy_sink(io_, settings_);
    sink_->start(log_);
    ASSERT_EQ(probe(*sink_), std::nullopt);
  }

  void start_source(Subscription subscription) {
    source_ = make_legacy_source(io_, settings_, {std::move(subscription)});
    source_->start(source_log_);
  }

  template <typename Store>
  void stop(Store& store) {
    bool stopped = false;
    store.stop([&] { stopped = true; });
    EXPECT_FALSE(stopped) << "called from within the call";
    EXPECT_TRUE(run_until([&] { return stopped; }));
  }

  // Neither is destroyed: the server's handlers in the context need the server, and the server needs the context.
  static boost::asio::io_context& new_context() {
    static auto& contexts = *new std::vector<boost::asio::io_context*>;
    return *contexts.emplace_back(new boost::asio::io_context);
  }

  boost::asio::io_context& io_ = new_context();
  LegacyStoreSettings settings_;
  SinkLog log_;
  SourceLog source_log_;
  std::unique_ptr<EventSink> sink_;
  std::unique_ptr<EventSource> source_;
};

ErrorKind kind_of(const AppendOutcome& outcome) { return std::get<StoreError>(outcome).kind; }

TEST_F(LegacyStoreTest, AppendsAndReadsBytesAsTheyAre) {
  start_server();
  start_sink();
  const std::string binary("\x00\xff\xfe\x0a", 4);
  std::vector<Event> events;
  events.push_back(event_of(1, "Json", ContentKind::kJson, R"({"n":1.0})", R"({"m":1})"));
  events.push_back(event_of(2, "Binary", ContentKind::kBinary, binary, binary));
  events.push_back(event_of(3, "Empty", ContentKind::kBinary, "", ""));
  events.push_back(event_of(4, "Large", ContentKind::kBinary, std::string(3'000'000, 'x'), ""));
  EXPECT_EQ(append(1, "s", kNoStream, events), AppendOutcome(Appended{3}));
  EXPECT_EQ(append(2, "s", 3, std::span(events).first(0)), AppendOutcome(Appended{3}));

  sink_->read({7, "s", ReadDirection::kForward, 0, 10});
  ASSERT_TRUE(run_until([&] { return log_.read_events.contains(7); }));
  const auto& read = log_.read_events.at(7);
  ASSERT_EQ(read.size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(read[i].stream(), "s");
    EXPECT_EQ(read[i].revision(), static_cast<Revision>(i));
    EXPECT_EQ(read[i].id(), events[i].id());
    EXPECT_EQ(read[i].type(), events[i].type());
    EXPECT_EQ(read[i].content(), events[i].content());
    EXPECT_EQ(read[i].data(), events[i].data());
    EXPECT_EQ(read[i].metadata(), events[i].metadata());
  }
  EXPECT_TRUE(log_.pages.at(7).end_of_stream);

  sink_->read({8, "s", ReadDirection::kBackward, kStreamEnd, 1});
  sink_->read({9, "nothing here", ReadDirection::kBackward, kStreamEnd, 1});
  ASSERT_TRUE(run_until([&] { return log_.read_events.contains(8) && log_.read_events.contains(9); }));
  ASSERT_EQ(log_.read_events.at(8).size(), 1u);
  EXPECT_EQ(log_.read_events.at(8)[0].revision(), 3);
  EXPECT_FALSE(log_.pages.at(8).end_of_stream);
  EXPECT_EQ(log_.pages.at(8).next, 2);
  EXPECT_FALSE(log_.pages.at(9).stream_exists);
  EXPECT_GT(log_.ends, 0);
  stop(*sink_);
}

TEST_F(LegacyStoreTest, TellsTheCurrentVersionWhereTheExpectedOneIsWrong) {
  start_server();
  start_sink();
  std::vector<Event> first;
  first.push_back(event_of(1, "A", ContentKind::kJson, "{}", ""));
  std::vector<Event> second;
  second.push_back(event_of(2, "A", ContentKind::kJson, "{}", ""));
  EXPECT_EQ(append(1, "s", kNoStream, first), AppendOutcome(Appended{0}));
  EXPECT_EQ(append(2, "s", kNoStream, second), AppendOutcome(WrongExpectedVersion{0}));
  EXPECT_EQ(append(3, "s", 5, second), AppendOutcome(WrongExpectedVersion{0}));
  EXPECT_EQ(append(4, "t", 5, second), AppendOutcome(WrongExpectedVersion{kNoStream}));
  // The same ids at the same place are the same write.
  EXPECT_EQ(append(5, "s", kNoStream, first), AppendOutcome(Appended{.last_revision = 0, .was_repeated = true}));
}

// 22.6 to 23.10 leave out what is 0: the revision of a stream's first event, and that of its only one.
TEST_F(LegacyStoreTest, ANumberThatALaterServerLeavesOutIs0) {
  eventstore::Options options;
  options.generation = eventstore::Generation::kNext;
  options.version = "23.10.6";
  options.external_tcp = true;
  start_server(options);
  start_sink();
  std::vector<Event> first;
  first.push_back(event_of(1, "A", ContentKind::kBinary, "", ""));
  std::vector<Event> second;
  second.push_back(event_of(2, "A", ContentKind::kJson, "{}", ""));
  EXPECT_EQ(append(1, "s", kNoStream, first), AppendOutcome(Appended{0}));
  EXPECT_EQ(append(2, "s", 5, second), AppendOutcome(WrongExpectedVersion{0}));
  EXPECT_EQ(append(3, "t", 5, second), AppendOutcome(WrongExpectedVersion{kNoStream}));

  Subscription subscription;
  subscription.stream = "s";
  subscription.group = "g";
  start_source(subscription);
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return !source_log_.deliveries.empty(); }));
  EXPECT_EQ(source_log_.started.at(0).group, GroupState::kCreated);
  EXPECT_EQ(source_log_.deliveries[0].ack_id, first[0].id());
  EXPECT_EQ(source_log_.deliveries[0].position, 0);
  EXPECT_EQ(source_log_.deliveries[0].retry_count, 0);
  stop(*source_);
  stop(*sink_);
}

TEST_F(LegacyStoreTest, RefusesWhatIsTooLargeAndKeepsTheConnection) {
  start_server();
  start_sink();
  std::vector<Event> one;
  one.push_back(event_of(1, "A", ContentKind::kBinary, std::string(17 * 1024 * 1024, 'x'), ""));
  EXPECT_EQ(kind_of(append(1, "s", kNoStream, one)), ErrorKind::kTooLarge);
  std::vector<Event> many;
  for (int i = 0; i < 6; ++i) {
    many.push_back(event_of(i, "A", ContentKind::kBinary, std::string(12 * 1024 * 1024, 'x'), ""));
  }
  EXPECT_EQ(kind_of(append(2, "s", kNoStream, many)), ErrorKind::kTooLarge);
  std::vector<Event> small;
  small.push_back(event_of(1, "A", ContentKind::kBinary, "x", ""));
  EXPECT_EQ(append(3, "s", kNoStream, small), AppendOutcome(Appended{0}));
}

TEST_F(LegacyStoreTest, DeliversAcknowledgesAndParks) {
  start_server();
  start_sink();
  std::vector<Event> events;
  for (int i = 0; i < 5; ++i) events.push_back(event_of(10 * i, "A", ContentKind::kJson, "{}", R"({"m":1})"));
  ASSERT_EQ(append(1, "a stream/ä", kNoStream, events), AppendOutcome(Appended{4}));

  Subscription subscription;
  subscription.stream = "a stream/ä";
  subscription.group = "group one";
  start_source(subscription);
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return source_log_.deliveries.size() == 5; }));
  ASSERT_EQ(source_log_.started.size(), 1u);
  EXPECT_EQ(source_log_.started[0].group, GroupState::kCreated);
  EXPECT_EQ(source_log_.started[0].effective, subscription.settings);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(source_log_.deliveries[i].ack_id, events[i].id());
    EXPECT_EQ(source_log_.deliveries[i].position, i);
    EXPECT_EQ(source_log_.deliveries[i].retry_count, 0);
    ASSERT_TRUE(source_log_.deliveries[i].event.has_value());
    EXPECT_EQ(source_log_.deliveries[i].event->metadata(), R"({"m":1})");
  }
  const std::vector<EventId> done = {events[0].id(), events[1].id(), events[2].id()};
  source_->acknowledge(0, done);
  const std::vector<EventId> parked = {events[3].id()};
  source_->park(0, parked, "why not");
  // Sent by stop() at the latest: only the last event comes again, to the next one that asks.
  stop(*source_);

  sink_->read({5, "$persistentsubscription-a stream/ä::group one-parked", ReadDirection::kForward, 0, 10});
  source_log_ = {};
  start_source(subscription);
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return !source_log_.deliveries.empty() && log_.read_events.contains(5); }));
  EXPECT_EQ(source_log_.started.at(0).group, GroupState::kUnchanged);
  EXPECT_EQ(source_log_.deliveries[0].ack_id, events[4].id());
  EXPECT_EQ(log_.read_events.at(5).size(), 1u);
  stop(*source_);
}

TEST_F(LegacyStoreTest, UpdatesAGroupWithOtherSettingsAndReconnectsWhomThatDrops) {
  start_server();
  Subscription subscription;
  subscription.stream = "s";
  subscription.group = "g";
  start_source(subscription);
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return source_log_.started.size() == 1; }));

  Subscription other = subscription;
  other.settings.max_retry_count = 7;
  SourceLog other_log;
  const auto other_source = make_legacy_source(io_, settings_, {other});
  other_source->start(other_log);
  other_source->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return other_log.started.size() == 1 && source_log_.started.size() == 2; }));
  EXPECT_EQ(other_log.started[0].group, GroupState::kUpdated);
  ASSERT_EQ(source_log_.drops.size(), 1u);
  EXPECT_EQ(source_log_.drops[0].first, DropReason::kGroupChanged);
  stop(*other_source);
  stop(*source_);
}

TEST_F(LegacyStoreTest, ReportsARefusedPassword) {
  start_server();
  settings_.credentials = Credentials{"admin", "wrong"};
  settings_.operation_timeout = 300ms;
  sink_ = make_legacy_sink(io_, settings_);
  sink_->start(log_);
  const auto error = probe(*sink_);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kNotAuthenticated);
  EXPECT_EQ(error->message.find("wrong"), std::string::npos) << "the password is not to be told";
  std::vector<Event> events;
  events.push_back(event_of(1, "A", ContentKind::kJson, "{}", ""));
  EXPECT_EQ(kind_of(append(1, "s", kNoStream, events)), ErrorKind::kNotAuthenticated);

  Subscription subscription;
  subscription.stream = "s";
  subscription.group = "g";
  start_source(subscription);
  source_->subscribe(0, 10);
  ASSERT_TRUE(run_until([&] { return !source_log_.drops.empty(); }));
  EXPECT_TRUE(source_log_.started.empty());
}

TEST_F(LegacyStoreTest, MayDoWithoutCredentials) {
  start_server();
  settings_.credentials.reset();
  start_sink();
  std::vector<Event> events;
  events.push_back(event_of(1, "A", ContentKind::kJson, "{}", ""));
  EXPECT_EQ(append(1, "s", kNoStream, events), AppendOutcome(Appended{0}));
  EXPECT_EQ(kind_of(append(2, "$system", kNoStream, events)), ErrorKind::kAccessDenied);
}

TEST_F(LegacyStoreTest, GivesUpAfterTheAllowedAttempts) {
  using boost::asio::ip::tcp;
  {  // A port at which nobody listens.
    const tcp::acceptor acceptor(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    settings_.tcp = settings_.http = {"127.0.0.1", acceptor.local_endpoint().port()};
  }
  settings_.reconnection = {2, 10ms, 0ms};
  sink_ = make_legacy_sink(io_, settings_);
  sink_->start(log_);
  ASSERT_TRUE(run_until([&] { return !log_.lost.empty(); }));
  EXPECT_NE(log_.lost.find("allow no more attempts"), std::string::npos) << log_.lost;
  std::vector<Event> events;
  EXPECT_EQ(kind_of(append(1, "s", kNoStream, events)), ErrorKind::kUnavailable);
  stop(*sink_);
}

TEST_F(LegacyStoreTest, TheInspectorAsksTheNextHostWhereOneIsNotThere) {
  start_server();
  const Endpoint there = settings_.http;
  {
    boost::asio::ip::tcp::acceptor acceptor(io_, {boost::asio::ip::address_v4::loopback(), 0});
    settings_.http = {"127.0.0.1", acceptor.local_endpoint().port()};
  }
  const auto ask = [&] {
    std::optional<std::variant<ServerInfo, StoreError>> answered;
    const auto inspector = make_legacy_inspector(io_, settings_);
    inspector->server([&](const std::variant<ServerInfo, StoreError>& answer) { answered = answer; });
    EXPECT_FALSE(answered) << "answered from within the call";
    EXPECT_TRUE(run_until([&] { return answered.has_value(); }));
    return *answered;
  };
  ASSERT_TRUE(std::holds_alternative<StoreError>(ask()));
  settings_.hosts = {settings_.http, there};
  const auto answer = ask();
  ASSERT_TRUE(std::holds_alternative<ServerInfo>(answer)) << std::get<StoreError>(answer).message;
  EXPECT_EQ(std::get<ServerInfo>(answer).node, to_text(there));
}

TEST_F(LegacyStoreTest, TakesACertificateThatTheAuthorityVouchesFor) {
  const TestCertificate certificate(testing::TempDir(), "127.0.0.1");
  eventstore::Options options;
  options.tls_cert = certificate.certificate_file;
  options.tls_key = certificate.key_file;
  start_server(options);
  settings_.tls.enabled = true;
  settings_.tls.ca_file = certificate.certificate_file;
  start_sink();
  std::vector<Event> events;
  events.push_back(event_of(1, "A", ContentKind::kBinary, std::string(1'000'000, 'x'), ""));
  EXPECT_EQ(append(1, "s", kNoStream, events), AppendOutcome(Appended{0}));
  sink_->read({2, "s", ReadDirection::kForward, 0, 1});
  ASSERT_TRUE(run_until([&] { return log_.read_events.contains(2); }));
  EXPECT_EQ(log_.read_events.at(2).at(0).data(), events[0].data());
  stop(*sink_);
}

TEST_F(LegacyStoreTest, SaysWhyItRefusesACertificate) {
  const TestCertificate of_another(testing::TempDir(), "127.0.0.2");
  eventstore::Options options;
  options.tls_cert = of_another.certificate_file;
  options.tls_key = of_another.key_file;
  start_server(options);
  settings_.tls.enabled = true;
  settings_.tls.ca_file = of_another.certificate_file;
  settings_.reconnection = {0, 10ms};
  sink_ = make_legacy_sink(io_, settings_);
  sink_->start(log_);
  ASSERT_TRUE(run_until([&] { return !log_.lost.empty(); }));
  EXPECT_NE(log_.lost.find("certificate is refused: IP address mismatch"), std::string::npos) << log_.lost;
  EXPECT_NE(log_.lost.find("for '127.0.0.2', not for '127.0.0.1'"), std::string::npos) << log_.lost;

  log_.lost.clear();
  settings_.tls.ca_file.clear();
  sink_ = make_legacy_sink(io_, settings_);
  sink_->start(log_);
  ASSERT_TRUE(run_until([&] { return !log_.lost.empty(); }));
  EXPECT_NE(log_.lost.find("certificate is refused: self-signed certificate"), std::string::npos) << log_.lost;

  log_.lost.clear();
  settings_.tls.ca_file = "/nowhere/ca.pem";
  sink_ = make_legacy_sink(io_, settings_);
  sink_->start(log_);
  ASSERT_TRUE(run_until([&] { return !log_.lost.empty(); }));
  EXPECT_NE(log_.lost.find("cannot use the CA file '/nowhere/ca.pem'"), std::string::npos) << log_.lost;
}

}  // namespace
}  // namespace interconnect
