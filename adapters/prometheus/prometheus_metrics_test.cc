#include "adapters/prometheus/prometheus_metrics.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class PrometheusMetricsTest : public testing::Test {
 protected:
  static std::vector<Subscription> subscriptions() {
    Subscription hero;
    hero.stream = "$ce-hero";
    hero.group = "data \"quoted\"";
    Subscription villain;
    villain.stream = "$ce-villain";
    villain.group = "data";
    return {hero, villain};
  }

  // The lines of one metric, without its comments.
  std::string lines(const std::string& name) const {
    std::istringstream text(metrics.text());
    std::string found;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with(name)) found += line + "\n";
    }
    return found;
  }

  PrometheusMetrics metrics{subscriptions(), "1.2.3"};
};

TEST_F(PrometheusMetricsTest, CountersAreThereBeforeTheyCount) {
  EXPECT_EQ(lines("interconnect_events_copied_total"), "interconnect_events_copied_total 0\n");
  EXPECT_THAT(lines("interconnect_events_filtered_total"), HasSubstr("_total 0"));
  EXPECT_EQ(lines("interconnect_build_info"), "interconnect_build_info{version=\"1.2.3\"} 1\n");
}

TEST_F(PrometheusMetricsTest, CountsEvents) {
  EventView view;
  view.stream = "hero-1";
  view.type = "Changed";
  std::vector<Event> events;
  for (int i = 0; i < 3; ++i) events.emplace_back(view);
  metrics.on_events_copied(events);
  metrics.on_event_invalid(view, "schema");
  metrics.on_event_filtered(view, "type");
  metrics.on_event_filtered(view, "type");
  metrics.on_event_parked(view, "");
  metrics.on_event_already_present(view);
  metrics.on_event_redelivered(view);
  metrics.on_event_filled_from_source(view);
  metrics.on_deliveries_discarded(4);
  metrics.on_event_may_be_doubled(view);
  metrics.on_gap_left({});
  EXPECT_EQ(lines("interconnect_events_copied_total"), "interconnect_events_copied_total 3\n");
  EXPECT_THAT(lines("interconnect_events_invalid_total"), HasSubstr("_total 1"));
  EXPECT_THAT(lines("interconnect_events_filtered_total"), HasSubstr("_total 2"));
  EXPECT_EQ(lines("interconnect_events_parked_total"), "interconnect_events_parked_total 1\n");
  EXPECT_EQ(lines("interconnect_events_already_present_total"), "interconnect_events_already_present_total 1\n");
  EXPECT_EQ(lines("interconnect_events_redelivered_total"), "interconnect_events_redelivered_total 1\n");
  EXPECT_EQ(lines("interconnect_events_filled_from_source_total"), "interconnect_events_filled_from_source_total 1\n");
  EXPECT_EQ(lines("interconnect_deliveries_discarded_total"), "interconnect_deliveries_discarded_total 4\n");
  EXPECT_EQ(lines("interconnect_events_may_be_doubled_total"), "interconnect_events_may_be_doubled_total 1\n");
  EXPECT_EQ(lines("interconnect_gaps_left_total"), "interconnect_gaps_left_total 1\n");
}

TEST_F(PrometheusMetricsTest, MeasuresAppends) {
  metrics.on_append_completed(Appended{7}, 500, 20'000, 3ms);
  metrics.on_append_completed(Appended{8}, 1, 256, 30s);
  metrics.on_append_completed(WrongExpectedVersion{}, 1, 256, 1ms);
  metrics.on_append_completed(StoreError{ErrorKind::kTooLarge, ""}, 1, 256, 1ms);
  metrics.on_load({});
  EXPECT_THAT(lines("interconnect_appends_total"), HasSubstr("outcome=\"written\"} 2"));
  EXPECT_THAT(lines("interconnect_appends_total"), HasSubstr("outcome=\"wrong_expected_version\"} 1"));
  EXPECT_THAT(lines("interconnect_appends_total"), HasSubstr("outcome=\"too_large\"} 1"));
  EXPECT_THAT(lines("interconnect_append_events"), HasSubstr("_sum 501\n"));
  EXPECT_THAT(lines("interconnect_append_events_bucket"), HasSubstr("{le=\"1\"} 1\n"));
  EXPECT_THAT(lines("interconnect_append_events_bucket"), HasSubstr("{le=\"200\"} 1\n"));
  EXPECT_THAT(lines("interconnect_append_events_bucket"), HasSubstr("{le=\"500\"} 2\n"));
  EXPECT_THAT(lines("interconnect_append_bytes"), HasSubstr("_sum 20256\n"));
  EXPECT_THAT(lines("interconnect_append_duration_seconds"), HasSubstr("_count 4\n"));
  EXPECT_THAT(lines("interconnect_append_duration_seconds_bucket"), HasSubstr("{le=\"0.005\"} 3\n"));
  EXPECT_THAT(lines("interconnect_append_duration_seconds_bucket"), HasSubstr("{le=\"+Inf\"} 4\n"));
  metrics.on_load({});
  EXPECT_THAT(lines("interconnect_append_duration_seconds"), HasSubstr("_count 4\n")) << "handed over once";
}

TEST_F(PrometheusMetricsTest, TellsOfEachSubscriptionAndGroupWhatIsKnown) {
  EXPECT_EQ(lines("interconnect_subscription_lag_events"), "") << "unknown is not 0";
  metrics.on_progress(0, {.delivered = 40, .is_connected = true, .lag = Lag{12, 1500ms}, .parked = 3, .consumers = 2});
  metrics.on_progress(
      0,
      {.delivered = 50, .is_connected = true, .lag = Lag{2, 0s}, .parked = 4, .parked_by_server = 1, .consumers = 2});
  metrics.on_progress(1, {});
  const std::string labels = R"({group="data \"quoted\"",stream="$ce-hero"})";
  EXPECT_EQ(lines("interconnect_subscription_lag_events"), "interconnect_subscription_lag_events" + labels + " 2\n");
  EXPECT_EQ(lines("interconnect_subscription_lag_seconds"), "interconnect_subscription_lag_seconds" + labels + " 0\n");
  EXPECT_EQ(lines("interconnect_group_server_parked_messages"),
            "interconnect_group_server_parked_messages" + labels + " 1\n");
  EXPECT_EQ(lines("interconnect_group_parked_messages"), "interconnect_group_parked_messages" + labels + " 4\n");
  EXPECT_THAT(lines("interconnect_events_delivered_total"), HasSubstr(labels + " 50\n"));
  EXPECT_THAT(lines("interconnect_subscription_connected"), HasSubstr("stream=\"$ce-villain\"} 0\n"));
}

