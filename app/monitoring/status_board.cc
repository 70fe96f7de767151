#include "app/monitoring/status_board.h"

#include <chrono>
#include <utility>

#include "app/monitoring/health.h"
#include "domain/status/json_writer.h"
#include "domain/status/status_json.h"

namespace interconnect {
namespace {

std::string overview_of(const CopyStatus& status) {
  JsonWriter json;
  json.object();
  write_overview(json, status, /*with_looks=*/false);
  json.end_object();
  return json.take();
}

template <typename Write>
std::string event_of(std::string_view name, Write write) {
  JsonWriter json;
  json.object();
  write(json);
  json.end_object();
  return server_sent_event(name, json.text());
}

// Whether a chart would be drawn otherwise without it.
bool is_worth_telling(const std::deque<StatusHistory::Sample>& samples) {
  const std::size_t size = samples.size();
  if (size < 2) return size == 1;
  const auto& [at, rate, lag, bytes] = samples[size - 1];
  return rate != samples[size - 2].events_per_second || lag != samples[size - 2].lag;
}

}  // namespace

StatusBoard::StatusBoard(const Clock& clock, std::vector<StatusSetting> settings,
                         const std::vector<std::string>& warnings)
    : clock_(clock), settings_(std::move(settings)), warnings_(warnings) {}

void StatusBoard::publish(CopyStatus status) {
  auto published = std::make_shared<const CopyStatus>(std::move(status));
  const std::lock_guard lock(mutex_);
  published_.swap(published);
}

std::shared_ptr<const CopyStatus> StatusBoard::current() const {
  std::shared_ptr<const CopyStatus> status;
  {
    const std::lock_guard lock(mutex_);
    status = published_;
  }
  const Duration silence = clock_.now() - status->at;
  if (silence < Health::kTurnPatience || status->end) return status;
  CopyStatus hanging = *status;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
  hanging.state = {CopyPhase::kHanging, "the copying thread has not turned for " + std::to_string(seconds) + " s"};
  hanging.state_since = status->at;
  return std::make_shared<const CopyStatus>(std::move(hanging));
}

std::string StatusBoard::json() {
  const std::shared_ptr<const CopyStatus> status = current();
  const std::uint64_t warnings = warnings_.total();
  if (status == written_ && warnings == written_warnings_) return written_json_;
  JsonWriter json;
  json.object();
  write_overview(json, *status);
  write_troubles(json, *status);
  write_warnings(json, warnings_.last(), warnings);
  write_history(json, *status);
  write_settings(json, settings_);
  json.end_object();
  written_ = status;
  written_warnings_ = warnings;
  written_json_ = json.take();
  return written_json_;
}

std::string StatusBoard::all() { return server_sent_event("all", json()); }

std::optional<std::string> StatusBoard::news() {
  const std::shared_ptr<const CopyStatus> status = current();
  std::string news;
  if (std::string overview = overview_of(*status); overview != told_overview_) {
    told_overview_ = std::move(overview);
    news += server_sent_event("overview", told_overview_);
  }
  if (status->troubles_total != told_troubles_) {
    news += event_of("troubles", [&](JsonWriter& json) { write_troubles(json, *status, told_troubles_); });
    told_troubles_ = status->troubles_total;
  }
  if (const std::uint64_t warnings = warnings_.total(); warnings != told_warnings_) {
    news += event_of("warnings",
                     [&](JsonWriter& json) { write_warnings(json, warnings_.last(), warnings, told_warnings_); });
    told_warnings_ = warnings;
  }
  if (!status->history.empty() && status->history.back().at != told_sample_) {
    if (is_worth_telling(status->history)) {
      news += event_of("history", [&](JsonWriter& json) { write_history(json, *status, told_sample_); });
    }
    told_sample_ = status->history.back().at;
  }
  return news.empty() ? std::nullopt : std::optional(std::move(news));
}

std::string StatusBoard::end_event() { return server_sent_event("end", overview_of(*current())); }

}  // namespace interconnect
