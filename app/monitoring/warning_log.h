#pragma once

#include <glog/logging.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "domain/status/copy_status.h"

namespace interconnect {

// Remembers the last kRemembered warnings and errors of the log, as long as it lives. Asked on any thread.
class WarningLog final : private google::LogSink {
 public:
  static constexpr std::size_t kRemembered = 100;

  // `already`: what was logged before there was this.
  explicit WarningLog(const std::vector<std::string>& already);
  ~WarningLog() override;

  WarningLog(const WarningLog&) = delete;
  WarningLog& operator=(const WarningLog&) = delete;

  std::uint64_t total() const;
  // Oldest first.
  std::vector<LogWarning> last() const;

 private:
  void send(google::LogSeverity severity, const char* full_filename, const char* base_filename, int line,
            const google::LogMessageTime& time, const char* message, std::size_t message_len) override;
  void add(std::string severity, const std::string& message);

  mutable std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::deque<LogWarning> last_;
};

}  // namespace interconnect
