#include "app/commands/verify_report.h"

#include <algorithm>
#include <utility>

#include "app/monitoring/progress_text.h"
#include "domain/excerpt.h"
#include "domain/status/json_writer.h"

namespace interconnect {
namespace {

std::string counted(std::uint64_t number, const std::string& one, const std::string& many) {
  return with_separators(number) + " " + (number == 1 ? one : many);
}

std::string padded_left(std::string text, std::size_t columns) {
  return text.size() < columns ? std::string(columns - text.size(), ' ') + text : text;
}

// A row of 120 characters holds such a name beside the rest.
std::string short_name(const std::string& stream) {
  constexpr std::size_t kColumns = 40;
  std::string text = excerpt(stream);
  if (text.size() <= kColumns) return text;
  std::size_t cut = kColumns - 3;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // between characters
  text.resize(cut);
  return text + "...";
}

std::string first_line(const Verifier::Summary& summary, const VerifyEnd& end) {
  const std::string compared = counted(summary.counts.streams, "stream", "streams") + " and " +
                               counted(summary.counts.events, "event", "events") + " compared";
  std::string text = std::string(to_string(end.result)) + ": ";
  if (summary.differing > 0) text += counted(summary.differing, "stream differs", "streams differ") + "; ";
  text += compared;
  return end.problem.empty() ? text : text + "; " + end.problem;
}

struct Aside {
  std::uint64_t events;
  const char* name;
  const char* meaning;
};
std::vector<Aside> asides(const Verifier::Summary& summary) {
  const VerifyCounts& counts = summary.counts;
  return {{counts.filtered, "filtered", "of types that are not listed"},
          {counts.invalid, "invalid", "refused by their schemas"},
          {counts.parked, "parked", "in the group's parked messages"},
          {counts.hidden, "hidden", "not shown by the destination; its revisions prove that they were there"},
          {counts.gone, "gone", "at the destination, and not shown by the source any more"},
          {counts.repeated, "repeated", "further events of an id that their stream has before"},
          {counts.superseded, "superseded", "metadata of streams, newer at the source than the subscription brings"},
          {counts.streams_gone, "streamsGone", "streams of which the source shows nothing any more"},
          {counts.unproven, "unproven",
           "streams that the destination has and shows nothing of, by $maxAge or $tb: what it had cannot be told over "
           "gRPC, and counts as missing"},
          {summary.system_events, "system", "in streams of the servers, which are not copied"},
          {summary.strange_links, "strangeLinks", "links whose texts name no event"}};
}

}  // namespace

std::string_view to_string(VerifyEnd::Result result) {
  switch (result) {
    case VerifyEnd::Result::kEqual:
      return "equal";
    case VerifyEnd::Result::kDifferent:
      return "different";
    case VerifyEnd::Result::kUnfinished:
      return "unfinished";
    case VerifyEnd::Result::kDenied:
      return "denied";
  }
  return "unfinished";
}

std::string what_differs(const StreamDifference& difference) {
  std::string text;
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    const Difference& of = difference.kinds[kind];
    if (of.events == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(to_string(static_cast<DifferenceKind>(kind))) + " " + with_separators(of.events) + " (first " +
            std::to_string(of.first) + ")";
  }
  return text;
}

void WorstStreams::add(StreamDifference difference) {
  const auto place = std::find_if(worst_.begin(), worst_.end(),
                                  [&](const StreamDifference& other) { return other.events() < difference.events(); });
  worst_.insert(place, std::move(difference));
  if (worst_.size() <= kShown) return;
  worst_.pop_back();
  ++others_;
}

std::string WorstStreams::text() const {
  if (worst_.empty()) return "";
  constexpr std::size_t kNumber = 13;
  std::size_t name_columns = 6;
  for (const StreamDifference& difference : worst_) {
    name_columns = std::max(name_columns, short_name(difference.stream).size());
  }
  const auto row = [&](std::string name, const std::string& expected, const std::string& present,
                       const std::string& what) {
    name.resize(std::max(name_columns, name.size()), ' ');
    return "  " + name + padded_left(expected, kNumber) + padded_left(present, kNumber) + "  " + what + "\n";
  };
  std::string text = row("STREAM", "EXPECTED", "PRESENT", "WHAT DIFFERS");
  for (const StreamDifference& difference : worst_) {
    text += row(short_name(difference.stream), with_separators(difference.expected),
                with_separators(difference.present), what_differs(difference));
  }
  if (others_ > 0) text += "  and " + counted(others_, "more stream", "more streams") + ": --json lists all\n";
  return text;
}

std::vector<std::string> next_steps(const Verifier::Summary& summary, const VerifyEnd& end,
                                    const std::string& config_file) {
  std::vector<std::string> steps;
  const std::string with_config = " --config " + config_file;
  const auto has = [&](DifferenceKind kind) { return summary.kinds[static_cast<std::size_t>(kind)].events > 0; };
  if (end.result == VerifyEnd::Result::kDenied || summary.is_denied) {
    steps.push_back("interconnect check" + with_config + ": it names the rights that are missing");
  }
  if (end.result == VerifyEnd::Result::kUnfinished && !summary.is_denied) {
    steps.push_back("interconnect verify" + with_config + ": once more, to its end (--state FILE goes on)");
  }
  if (has(DifferenceKind::kMissing)) {
    steps.push_back("interconnect status" + with_config +
                    ": whether a copy runs, and what it gave up; what is missing at a stream's end comes with it");
  }
  if (summary.counts.parked > 0) {
    steps.push_back("replay the group's parked messages (interconnect check" + with_config + " names the URL)");
  }
  if (has(DifferenceKind::kMetadata) || has(DifferenceKind::kData)) {
    steps.push_back("interconnect verify" + with_config +
                    " --json-equal --ignore metadata: where another tool has filled the destination");
  }
  const bool needs_a_person = has(DifferenceKind::kExtra) || has(DifferenceKind::kDoubled) ||
                              has(DifferenceKind::kOrder) || has(DifferenceKind::kType) ||
                              has(DifferenceKind::kContentKind) || has(DifferenceKind::kShifted);
  if (needs_a_person) {
    steps.push_back(
        "find out who else writes to the destination: what is extra, doubled, shifted or out of order cannot be mended "
        "by a copy, only by copying the stream anew");
  }
  if (has(DifferenceKind::kDeletion) || has(DifferenceKind::kStreamMetadata)) {
    steps.push_back(
        "compare the metadata of these streams (their $$ streams) by hand, and set them at the destination");
  }
  return steps;
}

std::string report_text(const Verifier::Summary& summary, const VerifyEnd& end, const WorstStreams& worst,
                        const std::vector<std::string>& next_steps) {
  std::string text = first_line(summary, end) + "\n" + worst.text();
  for (const std::string& note : end.notes) text += "note: " + note + "\n";
  for (const Aside& aside : asides(summary)) {
    if (aside.events == 0) continue;
    text += "aside: " + std::string(aside.name) + " " + with_separators(aside.events) + " (" + aside.meaning + ")\n";
  }
  if (summary.not_compared > 0) {
    text += "not compared: " + counted(summary.not_compared, "stream", "streams") + "\n";
    for (const Verifier::Skipped& skipped : summary.skipped) {
      text += "  " + short_name(skipped.stream) + " (" + std::string(to_string(skipped.store)) +
              "): " + excerpt(skipped.error.message) + "\n";
    }
  }
  for (const std::string& step : next_steps) text += "next: " + step + "\n";
  return text;
}

std::string json_begin() { return R"({"format":1,"streams":[)"; }

std::string json_stream(const StreamDifference& difference, bool is_first) {
  JsonWriter json;
  json.object()
      .member("stream", difference.stream)
      .member("expected", difference.expected)
      .member("present", difference.present);
  json.name("differences").object();
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    const Difference& of = difference.kinds[kind];
    if (of.events == 0) continue;
    json.name(to_string(static_cast<DifferenceKind>(kind))).object();
    json.member("events", of.events).member("first", of.first).end_object();
  }
  json.end_object().end_object();
  return (is_first ? "\n" : ",\n") + json.take();
}

