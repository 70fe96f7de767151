// What the program shows of itself over HTTP.

#include <csignal>
#include <regex>
#include <string>

#include "testing/end_to_end/fixture.h"
#include "testing/end_to_end/http_request.h"
#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

class MonitoringTest : public EndToEndTest {
 protected:
  std::unique_ptr<Copier> start_watched(const std::string& more = "", const Variables& variables = {},
                                        const std::string& events = "[{type: '*'}]") {
    const std::string monitoring = "http: {port: 0}\nmonitoring: {lagInterval: 100" + stall_after_ + "}\n";
    std::string all = configuration(monitoring + more, kGroup, events);
    all.insert(all.find("events:"), more_subscriptions_);
    all.insert(all.find("resolveLinkTos"), group_settings_);
    auto copier = start(all, variables);
    const std::string line = copier->line_with("/healthz").value_or("");
    std::smatch match;
    if (!std::regex_search(line, match, std::regex("http://127\\.0\\.0\\.1:([0-9]+)/healthz"))) {
      throw std::runtime_error("no HTTP port in the log: " + line);
    }
    port_ = std::stoi(match[1]);
    return copier;
  }

  HttpReply get(const std::string& path) const { return http_request(port_, "GET", path); }
  int status(const std::string& path) const { return get(path).status; }

  // The value of a series, or nothing.
  std::string value(const std::string& series) const {
    const std::string text = "\n" + get("/metrics").body;
    const std::size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + series.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  std::string stall_after_;
  std::string more_subscriptions_;
  std::string group_settings_;
  int port_ = 0;
};

const std::string kStallAfter = ", stallAfter: " + std::to_string(1'000 * kSlowdown);
constexpr char kLabels[] = "{group=\"copy\",stream=\"$ce-hero\"}";

TEST_P(MonitoringTest, TellsHowTheCopyGoes) {
  source.load("hero-", 5, 200);
  source.append("hero-1", {{event_id(1), "Changed", true, "{}", ""}});
  const auto copier = start_watched();
  EXPECT_TRUE(eventually([&] { return value("interconnect_events_copied_total") == "201"; })) << get("/metrics").body;
  EXPECT_TRUE(eventually([&] { return value(std::string("interconnect_subscription_lag_events") + kLabels) == "0"; }))
      << get("/metrics").body;
  EXPECT_TRUE(eventually([&] { return value(std::string("interconnect_group_parked_messages") + kLabels) == "0"; }));
  EXPECT_TRUE(eventually([&] { return value(std::string("interconnect_group_consumers") + kLabels) == "1"; }));
  EXPECT_TRUE(eventually([&] { return value("interconnect_append_events_sum") == "201"; }));
  EXPECT_TRUE(eventually([&] { return value("interconnect_held_events") == "0"; }));
  EXPECT_EQ(value("interconnect_link_up{store=\"source\"}"), "1");
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 200; }));
  EXPECT_EQ(status("/elsewhere"), 404);
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
}

// So few events that the server writes no checkpoint for them.
TEST_P(MonitoringTest, ARestartedCopierIsNotBehindWhatTheFirstOneDid) {
  source.load("hero-", 1, 5);
  const auto first = start(configuration());
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  first->signal(SIGTERM);
  ASSERT_EQ(first->exit_code(), 0);
  const auto second = start_watched();
  const std::string lag = std::string("interconnect_subscription_lag_events") + kLabels;
  ASSERT_TRUE(eventually([&] { return value(lag) != ""; }));
  EXPECT_EQ(value(lag), "0");
  source.load("hero-", 1, 3);
  EXPECT_TRUE(eventually([&] { return destination_count() == 8 && value(lag) == "0"; }));
}

TEST_P(MonitoringTest, CountsWhatTheSourceHasParked) {
  source.append("hero-1", {{event_id(1), "Changed", true, "[1]", ""}, {event_id(2), "Changed", true, "{}", ""}});
  const auto copier =
      start_watched("safetyNet: {onInvalidEvent: park}\n", {}, "[{type: Changed, dataSchema: {type: object}}]");
  EXPECT_TRUE(eventually([&] { return value(std::string("interconnect_group_parked_messages") + kLabels) == "1"; }));
  EXPECT_EQ(value(std::string("interconnect_group_server_parked_messages") + kLabels), "0") << "we had it parked";
}

