#include "adapters/http_status/feed_hub.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace interconnect {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kNewsInterval{1};
// So often one is told something, be it nothing: both sides learn by it that the other is gone.
constexpr int kMostSilentIntervals = 15;

}  // namespace

std::string server_sent_event(std::string_view name, std::string_view data) {
  return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

FeedHub::Listener::Listener(FeedHub& hub) : hub_(hub), signal_(hub.io_) {
  hub_.listeners_.insert(this);
  if (std::exchange(hub_.tells_news_, true)) return;
  asio::co_spawn(hub_.io_, hub_.tell_news(), asio::detached);
}

FeedHub::Listener::~Listener() {
  hub_.listeners_.erase(this);
  if (hub_.listeners_.empty() && hub_.done_) std::exchange(hub_.done_, nullptr)();
}

void FeedHub::Listener::offer(std::shared_ptr<const std::string> text) {
  if (next_ != nullptr) {
    has_missed_ = true;
  } else {
    next_ = std::move(text);
  }
  signal_.cancel();
}

asio::awaitable<std::shared_ptr<const std::string>> FeedHub::Listener::next() {
  while (true) {
    if (std::exchange(has_missed_, false)) {
      next_ = nullptr;
      co_return std::make_shared<const std::string>(hub_.feed_.all());
    }
    if (next_ != nullptr) co_return std::exchange(next_, nullptr);
    if (ends_) co_return nullptr;
    signal_.expires_at(asio::steady_timer::time_point::max());
    boost::system::error_code cancelled;
    co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

void FeedHub::end(std::string last, std::function<void()> done) {
  if (listeners_.empty()) return done();
  done_ = std::move(done);
  for (Listener* listener : listeners_) listener->ends_ = true;
  offer_to_all(std::move(last));
}

void FeedHub::offer_to_all(std::string text) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  for (Listener* listener : listeners_) listener->offer(shared);
}

asio::awaitable<void> FeedHub::tell_news() {
  asio::steady_timer timer(io_);
  int silent = 0;
  while (!listeners_.empty()) {
    timer.expires_after(kNewsInterval);
    co_await timer.async_wait(asio::use_awaitable);
    if (listeners_.empty()) break;
    if (auto news = feed_.news()) {
      silent = 0;
      offer_to_all(*std::move(news));
    } else if (++silent >= kMostSilentIntervals) {
      silent = 0;
      offer_to_all(server_sent_event("still", ""));
    }
  }
  tells_news_ = false;
}

}  // namespace interconnect
