#include "testing/eventstore/next/read_call.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"

namespace interconnect::eventstore {
namespace {

namespace proto = esdb::streams;
using Options = proto::ReadReq::Options;

constexpr std::int64_t kPage = 512;
// Enumerators.cs.
constexpr std::int64_t kReadBatchSize = 32;
constexpr char kReadStreamError[] = "Unexpected ReadStreamResult: Error";

// What a read or subscription of $all filters by, and how often a subscription tells how far it has looked.
struct Filter {
  // Nothing if the options name no filter. Throws std::regex_error.
  static std::optional<Filter> Of(const Options& options) {
    if (!options.has_filter()) return std::nullopt;
    const auto& f = options.filter();
    const auto by = f.has_event_type() ? EventFilter::By::kType : EventFilter::By::kStream;
    const auto& expression = f.has_event_type() ? f.event_type() : f.stream_identifier();
    std::vector<std::string> prefixes(expression.prefix().begin(), expression.prefix().end());
    const std::int64_t window = f.has_max() ? f.max() : kReadBatchSize;
    return Filter{prefixes.empty() ? EventFilter(by, expression.regex()) : EventFilter(by, std::move(prefixes)), window,
                  std::max<std::int64_t>(window * f.checkpoint_interval_multiplier(), 1)};
  }

