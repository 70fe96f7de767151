#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http_status/pages.h"
#include "app/monitoring/warning_log.h"
#include "domain/status/copy_status.h"
#include "ports/clock.h"

namespace interconnect {

// Where the copying thread leaves its status for all to see, and the HTTP server's thread takes it, in one piece, as
// JSON.
class StatusBoard final : public StatusFeed {
 public:
  // `clock` outlives it, and can be asked on any thread.
  StatusBoard(const Clock& clock, std::vector<StatusSetting> settings, const std::vector<std::string>& warnings);

  void publish(CopyStatus status);

  // The whole of it.
  std::string json();

  // Events "all", whose data is json(), and then "overview", "troubles", "history" and "warnings" with those of its
  // members that have changed: of lists, what is new.
  std::string all() override;
  std::optional<std::string> news() override;
  // "end", with the overview.
  std::string end_event();

 private:
  // As published; or, where that is long ago, with the remark that it is.
  std::shared_ptr<const CopyStatus> current() const;

  const Clock& clock_;
  const std::vector<StatusSetting> settings_;
  WarningLog warnings_;

  mutable std::mutex mutex_;
  std::shared_ptr<const CopyStatus> published_ = std::make_shared<const CopyStatus>();

  // Of the HTTP server's thread alone.
  std::shared_ptr<const CopyStatus> written_;
  std::uint64_t written_warnings_ = 0;
  std::string written_json_;
  std::string told_overview_;
  std::uint64_t told_troubles_ = 0;
  std::uint64_t told_warnings_ = 0;
  Time told_sample_{-1};
};

}  // namespace interconnect
