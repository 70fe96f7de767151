#include "domain/status/status_json.h"

#include <chrono>
#include <cmath>
#include <cstdio>

#include "domain/excerpt.h"
#include "domain/store.h"

namespace interconnect {
namespace {

double seconds(Duration time) { return std::round(std::chrono::duration<double>(time).count() * 10) / 10; }
double tenths(double number) { return std::round(number * 10) / 10; }

// Of times of the process.
class Calendar {
 public:
  explicit Calendar(const CopyStatus& status) : epoch_(status.epoch) {}
  std::string text(Time time) const {
    return utc_text(epoch_ + std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  }
  std::optional<std::string> text(const std::optional<Time>& time) const {
    return time ? std::optional(text(*time)) : std::nullopt;
  }

 private:
  std::int64_t epoch_;
};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(excerpt(text));
}

void write_lag(JsonWriter& json, const std::optional<Lag>& lag, const std::optional<std::int64_t>& bytes) {
  json.name("lag");
  if (!lag) {
    json.null();
    return;
  }
  json.object().member("events", lag->events).member("bytes", bytes).member("seconds", seconds(lag->time)).end_object();
}

void write_state(JsonWriter& json, const CopyStatus& status, const Calendar& calendar) {
  json.name("state").object();
  json.member("name", to_string(status.state.phase)).member("text", excerpt(status.state.text));
  json.member("since", calendar.text(status.state_since));
  json.name("exitCode");
  status.end ? json.value(status.end->exit_code) : json.null();
  json.end_object();
}

void write_progress(JsonWriter& json, const CopyStatus& status) {
  json.name("progress").object();
  json.member("share", status.share).member("secondsLeft", status.seconds_left);
  json.member("eventsPerSecond", tenths(status.events_per_second));
  write_lag(json, status.lag, status.lag_bytes);
  json.member("lagUnknownBecause", unless_empty(status.lag_doubt));
  json.end_object();
}

void write_load(JsonWriter& json, const CopyLoad& load) {
  json.name("held").object();
  json.member("events", load.held_events).member("bytes", load.held_bytes);
  json.member("eventsInFlight", load.events_in_flight).member("bytesInFlight", load.bytes_in_flight);
  json.member("appendsInFlight", load.appends_in_flight).member("lookUps", load.look_ups);
  json.member("activeStreams", load.lanes);
  json.end_object();
}

void write_store(JsonWriter& json, const StoreStatus& store, const Calendar& calendar) {
  json.object();
  json.member("address", excerpt(store.address)).member("protocol", store.protocol);
  json.member("node", unless_empty(store.node)).member("version", unless_empty(store.version));
  json.member("role", unless_empty(store.role));
  json.name("link").object();
  json.member("answers", store.answers).member("problem", unless_empty(store.problem));
  json.member("since", calendar.text(store.since)).member("failures", store.link_failures);
  json.end_object().end_object();
}

void write_projections(JsonWriter& json, const std::vector<ProjectionStatus>& projections) {
  json.name("projections").array();
  for (const ProjectionStatus& one : projections) {
    json.object().member("name", excerpt(one.name)).member("running", one.is_running);
    json.member("percent", one.percent).member("trouble", unless_empty(one.trouble)).end_object();
  }
  json.end_array();
}

void write_subscription(JsonWriter& json, const SubscriptionStatus& one, const Calendar& calendar, bool with_looks) {
  json.object();
  json.member("stream", excerpt(one.stream)).member("group", excerpt(one.group));
  json.member("connected", one.is_connected).member("since", calendar.text(one.since));
  json.member("reconnections", one.reconnections).member("delivered", one.delivered);
  json.member("start", one.start).member("position", one.position);
  json.member("end", one.end);
  if (with_looks) json.member("endAsOf", calendar.text(one.end_as_of));
  write_lag(json, one.lag, std::nullopt);
  json.member("inFlight", one.in_flight).member("groupInFlight", one.group_in_flight);
  json.member("parked", one.parked).member("parkedByServer", one.parked_by_server);
  json.member("consumers", one.consumers).member("stalled", one.stall);
  write_projections(json, one.projections);
  json.end_object();
}

}  // namespace

std::string utc_text(std::int64_t milliseconds_since_1970) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> time{milliseconds(milliseconds_since_1970)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

void write_overview(JsonWriter& json, const CopyStatus& status, bool with_looks) {
  const Calendar calendar(status);
  json.member("format", kStatusFormat);
  if (with_looks) json.member("at", calendar.text(status.at));
  json.member("version", status.version);
  json.member("connectionName", excerpt(status.connection_name)).member("startedAt", calendar.text(status.started));
  write_state(json, status, calendar);
  write_progress(json, status);
  json.name("counts").object();
  for (const auto& [name, count] : status.counts) json.member(name, count);
  json.end_object();
  write_load(json, status.load);
  json.name("process").object().member("memoryBytes", status.memory_bytes);
  json.member("cpuPercent", std::round(status.cpu_percent)).end_object();
  json.name("stores").object();
  for (const Store store : {Store::kSource, Store::kDestination}) {
    json.name(to_string(store));
    write_store(json, status.stores[static_cast<std::size_t>(store)], calendar);
  }
  json.end_object();
  json.name("subscriptions").array();
  for (const SubscriptionStatus& one : status.subscriptions) write_subscription(json, one, calendar, with_looks);
  json.end_array();
}

void write_troubles(JsonWriter& json, const CopyStatus& status, std::uint64_t after) {
  const Calendar calendar(status);
  json.name("troubles").object().member("total", status.troubles_total);
  json.name("byReason").array();
  if (status.trouble_counts != nullptr) {
    for (const TroubleCount& count : *status.trouble_counts) {
      json.object().member("kind", to_string(count.kind)).member("reason", count.reason);
      json.member("events", count.events).end_object();
    }
  }
  json.end_array().name("last").array();
  if (status.troubles != nullptr) {
    for (const EventTrouble& one : *status.troubles) {
      if (one.number <= after) continue;
      json.object().member("number", one.number).member("kind", to_string(one.kind)).member("stream", one.stream);
      json.member("revision", one.revision).member("type", one.type).member("reason", one.reason);
      json.member("at", calendar.text(one.at)).end_object();
    }
  }
  json.end_array().end_object();
}

void write_history(JsonWriter& json, const CopyStatus& status, Time after) {
  const Calendar calendar(status);
  json.name("history").object();
  json.member("intervalSeconds", std::chrono::duration_cast<std::chrono::seconds>(StatusHistory::kInterval).count());
  json.name("samples").array();
  for (const StatusHistory::Sample& sample : status.history) {
    if (sample.at <= after) continue;
    json.object().member("at", calendar.text(sample.at)).member("eventsPerSecond", tenths(sample.events_per_second));
    write_lag(json, sample.lag, sample.lag_bytes);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_warnings(JsonWriter& json, const std::vector<LogWarning>& warnings, std::uint64_t total,
                    std::uint64_t after) {
  json.name("warnings").object().member("total", total).name("last").array();
  for (const LogWarning& one : warnings) {
    if (one.number <= after) continue;
    json.object().member("number", one.number).member("at", utc_text(one.at)).member("severity", one.severity);
    json.member("message", one.message).end_object();
  }
  json.end_array().end_object();
}

void write_settings(JsonWriter& json, const std::vector<StatusSetting>& settings) {
  json.name("settings").array();
  for (const StatusSetting& one : settings) {
    json.object().member("name", one.name).member("value", one.value).member("origin", one.origin).end_object();
  }
  json.end_array();
}

}  // namespace interconnect
