#include "testing/eventstore/http/stream_feed.h"

#include <algorithm>
#include <charconv>

#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"
#include "testing/eventstore/http/json_members.h"

namespace interconnect::eventstore {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

bool parse_number(const std::string& text, std::int64_t* number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && rest == end && *number >= 0;
}

void write_body(Writer& w, const ResolvedEvent& resolved) {
  const Record& event = *resolved.event;
  const bool has_link_metadata = resolved.link != nullptr && !resolved.link->metadata.empty();
  text(w, "eventId", to_text(event.id));
  text(w, "eventType", event.type);
  number(w, "eventNumber", event.number);
  if (event.is_json) text(w, "data", event.data);
  if (!event.metadata.empty()) text(w, "metaData", event.metadata);
  if (has_link_metadata) text(w, "linkMetaData", resolved.link->metadata);
  text(w, "streamId", event.stream_name());
  flag(w, "isJson", event.is_json);
  flag(w, "isMetaData", !event.metadata.empty());
  flag(w, "isLinkMetaData", has_link_metadata);
  number(w, "positionEventNumber", resolved.original().number);
  text(w, "positionStreamId", resolved.original().stream_name());
}

void write_entry(Writer& w, const ResolvedEvent& resolved, bool with_body) {
  w.StartObject();
  if (with_body && resolved.event != nullptr) write_body(w, resolved);
  // Of a link whose target is gone, where it leads.
  text(w, "title",
       resolved.event != nullptr ? std::to_string(resolved.event->number) + "@" + resolved.event->stream_name()
                                 : resolved.link->data);
  text(w, "summary", resolved.event != nullptr ? resolved.event->type : "$>");
  w.EndObject();
}

}  // namespace

std::optional<FeedRequest> parse_feed_request(const HttpRequest& request) {
  const auto& path = request.path;
  FeedRequest feed;
  feed.resolve_links = request.header("es-resolvelinktos") != "false";
  const auto embed = request.query.find("embed");
  feed.with_bodies = embed != request.query.end() && embed->second == "body";
  if (path.size() == 2) return feed;
  if (path.size() != 4 && path.size() != 5) return std::nullopt;
  if (path.size() == 5 && path[3] != "forward" && path[3] != "backward") return std::nullopt;
  feed.forward = path[3] == "forward";
  const bool from_head = path[2] == "head" && !feed.forward;
  if (!from_head && !parse_number(path[2], &feed.from)) return std::nullopt;
  if (!parse_number(path.back(), &feed.count) || feed.count == 0) return std::nullopt;
  return feed;
}

std::string feed_to_json(const std::string& stream, const FeedRequest& request, const StreamPage& page) {
  std::vector<ResolvedEvent> newest_first = page.events;
  if (request.forward) std::reverse(newest_first.begin(), newest_first.end());
  rapidjson::StringBuffer out;
  Writer w(out);
  w.SetIndent(' ', 2);
  w.StartObject();
  text(w, "title", "Event stream '" + stream + "'");
  text(w, "streamId", stream);
  flag(w, "headOfStream", request.forward ? page.is_end_of_stream : request.from == -1);
  w.Key("entries");
  w.StartArray();
  for (const ResolvedEvent& event : newest_first) write_entry(w, event, request.with_bodies);
  w.EndArray();
  w.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace interconnect::eventstore
