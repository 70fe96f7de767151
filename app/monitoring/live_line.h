#pragma once

#include <glog/logging.h>

#include <cstddef>
#include <mutex>
#include <string>

#include "app/monitoring/progress_text.h"

namespace interconnect {

// The progress in at most `columns` characters: what matters least is left out first.
std::string live_text(const ProgressFigures& figures, std::size_t columns);

// One line at the bottom of the terminal on stderr that is drawn anew; the log scrolls above it. While it lives, the
// log goes through it.
class LiveLine final : private google::LogSink {
 public:
  LiveLine();
  ~LiveLine() override;

  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Whether stderr is a terminal that can show one.
  static bool is_possible();
  // Of that terminal; 80 where it does not tell.
  static std::size_t columns();

  void show(const ProgressFigures& figures);

 private:
  // Of glog; from whichever thread logs.
  void send(google::LogSeverity severity, const char* full_filename, const char* base_filename, int line,
            const google::LogMessageTime& time, const char* message, std::size_t message_len) override;

  std::mutex mutex_;
  std::string shown_;
};

}  // namespace interconnect
