#include "benchmarks/copy/arrival.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "app/stores.h"

namespace interconnect::copy_benchmark {
namespace {

// Or a hundredth of the time awaited so far: looking takes from the destination what it is measured by.
constexpr std::chrono::milliseconds kMinBetweenLooks{5};

}  // namespace

Arrival::Arrival(Loop& loop, const StoreSettings& store) : SinkListener(loop), sink_(make_sink(loop.io(), store)) {
  connect(loop_, *sink_, *this);
}

void Arrival::await(std::vector<StreamEnd> ends, const std::function<void()>& before_look) {
  missing_ = std::move(ends);
  before_look_ = before_look;
  missing_at_ = look_at_ = began_ = Clock::now();
  const std::string what = "waiting for " + missing_.back().stream + " at the destination";
  loop_.after({}, [this] { look(); });
  loop_.run(what);
}

void Arrival::look() {
  missing_at_ = std::exchange(look_at_, Clock::now());
  before_look_();
  unanswered_ = missing_.size();
  for (std::size_t i = 0; i < missing_.size(); ++i) {
    sink_->read(
        {.id = i, .stream = missing_[i].stream, .direction = ReadDirection::kBackward, .from = kStreamEnd, .count = 1});
  }
}

void Arrival::on_read_completed(std::uint64_t id, const ReadOutcome& outcome) {
  if (const auto* error = std::get_if<StoreError>(&outcome)) {
    return loop_.fail("a read of the destination failed: " + error->message);
  }
  const auto& page = std::get<StreamPage>(outcome);
  StreamEnd& end = missing_[id];
  if (page.events.empty() || page.events.front().revision < end.revision) still_missing_.push_back(std::move(end));
  if (--unanswered_ > 0) return;
  if (still_missing_.size() < missing_.size()) loop_.alive();
  missing_ = std::exchange(still_missing_, {});
  if (missing_.empty()) return loop_.finish();
  const auto hundredth = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_) / 100;
  loop_.after(std::max(kMinBetweenLooks, hundredth), [this] { look(); });
}

}  // namespace interconnect::copy_benchmark
