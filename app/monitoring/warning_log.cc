#include "app/monitoring/warning_log.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "domain/excerpt.h"

namespace interconnect {

WarningLog::WarningLog(const std::vector<std::string>& already) {
  for (const std::string& warning : already) add("warning", warning);
  google::AddLogSink(this);
}

WarningLog::~WarningLog() { google::RemoveLogSink(this); }

std::uint64_t WarningLog::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::vector<LogWarning> WarningLog::last() const {
  const std::lock_guard lock(mutex_);
  return {last_.begin(), last_.end()};
}

void WarningLog::send(google::LogSeverity severity, const char*, const char*, int, const google::LogMessageTime&,
                      const char* message, std::size_t message_len) {
  if (severity < google::GLOG_WARNING) return;
  add(severity == google::GLOG_WARNING ? "warning" : "error", std::string(message, message_len));
}

void WarningLog::add(std::string severity, const std::string& message) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  LogWarning warning{0, std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), std::move(severity),
                     excerpt(message)};
  const std::lock_guard lock(mutex_);
  warning.number = ++total_;
  last_.push_back(std::move(warning));
  if (last_.size() > kRemembered) last_.pop_front();
}

}  // namespace interconnect