  EventFilter events;
  std::int64_t search_window;
  std::int64_t checkpoint_every;
};

class ReadCall : public StreamingCall<grpc::ServerWriteReactor<proto::ReadResp>, proto::ReadResp>,
                 public CommitListener {
 public:
  ReadCall(Node& node, grpc::CallbackServerContext* context, const proto::ReadReq& request)
      : StreamingCall(node, context), options_(request.options()), caller_(CallerOf(node, *context)) {}

  void Run() {
    if (node_.misbehaviour().silent) return;
    if (!caller_.error.ok()) return End(caller_.error);
    if (const RpcError error = CannotServe(node_, RequiresLeader(*context_)); !error.ok()) return End(error);
    if (!options_.uuid_option().has_structured() && !options_.uuid_option().has_string()) return End(ThrownByHandler());
    structured_ = options_.uuid_option().has_structured();
    stream_ = options_.has_stream() ? options_.stream().stream_identifier().stream_name() : "";
    if (!options_.has_all() && stream_.empty()) return End(ThrownByHandler());
    try {
      filter_ = Filter::Of(options_);
    } catch (const std::regex_error&) {
      return End(ThrownByHandler());
    }
    if (!node_.store().CanAccess(options_.has_all() ? std::string(kAllStream) : stream_, Access::kRead, caller_.user)) {
      return End(AccessDeniedError());
    }
    if (options_.has_all() && options_.all().has_position() &&
        options_.all().position().prepare_position() > options_.all().position().commit_position()) {
      return End(ThrownByHandler());
    }
    WantDrained();
    if (options_.has_subscription()) return StartSubscription();
    left_ = static_cast<std::int64_t>(std::min<std::uint64_t>(options_.count(), kDeletedStream));
    if (left_ == 0) {
      // 21.2.0 does not even ask its storage.
      if (node_.options().version == "21.2.0") return End({grpc::Status::OK});
      return End(Unexpected(options_.has_all() ? "Unexpected ReadAllResult: Error" : kReadStreamError));
    }
    if (options_.has_all()) {
      StartAll();
    } else {
      StartStream();
    }
  }

  // Of a subscription that has caught up.
  void Committed(const Record& record) override {
    if (!live_) return;
    if (options_.has_all()) {
      if (record.position < position_.commit) return;
      position_ = {node_.store().EndPosition(), node_.store().EndPosition()};
      PushAll(record);
    } else if (record.number == kDeletedStream) {
      Push(Resolved(record, true));
      if (node_.options().version != "21.2.0") Leave(StreamDeletedError(stream_));
    } else if (record.number >= next_) {
      next_ = record.number + 1;
      Push(Resolved(record, true));
    }
    // A reader that is slower than the writers goes back to reading pages.
    if (queued() > 4 * kPage) live_ = false;
  }

 protected:
  void Cancelled() override { Unlisten(); }

  void Drained() override {
    if (ended_ || live_) return;
    if (options_.has_subscription()) {
      CatchUp();
    } else if (options_.has_all()) {
      NextAllPage();
    } else {
      NextStreamPage();
    }
  }

 private:
  bool forwards() const { return options_.read_direction() == Options::Forwards; }

  ResolvedEvent Resolved(const Record& record, bool has_position) {
    ResolvedEvent event = options_.resolve_links() ? node_.store().Resolve(record) : ResolvedEvent{&record, nullptr};
    event.has_position = has_position;
    return event;
  }

  void Push(const ResolvedEvent& event) {
    proto::ReadResp response;
    FillReadEvent(event, structured_, response.mutable_event());
    Send(std::move(response));
  }

  void PushAll(const Record& record) {
    if (!filter_) return Push(Resolved(record, true));
    if (filter_->events.Wants(record)) Push(Resolved(record, true));
    if (++considered_ < filter_->checkpoint_every) return;
    considered_ = 0;
    PushCheckpoint({record.position, record.position});
  }

  void PushCheckpoint(LogPosition position) {
    proto::ReadResp response;
    response.mutable_checkpoint()->set_commit_position(static_cast<std::uint64_t>(position.commit));
    response.mutable_checkpoint()->set_prepare_position(static_cast<std::uint64_t>(position.prepare));
    Send(std::move(response));
  }

  void Leave(const RpcError& error) {
    ended_ = true;
    Unlisten();
    End(error);
  }

  void StartStream() {
    const auto& s = options_.stream();
    if (s.has_revision()) {
      next_ = static_cast<std::int64_t>(std::min<std::uint64_t>(s.revision(), kDeletedStream));
    } else if (s.has_end()) {
      // The end is the number -1, from which no read goes forwards.
      if (forwards()) return Leave(Unexpected(kReadStreamError));
      next_ = -1;
    } else {
      next_ = 0;
    }
    NextStreamPage();
  }

  void NextStreamPage() {
    const std::int64_t count = std::min(left_, kPage);
    const StreamPage page =
        forwards() ? node_.store().ReadForward(stream_, next_, count, options_.resolve_links(), caller_.user)
                   : node_.store().ReadBackward(stream_, next_, count, options_.resolve_links(), caller_.user);
    switch (page.result) {
      case ReadResult::kSuccess:
        break;
      case ReadResult::kAccessDenied:
        return Leave(AccessDeniedError());
      case ReadResult::kStreamDeleted:
        return Leave(StreamDeletedError(stream_));
      default: {
        proto::ReadResp response;
        response.mutable_stream_not_found()->mutable_stream_identifier()->set_stream_name(stream_);
        Send(std::move(response));
        return Leave({grpc::Status::OK});
      }
    }
    for (const ResolvedEvent& event : page.events) Push(event);
    left_ -= static_cast<std::int64_t>(page.events.size());
    next_ = page.next;
    if (page.is_end_of_stream || left_ == 0) return Leave({grpc::Status::OK});
    if (page.events.empty()) NextStreamPage();
  }

  void StartAll() {
    const std::int64_t end = node_.store().EndPosition();
    const auto& all = options_.all();
    if (all.has_position()) {
      position_ = {static_cast<std::int64_t>(all.position().commit_position()),
                   static_cast<std::int64_t>(all.position().prepare_position())};
      if (!node_.store().IsRecordPosition(position_.commit)) {
        return Leave(Unexpected("Unexpected ReadAllResult: Error"));
      }
    } else {
      position_ = all.has_end() ? LogPosition{end, end} : LogPosition{0, 0};
    }
    NextAllPage();
  }

  void NextAllPage() {
    for (;;) {
      const std::int64_t count = filter_ ? kPage : std::min(left_, kPage);
      const AllPage page =
          forwards() ? node_.store().ReadAllForward(position_, count, options_.resolve_links(), caller_.user)
                     : node_.store().ReadAllBackward(position_, count, options_.resolve_links(), caller_.user);
      if (page.result != ReadResult::kSuccess) return Leave(AccessDeniedError());
      bool sent = false;
      for (const ResolvedEvent& event : page.events) {
        if (left_ == 0 || (filter_ && !filter_->events.Wants(event.original()))) continue;
        --left_;
        sent = true;
        Push(event);
      }
      position_ = page.next;
      if (page.is_end || left_ == 0) return Leave({grpc::Status::OK});
      if (sent) return;
    }
  }

  void StartSubscription() {
    proto::ReadResp response;
    response.mutable_confirmation()->set_subscription_id(ToText(NewEventId()));
    Send(std::move(response));
    node_.store().Flush();
    if (options_.has_all()) {
      const std::int64_t end = node_.store().EndPosition();
      const auto& all = options_.all();
      position_ = all.has_end() ? LogPosition{end, end} : LogPosition{0, 0};
      // A subscription begins behind the position that it names.
      if (all.has_position()) {
        position_.commit =
            static_cast<std::int64_t>(std::min<std::uint64_t>(all.position().commit_position(), kDeletedStream - 1)) +
            1;
      }
    } else {
      const auto& s = options_.stream();
      const std::int64_t last = node_.store().LastEventNumber(stream_);
      if (last == kDeletedStream && node_.options().version != "21.2.0") return Leave(StreamDeletedError(stream_));
      if (s.has_revision()) {
        next_ = static_cast<std::int64_t>(std::min<std::uint64_t>(s.revision(), kDeletedStream - 1)) + 1;
      } else {
        next_ = s.has_end() && last != kDeletedStream ? last + 1 : 0;
      }
    }
    node_.AddListener(stream_, this);
    listening_ = true;
    CatchUp();
  }

  void CatchUp() {
    while (!live_ && !ended_) {
      if (filter_) {
        CatchUpFiltered();
      } else if (options_.has_all()) {
        const AllPage page = node_.store().ReadAllForward(position_, kPage, false, caller_.user);
        for (const ResolvedEvent& event : page.events) PushAll(*event.event);
        if (!page.events.empty()) position_ = page.next;
        live_ = page.is_end;
      } else {
        const StreamPage page = node_.store().ReadForward(stream_, next_, kPage, false, caller_.user);
        for (const ResolvedEvent& event : page.events) Push(Resolved(*event.event, false));
        live_ = page.result != ReadResult::kSuccess || page.is_end_of_stream;
        if (page.result == ReadResult::kSuccess) next_ = page.next;
      }
      if (queued() > 0) return;
    }
  }

  // A page, and a checkpoint after so many events that were looked at. 21.2.0 tells one more when all is read, and then
  // begins to count anew (Enumerators.AllSubscriptionFiltered.cs).
  void CatchUpFiltered() {
    const AllPage page = node_.store().ReadAllForward(position_, kReadBatchSize, false, caller_.user, &filter_->events,
                                                      filter_->search_window);
    for (const ResolvedEvent& event : page.events) Push(Resolved(*event.event, true));
    LogPosition reached = position_;
    if (!page.events.empty()) reached = {page.events.back().event->position, page.events.back().event->position};
    position_ = page.next;
    considered_ += page.considered;
    live_ = page.is_end;
    if (live_ && node_.options().version == "21.2.0") {
      considered_ = 0;
      PushCheckpoint(position_);
    } else if (!live_ && considered_ >= filter_->checkpoint_every) {
      considered_ %= filter_->checkpoint_every;
      PushCheckpoint(reached);
    }
  }

  void Unlisten() {
    ended_ = true;
    if (!listening_) return;
    listening_ = false;
    node_.RemoveListener(stream_, this);
  }

  const Options options_;
  const GrpcCaller caller_;
  std::string stream_;
  std::optional<Filter> filter_;
  bool structured_ = false;
  bool live_ = false;
  bool listening_ = false;
  bool ended_ = false;
  std::int64_t left_ = 0;
  std::int64_t next_ = 0;
  std::int64_t considered_ = 0;
  LogPosition position_;
};

}  // namespace

grpc::ServerWriteReactor<proto::ReadResp>* ServeRead(Node& node, grpc::CallbackServerContext* context,
                                                     const proto::ReadReq* request) {
  auto call = std::make_shared<ReadCall>(node, context, *request);
  call->KeepAlive();
  PostToNode(node, [call] { call->Run(); });
  return call.get();
}

}  // namespace interconnect::eventstore