// As often as the group's settings allow, while the destination hangs.
TEST_P(MonitoringTest, WhatTheServerParkedOfItsOwnAccordShows) {
  const std::string parked = std::string("interconnect_group_server_parked_messages") + kLabels;
  group_settings_ = "maxRetryCount: 1, messageTimeout: 100, ";
  const std::string waiting = "onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n";
  {
    const auto copier = start_watched(waiting, {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
    ASSERT_TRUE(eventually([&] { return value(parked) == "0"; }));
    destination.freeze();
    source.load("hero-", 2, 4);
    ASSERT_TRUE(eventually([&] { return value(parked) == "4"; })) << get("/metrics").body;
    EXPECT_TRUE(copier->says("the source's server has parked 4 events of '$ce-hero' (group 'copy') of its own accord"));
    destination.thaw();
  }
  const auto copier = start_watched(waiting);
  ASSERT_TRUE(eventually([&] { return value(parked) == "4" && status("/readyz") == 200; })) << "after a restart too";
  EXPECT_TRUE(eventually([&] {
    return get("/readyz").body.find("the source's server has parked 4 events of '$ce-hero'") != std::string::npos;
  }));
  EXPECT_EQ(status("/healthz"), 200) << "a restart would have more parked";
  const auto check = start(configuration(), {}, Copier::kProgram, {"check"});
  EXPECT_EQ(check->exit_code(), 0);
  EXPECT_TRUE(
      check->says("warn  source: group 'copy' of '$ce-hero': its server has parked 4 events of its own accord"));
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
  EXPECT_TRUE(copier->says(", parked by the source's server 4"));
}

TEST_P(MonitoringTest, AGroupThatCameToAStandstillIsUpdated) {
  source.load("hero-", 1, 5);
  stall_after_ = kStallAfter;
  const auto copier =
      start_watched("source: {predecessorWait: 0}\n", {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] { return destination_count() == 5 && is_all_acknowledged(); }));
  source.misbehave(R"({"standstill": "$ce-hero::copy"})");
  source.load("hero-", 1, 5);
  EXPECT_TRUE(copier->says("the group at the source has come to a standstill"));
  EXPECT_TRUE(copier->says("delivers nothing, though its stream has more"));
  EXPECT_TRUE(eventually([&] { return destination_count() == 10 && status("/healthz") == 200; }));
  expect_copied();
}

// An update would leave out what waits in it.
TEST_P(MonitoringTest, AGroupThatBeganAtTheEndAndShowsNoCheckpointIsNotUpdated) {
  source.load("hero-", 1, 5);
  stall_after_ = kStallAfter;
  group_settings_ = "startFrom: -1, ";
  const auto copier =
      start_watched("source: {predecessorWait: 0}\n", {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] { return source.group(kStream, kGroup).consumers == 1; }));
  source.load("hero-", 1, 1);
  ASSERT_TRUE(eventually([&] { return destination_count() == 1 && source.group(kStream, kGroup).outstanding == 0; }));
  source.misbehave(R"({"standstill": "$ce-hero::copy"})");
  source.load("hero-", 1, 5);
  EXPECT_TRUE(copier->says("without a checkpoint it would start anew at the end"));
  EXPECT_EQ(status("/healthz"), 503);
  EXPECT_EQ(copier->output().find("updated to mend that, and"), std::string::npos);
}

// A copier that stalls is no longer well, and says so; it is well again when it gets on.
TEST_P(MonitoringTest, AStallShows) {
  const std::string refusal = GetParam().to == Generation::kLegacy ? "NotReady" : "UNAVAILABLE";
  destination.misbehave(R"({"refuseAppends": {"count": 1000000, "with": ")" + refusal + R"("}})");
  source.load("hero-", 2, 20);
  stall_after_ = kStallAfter;
  const auto copier = start_watched("safetyNet: {onWriteFailure: retry}\nsource: {predecessorWait: 0}\n",
                                    {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] { return status("/healthz") == 503; }));
  EXPECT_NE(get("/healthz").body.find("stalled: nothing has been settled for"), std::string::npos);
  // The refusals make the copier connect anew, again and again.
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 200; })) << "both stores answer";
  EXPECT_TRUE(copier->says("stalled: nothing has been settled"));
  destination.misbehave(R"({"reset": true})");
  EXPECT_TRUE(eventually([&] { return status("/healthz") == 200; }));
  EXPECT_TRUE(copier->says("no longer stalled"));
  EXPECT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
}

