#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/status/copy_status.h"
#include "domain/status/json_writer.h"

namespace interconnect {

// The JSON of a status, as docs/monitoring.md describes it. Members are only ever added; a change of their meaning
// counts kStatusFormat up.
inline constexpr int kStatusFormat = 1;

// "2026-11-29T09:30:00.000Z"
std::string utc_text(std::int64_t milliseconds_since_1970);

// The members of the outermost object, apart: what changes with each look, and what is long.

// All but what the others write: "format", "version", "state", "progress", "stores", ... Nothing in it changes while
// nothing happens, unless `with_looks`, the times of the looks, is asked for.
void write_overview(JsonWriter& json, const CopyStatus& status, bool with_looks = true);
// "troubles": of its last events, those whose number is beyond `after`.
void write_troubles(JsonWriter& json, const CopyStatus& status, std::uint64_t after = 0);
// "history": of its samples, those taken after `after`.
void write_history(JsonWriter& json, const CopyStatus& status, Time after = Time{-1});
// "warnings", likewise.
void write_warnings(JsonWriter& json, const std::vector<LogWarning>& warnings, std::uint64_t total,
                    std::uint64_t after = 0);
void write_settings(JsonWriter& json, const std::vector<StatusSetting>& settings);

}  // namespace interconnect