std::string json_end(const Verifier::Summary& summary, const VerifyEnd& end,
                     const std::vector<std::string>& next_steps) {
  JsonWriter json;
  json.object();
  json.member("result", to_string(end.result));
  if (!end.problem.empty()) json.member("problem", end.problem);
  json.member("readAgain", end.was_read_again);
  json.member("streams", summary.counts.streams);
  json.member("events", summary.counts.events);
  json.member("links", summary.links);
  json.member("differing", summary.differing);
  json.name("differences").object();
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    if (summary.kinds[kind].events == 0) continue;
    json.member(to_string(static_cast<DifferenceKind>(kind)), summary.kinds[kind].events);
  }
  json.end_object();
  json.name("asides").object();
  for (const Aside& aside : asides(summary)) json.member(aside.name, aside.events);
  json.end_object();
  json.member("notCompared", summary.not_compared);
  json.name("skipped").array();
  for (const Verifier::Skipped& skipped : summary.skipped) {
    json.object().member("stream", skipped.stream).member("store", to_string(skipped.store));
    json.member("reason", skipped.error.message).end_object();
  }
  json.end_array();
  json.name("notes").array();
  for (const std::string& note : end.notes) json.value(note);
  json.end_array().end_object();
  std::string text = "\n],\"summary\":" + json.take() + ",\"nextSteps\":";
  JsonWriter steps;
  steps.array();
  for (const std::string& step : next_steps) steps.value(step);
  steps.end_array();
  return text + steps.take() + "}\n";
}

}  // namespace interconnect
