#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "adapters/http_status/pages.h"

namespace interconnect {

// Hands the feed's news to all that listen, the same bytes to each. While nobody listens it does nothing.
class FeedHub {
 public:
  // Both outlive it. Everything is called on the thread that runs `io`.
  FeedHub(boost::asio::io_context& io, StatusFeed& feed) : io_(io), feed_(feed) {}

  // One that is told: what is to be sent to it next. However slowly it takes that, no more than this waits for it.
  class Listener {
   public:
    explicit Listener(FeedHub& hub);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Waits for it. Nothing: that was all.
    boost::asio::awaitable<std::shared_ptr<const std::string>> next();

   private:
    friend FeedHub;
    void offer(std::shared_ptr<const std::string> text);

    FeedHub& hub_;
    boost::asio::steady_timer signal_;
    std::shared_ptr<const std::string> next_;
    bool has_missed_ = true;  // it is told everything, as one that has just come is
    bool ends_ = false;
  };

  std::size_t listeners() const { return listeners_.size(); }

  // The last that is told. `done` is called once nobody listens any more.
  void end(std::string last, std::function<void()> done);

 private:
  boost::asio::awaitable<void> tell_news();
  void offer_to_all(std::string text);

  boost::asio::io_context& io_;
  StatusFeed& feed_;
  std::set<Listener*> listeners_;
  bool tells_news_ = false;
  std::function<void()> done_;
};

}  // namespace interconnect
