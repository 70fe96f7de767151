#include "adapters/legacy_tcp/io/group_upsert.h"

#include <glog/logging.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "adapters/await_answer/await_answer.h"
#include "adapters/http_api/paths.h"
#include "adapters/legacy_tcp/session/group_settings.h"
#include "adapters/legacy_tcp/session/outcomes.h"
#include "domain/excerpt.h"

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

GroupFailed failed(const std::string& what, const StoreError& error) {
  DropReason reason = DropReason::kServer;
  if (error.kind == ErrorKind::kUnavailable) reason = DropReason::kConnectionLost;
  if (error.kind == ErrorKind::kAccessDenied) reason = DropReason::kAccessDenied;
  if (error.kind == ErrorKind::kNotAuthenticated) reason = DropReason::kNotAuthenticated;
  return {reason, what + ": " + error.message};
}

// The answer to GET .../info, asked for again while the server may be starting.
asio::awaitable<HttpResult> read_info(const HttpExchange& exchange, const Subscription& subscription,
                                      milliseconds patience) {
  const HttpRequest request{"GET", http_api::group_info_path(subscription.stream, subscription.group), ""};
  const auto give_up_at = steady_clock::now() + patience;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    HttpResult info = co_await await_answer<HttpResult>([&](auto done) { exchange(request, std::move(done)); });
    if (!may_pass(info) || steady_clock::now() + kAskAgainAfter >= give_up_at) co_return info;
    timer.expires_after(kAskAgainAfter);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace

asio::awaitable<GroupResult> upsert_group(GroupCommandExchange command, HttpExchange exchange,
                                          Subscription subscription, bool may_update, milliseconds patience) {
  const std::string group = "group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
  const auto send = [&command](GroupCommand which, const GroupSettings& settings) {
    return await_answer<GroupOutcome>(
        [&command, which, &settings](auto done) { command(which, settings, std::move(done)); });
  };

  // Does nothing to a group that exists. Who may not create groups may still be allowed to use one.
  const GroupOutcome created = co_await send(GroupCommand::kCreate, subscription.settings);
  if (created == GroupOutcome(GroupAnswer::kDone)) co_return GroupPrepared{GroupState::kCreated, subscription.settings};
  const auto* error = std::get_if<StoreError>(&created);
  if (error != nullptr && error->kind != ErrorKind::kAccessDenied) {
    co_return failed("cannot create " + group, *error);
  }

  const HttpResult info = co_await read_info(exchange, subscription, patience);
  // After AlreadyExists, it says nothing about the group but that HTTP cannot name it.
  const std::string not_created =
      group + " is not there, and only a user of $admins or $ops may create it: have it created, or use such a user";
  if (status_of(info) == 404 && error != nullptr) co_return failed(not_created, *error);
  std::optional<GroupInfo> present;
  if (status_of(info) == 200) present = parse_group_info(std::get<HttpResponse>(info).body, subscription);
  if (!present) {
    LOG(WARNING) << "the settings of " << group << " cannot be read, it is left as it is: " << text_of(info);
    co_return GroupPrepared{GroupState::kUnread, subscription.settings,
                            error != nullptr ? not_created + ": " + error->message : ""};
  }
  const GroupSettings wanted = updated_settings(present->settings, subscription.settings);
  if (same_effect(present->settings, wanted) || !may_update) {
    co_return GroupPrepared{GroupState::kUnchanged, present->settings};
  }
  if (update_loses_place(present->settings, present->last_checkpoint)) {
    co_return GroupPrepared{GroupState::kKept, present->settings};
  }
  const GroupOutcome updated = co_await send(GroupCommand::kUpdate, wanted);
  if (updated == GroupOutcome(GroupAnswer::kDone)) co_return GroupPrepared{GroupState::kUpdated, wanted};
  // A group that has just been deleted shows when it is connected to.
  const auto* refusal = std::get_if<StoreError>(&updated);
  LOG(WARNING) << "the settings of " << group << " cannot be updated, it is left as it is: "
               << (refusal != nullptr ? refusal->message : "it does not exist any more");
  co_return GroupPrepared{GroupState::kKept, present->settings};
}

asio::awaitable<void> renew_group(GroupCommandExchange command, HttpExchange exchange, Subscription subscription) {
  const std::string finding = "group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) +
                              "' delivers nothing, though its stream has more";
  const HttpResult info = co_await read_info(exchange, subscription, milliseconds(0));
  std::optional<GroupInfo> present;
  if (status_of(info) == 200) present = parse_group_info(std::get<HttpResponse>(info).body, subscription);
  if (!present) {
    LOG(WARNING) << finding << ". It is not updated to mend that: its settings cannot be read: " << text_of(info);
    co_return;
  }
  if (update_loses_place(present->settings, present->last_checkpoint)) {
    LOG(WARNING) << finding << ". It is not updated to mend that: without a checkpoint it would start anew at the end "
                 << "of the stream";
    co_return;
  }
  LOG(WARNING) << finding << ": it is updated to mend that, and all its consumers connect anew";
  const GroupOutcome updated = co_await await_answer<GroupOutcome>(
      [&](auto done) { command(GroupCommand::kUpdate, present->settings, std::move(done)); });
  if (const auto* refusal = std::get_if<StoreError>(&updated)) {
    LOG(WARNING) << "the update is refused: " << refusal->message;
  }
}

}  // namespace interconnect::legacy
