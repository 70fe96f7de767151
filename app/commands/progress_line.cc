#include "app/commands/progress_line.h"

#include <chrono>
#include <utility>

#include "app/monitoring/progress_text.h"

namespace interconnect {
namespace {

constexpr char kErase[] = "\r\033[K";
constexpr std::chrono::seconds kFirstLine{2};
constexpr std::chrono::seconds kBetweenLines{10};
constexpr std::chrono::seconds kTooSoon{1};  // to say how long the rest takes
constexpr double kTooLong = 1e9;             // seconds

// What fits into one line of the terminal; no character of UTF-8 is cut in two.
std::string cut(std::string text, std::size_t columns) {
  if (text.size() <= columns) return text;
  while (columns > 0 && (static_cast<unsigned char>(text[columns]) & 0xC0) == 0x80) --columns;
  text.resize(columns);
  return text;
}

}  // namespace

std::string left_text(std::uint64_t done, std::uint64_t total, Duration elapsed) {
  if (done == 0 || done >= total || elapsed < kTooSoon) return "";
  const double seconds =
      std::chrono::duration<double>(elapsed).count() / static_cast<double>(done) * static_cast<double>(total - done);
  if (seconds > kTooLong) return "";
  return ", about " + time_text(std::chrono::seconds(static_cast<std::int64_t>(seconds) + 1)) + " left";
}

void ProgressLine::show(const std::string& text, Time now) {
  if (is_terminal_) {
    // The last column is left free: a cursor behind it would be on the next line.
    err_ << kErase << cut(command_ + ": " + text, LiveLine::columns() - 1) << std::flush;
    is_shown_ = true;
    return;
  }
  if (!next_line_) next_line_ = now + kFirstLine;
  if (now < *next_line_) return;
  next_line_ = now + kBetweenLines;
  say(text);
}

void ProgressLine::clear() {
  if (std::exchange(is_shown_, false)) err_ << kErase << std::flush;
}

void ProgressLine::say(const std::string& text) {
  clear();
  err_ << command_ << ": " << text << std::endl;
}

}  // namespace interconnect
