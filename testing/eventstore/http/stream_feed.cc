#include "testing/eventstore/http/stream_feed.h"

#include <algorithm>
#include <charconv>

#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"

namespace interconnect::eventstore {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

bool ParseNumber(const std::string& text, std::int64_t* number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && rest == end && *number >= 0;
}

void Member(Writer& w, const char* key, const std::string& value) {
  w.Key(key);
  w.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void WriteBody(Writer& w, const ResolvedEvent& resolved) {
  const Record& event = *resolved.event;
  Member(w, "eventId", ToText(event.id));
  Member(w, "eventType", event.type);
  w.Key("eventNumber");
  w.Int64(event.number);
  if (event.is_json) Member(w, "data", event.data);
  if (!event.metadata.empty()) Member(w, "metaData", event.metadata);
  if (resolved.link != nullptr && !resolved.link->metadata.empty()) {
    Member(w, "linkMetaData", resolved.link->metadata);
  }
  Member(w, "streamId", event.stream_name());
  w.Key("isJson");
  w.Bool(event.is_json);
  w.Key("isMetaData");
  w.Bool(!event.metadata.empty());
  w.Key("isLinkMetaData");
  w.Bool(resolved.link != nullptr && !resolved.link->metadata.empty());
  w.Key("positionEventNumber");
  w.Int64(resolved.original().number);
  Member(w, "positionStreamId", resolved.original().stream_name());
}

void WriteEntry(Writer& w, const ResolvedEvent& resolved, bool with_body) {
  w.StartObject();
  if (with_body && resolved.event != nullptr) WriteBody(w, resolved);
  // Of a link whose target is gone, where it leads.
  Member(w, "title",
         resolved.event != nullptr ? std::to_string(resolved.event->number) + "@" + resolved.event->stream_name()
                                   : resolved.link->data);
  Member(w, "summary", resolved.event != nullptr ? resolved.event->type : "$>");
  w.EndObject();
}

}  // namespace

std::optional<FeedRequest> ParseFeedRequest(const HttpRequest& request) {
  const auto& path = request.path;
  FeedRequest feed;
  feed.resolve_links = request.Header("es-resolvelinktos") != "false";
  const auto embed = request.query.find("embed");
  feed.with_bodies = embed != request.query.end() && embed->second == "body";
  if (path.size() == 2) return feed;
  if (path.size() != 4 && path.size() != 5) return std::nullopt;
  if (path.size() == 5 && path[3] != "forward" && path[3] != "backward") return std::nullopt;
  feed.forward = path[3] == "forward";
  const bool from_head = path[2] == "head" && !feed.forward;
  if (!from_head && !ParseNumber(path[2], &feed.from)) return std::nullopt;
  if (!ParseNumber(path.back(), &feed.count) || feed.count == 0) return std::nullopt;
  return feed;
}

std::string FeedToJson(const std::string& stream, const FeedRequest& request, const StreamPage& page) {
  std::vector<ResolvedEvent> newest_first = page.events;
  if (request.forward) std::reverse(newest_first.begin(), newest_first.end());
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartObject();
  Member(w, "title", "Event stream '" + stream + "'");
  Member(w, "streamId", stream);
  w.Key("headOfStream");
  w.Bool(request.forward ? page.is_end_of_stream : request.from == -1);
  w.Key("entries");
  w.StartArray();
  for (const ResolvedEvent& event : newest_first) WriteEntry(w, event, request.with_bodies);
  w.EndArray();
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace interconnect::eventstore
