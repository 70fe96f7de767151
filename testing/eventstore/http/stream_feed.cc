#include "testing/eventstore/http/stream_feed.h"

#include <algorithm>
#include <charconv>

#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"
#include "testing/eventstore/http/json_members.h"

namespace interconnect::eventstore {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

bool ParseNumber(const std::string& text, std::int64_t* number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && rest == end && *number >= 0;
}

void WriteBody(Writer& w, const ResolvedEvent& resolved) {
  const Record& event = *resolved.event;
  const bool has_link_metadata = resolved.link != nullptr && !resolved.link->metadata.empty();
  Text(w, "eventId", ToText(event.id));
  Text(w, "eventType", event.type);
  Number(w, "eventNumber", event.number);
  if (event.is_json) Text(w, "data", event.data);
  if (!event.metadata.empty()) Text(w, "metaData", event.metadata);
  if (has_link_metadata) Text(w, "linkMetaData", resolved.link->metadata);
  Text(w, "streamId", event.stream_name());
  Flag(w, "isJson", event.is_json);
  Flag(w, "isMetaData", !event.metadata.empty());
  Flag(w, "isLinkMetaData", has_link_metadata);
  Number(w, "positionEventNumber", resolved.original().number);
  Text(w, "positionStreamId", resolved.original().stream_name());
}

void WriteEntry(Writer& w, const ResolvedEvent& resolved, bool with_body) {
  w.StartObject();
  if (with_body && resolved.event != nullptr) WriteBody(w, resolved);
  // Of a link whose target is gone, where it leads.
  Text(w, "title",
       resolved.event != nullptr ? std::to_string(resolved.event->number) + "@" + resolved.event->stream_name()
                                 : resolved.link->data);
  Text(w, "summary", resolved.event != nullptr ? resolved.event->type : "$>");
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
  Text(w, "title", "Event stream '" + stream + "'");
  Text(w, "streamId", stream);
  Flag(w, "headOfStream", request.forward ? page.is_end_of_stream : request.from == -1);
  w.Key("entries");
  w.StartArray();
  for (const ResolvedEvent& event : newest_first) WriteEntry(w, event, request.with_bodies);
  w.EndArray();
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace interconnect::eventstore