TEST_F(PrometheusMetricsTest, TheFirstConnectIsNoReconnection) {
  const Subscription hero = subscriptions().front();
  metrics.on_subscription_started(hero, {});
  EXPECT_THAT(lines("interconnect_subscription_reconnections_total"), HasSubstr("$ce-hero\"} 0\n"));
  metrics.on_subscription_dropped(hero, DropReason::kConnectionLost, "");
  metrics.on_subscription_started(hero, {});
  EXPECT_THAT(lines("interconnect_subscription_reconnections_total"), HasSubstr("$ce-hero\"} 1\n"));
  EXPECT_THAT(lines("interconnect_subscription_drops_total"),
              HasSubstr("reason=\"connection_lost\",stream=\"$ce-hero\"} 1\n"));
}

TEST_F(PrometheusMetricsTest, TellsOfLinksAndErrors) {
  metrics.on_link(Store::kSource, true);
  metrics.on_link(Store::kDestination, true);
  metrics.on_link_lost(Store::kDestination, {ErrorKind::kTimeout, ""});
  metrics.on_error(Store::kDestination, {ErrorKind::kNotReady, ""});
  EXPECT_EQ(lines("interconnect_link_up"),
            "interconnect_link_up{store=\"destination\"} 0\ninterconnect_link_up{store=\"source\"} 1\n");
  EXPECT_THAT(lines("interconnect_link_failures_total"), HasSubstr("destination\"} 1\n"));
  EXPECT_THAT(lines("interconnect_store_errors_total"), HasSubstr("{kind=\"not_ready\",store=\"destination\"} 1\n"));
}

TEST_F(PrometheusMetricsTest, AStoreThatHasNotBeenHeardOfHasNoLink) {
  EXPECT_EQ(lines("interconnect_link_up"), "") << "unknown is not 0";
  metrics.on_link(Store::kSource, true);
  EXPECT_EQ(lines("interconnect_link_up"), "interconnect_link_up{store=\"source\"} 1\n");
  metrics.on_link_lost(Store::kDestination, {ErrorKind::kTimeout, ""});
  EXPECT_EQ(lines("interconnect_link_up{store=\"destination\"}"), "interconnect_link_up{store=\"destination\"} 0\n");
}

TEST_F(PrometheusMetricsTest, EveryMetricHasAHelpAndAType) {
  std::istringstream text(metrics.text());
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("# HELP ")) continue;
    EXPECT_NE(line.find(' ', 7), std::string::npos) << line << " says nothing";
    EXPECT_GT(line.size() - line.find(' ', 7), 5u) << line;
  }
  EXPECT_THAT(metrics.text(), Not(HasSubstr("untyped")));
}

// An old value would be taken for a present one.
TEST_F(PrometheusMetricsTest, ALagThatIsNotKnownAnyMoreHasNoSeries) {
  metrics.on_progress(0, {.lag = Lag{7, 3s}});
  EXPECT_THAT(lines("interconnect_subscription_lag_events"), HasSubstr("} 7\n"));
  metrics.on_progress(0, {.lag = std::nullopt});
  EXPECT_EQ(lines("interconnect_subscription_lag_events"), "");
  EXPECT_EQ(lines("interconnect_subscription_lag_seconds"), "");
  metrics.on_progress(0, {.lag = Lag{8, 3s}});
  EXPECT_THAT(lines("interconnect_subscription_lag_events"), HasSubstr("} 8\n"));
}

TEST_F(PrometheusMetricsTest, TellsOfProjectionsWhatIsKnown) {
  metrics.on_projection("$by_category", {});
  EXPECT_EQ(lines("interconnect_projection_"), "");
  metrics.on_projection("$by_category", {true, 98.5});
  EXPECT_EQ(lines("interconnect_projection_running"), "interconnect_projection_running{name=\"$by_category\"} 1\n");
  EXPECT_EQ(lines("interconnect_projection_progress_percent"),
            "interconnect_projection_progress_percent{name=\"$by_category\"} 98.5\n");
  metrics.on_projection("$by_category", {false, std::nullopt});
  EXPECT_EQ(lines("interconnect_projection_running"), "interconnect_projection_running{name=\"$by_category\"} 0\n");
  EXPECT_EQ(lines("interconnect_projection_progress_percent"), "");
}

}  // namespace
}  // namespace interconnect
