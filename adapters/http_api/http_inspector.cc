#include "adapters/http_api/http_inspector.h"

#include <type_traits>
#include <utility>

#include "adapters/http_api/answers.h"
#include "adapters/http_api/paths.h"
#include "domain/excerpt.h"

namespace interconnect::http_api {
namespace {

StoreError error_of(const HttpReply& reply, const std::string& question) {
  switch (reply.status) {
    case 0:
      return {ErrorKind::kUnavailable, question + ": " + reply.body};
    case 401:
      return {ErrorKind::kNotAuthenticated, question + ": the server answers HTTP 401"};
    case 403:
      return {ErrorKind::kAccessDenied, question + ": the server answers HTTP 403"};
    case 404:
      return {ErrorKind::kNotFound, question + ": the server knows none"};
    case 408:
    case 503:
      return {ErrorKind::kNotReady, question + ": the server answers HTTP " + std::to_string(reply.status)};
    default:
      return {ErrorKind::kUnsupported, question + ": the server answers HTTP " + std::to_string(reply.status)};
  }
}

class HttpInspector final : public StoreInspector {
 public:
  explicit HttpInspector(HttpGet get) : get_(std::move(get)) {}

  void server(Answer<ServerInfo> answer) override {
    ask("/info", "server's version", decode_server, std::move(answer));
  }

  void consumer_group(const std::string& stream, const std::string& group, Answer<ConsumerGroupInfo> answer) override {
    ask(
        group_info_path(stream, group), "group '" + excerpt(group) + "' of '" + excerpt(stream) + "'",
        [stream, group](std::string_view body) { return decode_consumer_group(body, stream, group); },
        std::move(answer));
  }

  void projection(const std::string& name, Answer<ProjectionInfo> answer) override {
    ask("/projection/" + path_part(name) + "/statistics", "projection " + excerpt(name), decode_projection,
        std::move(answer));
  }

  void projections(Answer<std::vector<std::string>> answer) override {
    ask("/projections/all-non-transient", "projections", decode_projections, std::move(answer));
  }

  void projection_definition(const std::string& name, Answer<ProjectionDefinition> answer) override {
    ask("/projection/" + path_part(name) + "/query?config=yes", "definition of projection " + excerpt(name),
        decode_projection_definition, std::move(answer));
  }

  void user(Answer<UserInfo> answer) override { ask("/users/%24current", "user", decode_user, std::move(answer)); }

 private:
  template <typename Decode, typename T>
  void ask(const std::string& target, const std::string& question, Decode decode, Answer<T> answer) {
    get_(target, [alive = std::weak_ptr(alive_), question, decode = std::move(decode),
                  answer = std::move(answer)](const HttpReply& reply) {
      if (alive.expired()) return;
      if (reply.status != 200) return answer(error_of(reply, question));
      if (auto decoded = decode(reply.body)) {
        if constexpr (std::is_same_v<T, ServerInfo>) decoded->node = reply.node;
        return answer(*std::move(decoded));
      }
      answer(StoreError{ErrorKind::kUnsupported, question + ": the server's answer is not understood"});
    });
  }

  HttpGet get_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<StoreInspector> make_http_inspector(HttpGet get) {
  return std::make_unique<HttpInspector>(std::move(get));
}

}  // namespace interconnect::http_api
