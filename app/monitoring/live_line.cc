#include "app/monitoring/live_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace interconnect {
namespace {

constexpr char kErase[] = "\r\033[K";
constexpr std::size_t kUsualColumns = 80;

void write_to_terminal(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data() + written, text.size() - written);
    if (count <= 0) return;
    written += static_cast<std::size_t>(count);
  }
}

}  // namespace

std::string live_text(const ProgressFigures& figures, std::size_t columns) {
  const CopyStatistics::Counts& counts = figures.counts;
  std::vector<std::string> parts;  // the most important first
  parts.push_back("copied " + with_separators(counts.copied));
  parts.push_back(with_separators(static_cast<std::uint64_t>(std::llround(figures.settled_per_second))) + "/s");
  if (figures.lag) {
    const std::int64_t behind = figures.lag->events;
    std::string part = behind == 0 ? "at the end" : with_separators(static_cast<std::uint64_t>(behind)) + " behind";
    if (const auto left = time_to_end(figures)) part += ", " + time_text(*left) + " left";
    parts.push_back(std::move(part));
  } else if (!figures.lag_doubt.empty()) {
    parts.emplace_back("lag unknown");
  }
  if (counts.filtered > 0) parts.push_back("filtered " + with_separators(counts.filtered));
  if (counts.invalid > 0) parts.push_back("invalid " + with_separators(counts.invalid));
  parts.push_back("in flight " + with_separators(figures.load.held_events));
  std::string text;
  for (const std::string& part : parts) {
    const std::string separated = text.empty() ? part : " | " + part;
    if (text.size() + separated.size() > columns) break;
    text += separated;
  }
  return text;
}

LiveLine::LiveLine() {
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::NUM_SEVERITIES;
  for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) {
    google::SetLogDestination(severity, "");  // no files
  }
  google::AddLogSink(this);
}

LiveLine::~LiveLine() {
  google::RemoveLogSink(this);
  FLAGS_logtostderr = true;
  write_to_terminal(kErase);
}

bool LiveLine::is_possible() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::size_t LiveLine::columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

void LiveLine::show(const ProgressFigures& figures) {
  const std::lock_guard lock(mutex_);
  // The last column is left free: a cursor behind it would be on the next line.
  shown_ = live_text(figures, columns() - 1);
  write_to_terminal(kErase + shown_);
}

void LiveLine::send(google::LogSeverity severity, const char*, const char* base_filename, int line,
                    const google::LogMessageTime& time, const char* message, std::size_t message_len) {
  const std::string text = google::LogSink::ToString(severity, base_filename, line, time, message, message_len);
  const std::lock_guard lock(mutex_);
  write_to_terminal(kErase + text + "\n" + shown_);
}

}  // namespace interconnect
