#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/http_api/http_inspector.h"
#include "adapters/legacy_tcp/io/http_client.h"
#include "adapters/legacy_tcp/legacy_store.h"

namespace interconnect {
namespace {

using Done = std::function<void(const http_api::HttpReply&)>;

// Asks the node that answered last. One that does not answer, or is not ready (a slave has no consumer groups: HTTP
// 503), is left for the next one.
class Nodes : public std::enable_shared_from_this<Nodes> {
 public:
  Nodes(boost::asio::io_context& io, const LegacyStoreSettings& settings) {
    const TlsSettings tls = legacy::http_tls(settings);
    const auto add = [&](const Endpoint& host) {
      nodes_.push_back(
          {to_text(host), legacy::make_http_client(io, host, settings.credentials, tls, settings.operation_timeout)});
    };
    add(settings.http);
    for (const Endpoint& host : settings.hosts) {
      if (host != settings.http) add(host);
    }
  }

  void ask(const std::string& target, Done done) { ask(target, nodes_.size() - 1, std::move(done)); }

 private:
  struct Node {
    std::string name;
    legacy::HttpExchange exchange;
  };

  void ask(const std::string& target, std::size_t others, Done done) {
    const std::size_t asked = current_;
    nodes_[asked].exchange({"GET", target, ""}, [self = shared_from_this(), target, asked, others,
                                                 done = std::move(done)](const legacy::HttpResult& result) mutable {
      const auto* response = std::get_if<legacy::HttpResponse>(&result);
      if ((response == nullptr || response->status == 503) && others > 0) {
        if (self->current_ == asked) self->current_ = (asked + 1) % self->nodes_.size();
        return self->ask(target, others - 1, std::move(done));
      }
      if (response == nullptr) return done({0, std::get<legacy::HttpFailure>(result).message});
      done({static_cast<int>(response->status), response->body, self->nodes_[asked].name});
    });
  }

  std::vector<Node> nodes_;
  std::size_t current_ = 0;
};

}  // namespace

std::unique_ptr<StoreInspector> make_legacy_inspector(boost::asio::io_context& io,
                                                      const LegacyStoreSettings& settings) {
  const auto nodes = std::make_shared<Nodes>(io, settings);
  return http_api::make_http_inspector(
      [nodes](const std::string& target, auto done) { nodes->ask(target, std::move(done)); });
}

}  // namespace interconnect