// The stream does not show what there is to copy: that is not "nothing".
TEST_P(MonitoringTest, AStoppedProjectionShows) {
  const std::string lag = std::string("interconnect_subscription_lag_events") + kLabels;
  const std::string running = "interconnect_projection_running{name=\"$by_category\"}";
  source.load("hero-", 1, 5);
  stall_after_ = kStallAfter;
  const auto copier = start_watched("", {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] { return value(lag) == "0" && value(running) == "1" && status("/readyz") == 200; }));
  source.misbehave(R"({"projections": {"$by_category": "Stopped"}})");
  source.load("hero-", 1, 5);
  ASSERT_TRUE(eventually([&] { return value(running) == "0" && value(lag).empty(); })) << get("/metrics").body;
  ASSERT_TRUE(eventually([&] { return status("/readyz") == 503; }));
  EXPECT_NE(get("/readyz").body.find("projection $by_category is not running (Stopped)"), std::string::npos);
  EXPECT_EQ(status("/healthz"), 200) << "a restart would not help";
  EXPECT_TRUE(copier->says("'$ce-hero' does not get all events"));
  source.misbehave(R"({"projections": {"$by_category": "Running"}})");
  EXPECT_TRUE(eventually([&] { return destination_count() == 10 && value(lag) == "0" && status("/readyz") == 200; }));
}

TEST_P(MonitoringTest, TheStallOfOneSubscriptionShowsBesideAnotherThatGoesOn) {
  destination.tombstone("dead-0");
  source.load("dead-", 1, 1);
  stall_after_ = kStallAfter;
  more_subscriptions_ = "  - {stream: dead-0, group: copy}\n";
  const auto copier = start_watched("safetyNet: {onWriteFailure: retry}\nsource: {predecessorWait: 0}\n",
                                    {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] {
    source.load("hero-", 1, 1);
    return status("/healthz") == 503;
  }));
  const std::string why = get("/healthz").body;
  EXPECT_NE(why.find("1 events of 'dead-0' (group 'copy') held"), std::string::npos) << why;
  EXPECT_EQ(why.find("$ce-hero"), std::string::npos) << why;
}

TEST_P(MonitoringTest, AStoreThatDoesNotAnswerIsNotReady) {
  source.load("hero-", 2, 20);
  const auto copier = start_watched("onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n",
                                    {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
  ASSERT_TRUE(eventually([&] { return status("/readyz") == 200; }));
  destination.freeze();
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 503; }));
  EXPECT_NE(get("/readyz").body.find("the destination "), std::string::npos) << get("/readyz").body;
  EXPECT_EQ(value("interconnect_link_up{store=\"destination\"}"), "0");
  EXPECT_EQ(status("/healthz"), 200) << "the copier itself is well";
  destination.thaw();
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 200; }));
}

TEST_P(MonitoringTest, ACommandAsksWhetherTheCopyIsWell) {
  const auto copier = start_watched();
  const std::string same_port = "http: {port: " + std::to_string(port_) + "}\n";
  const auto asks = [&] { return start(configuration(same_port), {}, Copier::kProgram, {"health"}); };
  const auto well = asks();
  EXPECT_EQ(well->exit_code(), 0);
  EXPECT_EQ(well->last_line(), "well");
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
  const auto gone = asks();
  EXPECT_EQ(gone->exit_code(), 1);
  EXPECT_NE(gone->last_line().find("no answer from 127.0.0.1:" + std::to_string(port_)), std::string::npos);
  EXPECT_EQ(start(configuration(), {}, Copier::kProgram, {"health"})->exit_code(), 2);
}

TEST_P(MonitoringTest, APortThatIsTakenIsRefused) {
  const auto first = start_watched();
  const auto second = start(configuration("http: {port: " + std::to_string(port_) + "}\n"));
  EXPECT_EQ(second->exit_code(), 2);
  EXPECT_NE(second->last_line().find("http: cannot listen on 127.0.0.1:" + std::to_string(port_)), std::string::npos)
      << second->output();
}

INSTANTIATE_TEST_SUITE_P(Directions, MonitoringTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

}  // namespace
}  // namespace interconnect::testing
