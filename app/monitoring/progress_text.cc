#include "app/monitoring/progress_text.h"

#include <cmath>

namespace interconnect {
namespace {

constexpr double kTooLong = 1e9;  // seconds

}  // namespace

std::optional<std::chrono::seconds> time_to_end(const ProgressFigures& figures) {
  if (!figures.lag || figures.lag->events == 0 || figures.settled_per_second <= 0) return std::nullopt;
  const double seconds = std::ceil(static_cast<double>(figures.lag->events) / figures.settled_per_second);
  if (seconds > kTooLong) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

std::string time_text(std::chrono::seconds time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const std::int64_t seconds = time.count();
  if (seconds >= 3600) return std::to_string(seconds / 3600) + " h " + two(seconds / 60 % 60) + " min";
  if (seconds >= 60) return std::to_string(seconds / 60) + " min " + two(seconds % 60) + " s";
  return std::to_string(seconds) + " s";
}

std::string with_separators(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t digits = 3; digits < text.size(); digits += 4) text.insert(text.size() - digits, 1, ',');
  return text;
}

std::string parked_by_server_text(std::uint64_t count) {
  return count == 0 ? "" : ", parked by the source's server " + std::to_string(count);
}

std::string progress_summary(const ProgressFigures& figures) {
  std::string text = summary(figures.counts) + parked_by_server_text(figures.parked_by_server) + "; held " +
                     std::to_string(figures.load.held_events) + " events, " +
                     std::to_string(std::llround(figures.settled_per_second)) + " events/s";
  if (!figures.lag) return figures.lag_doubt.empty() ? text : text + ", lag unknown: " + figures.lag_doubt;
  text += ", " + std::to_string(figures.lag->events) + " behind the source's end";
  if (const auto left = time_to_end(figures)) text += ", about " + std::to_string(left->count()) + " s to reach it";
  return text;
}

}  // namespace interconnect
