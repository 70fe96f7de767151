#include "adapters/legacy_tcp/io/group_upsert.h"

#include <glog/logging.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "adapters/legacy_tcp/session/group_settings.h"
#include "adapters/legacy_tcp/session/outcomes.h"

namespace interconnect::legacy {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kAskAgainAfter{500};

unsigned status_of(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  return response == nullptr ? 0 : response->status;
}

std::string text_of(const HttpResult& result) {
  if (const auto* failure = std::get_if<HttpFailure>(&result)) return failure->message;
  const auto& response = std::get<HttpResponse>(result);
  return "HTTP " + std::to_string(response.status) + " " + excerpt(response.reason);
}

// What a server that is starting may answer for a moment: nothing, 401 to the right password, 408 or 503.
bool may_pass(const HttpResult& result) {
  const unsigned status = status_of(result);
  return status == 0 || status == 401 || status == 408 || status == 503;
}

GroupFailed failed(const std::string& what, const HttpResult& result) {
  DropReason reason = DropReason::kServer;
  if (status_of(result) == 0) reason = DropReason::kConnectionLost;
  // Also what a wrong password is answered with.
  if (status_of(result) == 401) reason = DropReason::kAccessDenied;
  return {reason, what + ": " + text_of(result)};
}

auto ask(const HttpExchange& exchange, const HttpRequest& request) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(HttpResult)>(
      [&exchange, &request](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies
        exchange(request, [shared](HttpResult result) { (*shared)(std::move(result)); });
      },
      asio::use_awaitable);
}

}  // namespace

asio::awaitable<GroupResult> upsert_group(HttpExchange exchange, Subscription subscription, bool may_update,
                                          milliseconds patience) {
  const std::string path = group_path(subscription);
  const std::string body = to_json(subscription.settings);
  const HttpRequest get_info{"GET", path + "/info", ""};
  const HttpRequest create{"PUT", path, body};
  const HttpRequest update{"POST", path, body};
  const std::string group = "group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
  const auto give_up_at = steady_clock::now() + patience;
  asio::steady_timer timer(co_await asio::this_coro::executor);

  for (int round = 0;; ++round) {
    const HttpResult info = co_await ask(exchange, get_info);
    if (may_pass(info) && steady_clock::now() + kAskAgainAfter < give_up_at) {
      timer.expires_after(kAskAgainAfter);
      co_await timer.async_wait(asio::use_awaitable);
      continue;
    }

    if (status_of(info) == 404) {
      const HttpResult created = co_await ask(exchange, create);
      if (status_of(created) == 201) co_return GroupPrepared{GroupState::kCreated, subscription.settings};
      if (status_of(created) == 409 && round == 0) continue;  // someone else was quicker
      co_return failed("cannot create " + group, created);
    }

    std::optional<GroupSettings> present;
    if (status_of(info) == 200) present = parse_group_info(std::get<HttpResponse>(info).body);
    if (!present) {
      LOG(WARNING) << "the settings of " << group << " cannot be read, it is left as it is: " << text_of(info);
      co_return GroupPrepared{GroupState::kUnread, subscription.settings};
    }
    if (same_effect(*present, subscription.settings) || !may_update) {
      co_return GroupPrepared{GroupState::kUnchanged, *present};
    }
    const HttpResult updated = co_await ask(exchange, update);
    if (status_of(updated) == 200) co_return GroupPrepared{GroupState::kUpdated, subscription.settings};
    if (status_of(updated) == 404 && round == 0) continue;  // it has just been deleted
    LOG(WARNING) << "the settings of " << group << " cannot be updated, it is left as it is: " << text_of(updated);
    co_return GroupPrepared{GroupState::kUnchanged, *present};
  }
}

}  // namespace interconnect::legacy
