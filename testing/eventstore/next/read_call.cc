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
  static std::optional<Filter> of(const Options& options) {
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
      : StreamingCall(node, context), options_(request.options()), caller_(caller_of(node, *context)) {}

  void run() {
    if (node_.misbehaviour().silent) return;
    if (!caller_.error.ok()) return end(caller_.error);
    if (const RpcError error = cannot_serve(node_, requires_leader(*context_)); !error.ok()) return end(error);
    if (!options_.uuid_option().has_structured() && !options_.uuid_option().has_string()) {
      if (!node_.options().is_of_today() || options_.has_uuid_option()) return end(thrown_by_handler());
      return end(
          invalid(" `uuidOption` is a required argument of type EventStore.Client.Streams.ReadReq+Types+Options+"
                  "Types+UUIDOption"));
    }
    structured_ = options_.uuid_option().has_structured();
    stream_ = options_.has_stream() ? options_.stream().stream_identifier().stream_name() : "";
    if (node_.options().is_of_today() && !options_.has_all() && !options_.has_stream()) {
      return end(
          invalid("'None' is not a valid EventStore.Client.Streams.ReadReq+Types+Options+"
                  "StreamOptionOneofCase"));
    }
    if (!options_.has_all() && stream_.empty()) return end(thrown_by_handler());
    if (node_.options().is_of_today() && !is_possible()) return end(invalid_combination());
    try {
      filter_ = Filter::of(options_);
    } catch (const std::regex_error&) {
      return end(thrown_by_handler());
    }
    if (!node_.store().can_access(options_.has_all() ? std::string(kAllStream) : stream_, Access::kRead,
                                  caller_.user)) {
      return end(access_denied_error());
    }
    if (options_.has_all() && options_.all().has_position() &&
        options_.all().position().prepare_position() > options_.all().position().commit_position()) {
      return end(thrown_by_handler());
    }
    want_drained();
    if (options_.has_subscription()) return start_subscription();
    left_ = static_cast<std::int64_t>(std::min<std::uint64_t>(options_.count(), kDeletedStream));
    if (left_ == 0) {
      // 21.2.0 does not even ask its storage.
      if (node_.options().version == "21.2.0") return end({grpc::Status::OK});
      // 24.10.4 and 25.0.0 never answer.
      if (node_.options().is_of_today() && options_.has_all()) return;
      return end(unexpected(options_.has_all() ? "Unexpected ReadAllResult: Error" : kReadStreamError));
    }
    if (options_.has_all()) {
      start_all();
    } else {
      start_stream();
    }
  }

  // Of a subscription that has caught up.
  void committed(const Record& record) override {
    if (!live_) return;
    if (options_.has_all()) {
      if (record.position < position_.commit) return;
      position_ = {node_.store().end_position(), node_.store().end_position()};
      push_all(record);
    } else if (record.number == kDeletedStream) {
      push(resolved(record, true));
      if (node_.options().version != "21.2.0") leave(stream_deleted_error(stream_));
    } else if (record.number >= next_) {
      next_ = record.number + 1;
      push(resolved(record, true));
    }
    // A reader that is slower than the writers goes back to reading pages.
    if (queued() > 4 * kPage) live_ = false;
  }

 protected:
  void cancelled() override { unlisten(); }

  void drained() override {
    if (ended_ || live_) return;
    if (options_.has_subscription()) {
      catch_up();
    } else if (options_.has_all()) {
      next_all_page();
    } else {
      next_stream_page();
    }
  }

 private:
  static RpcError invalid(const std::string& text) { return {grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, text)}; }

  // Whether there is such a read, or subscription (Streams.Read.cs).
  bool is_possible() const {
    const bool has_count = options_.count_option_case() == Options::kCount;
    if (!has_count && !options_.has_subscription()) return false;
    if (!options_.has_filter() && !options_.has_no_filter()) return false;
    return (!options_.has_filter() || options_.has_all()) && (has_count || forwards());
  }

  RpcError invalid_combination() const {
    const std::string count = options_.count_option_case() == Options::kCount ? "Count"
                              : options_.has_subscription()                   ? "Subscription"
                                                                              : "None";
    const std::string filter = options_.has_filter() ? "Filter" : options_.has_no_filter() ? "NoFilter" : "None";
    return invalid("The combination of (" + std::string(options_.has_all() ? "All" : "Stream") + ", " + count + ", " +
                   (forwards() ? "Forwards" : "Backwards") + ", " + filter + ") is invalid.");
  }

  bool forwards() const { return options_.read_direction() == Options::Forwards; }

  ResolvedEvent resolved(const Record& record, bool has_position) {
    ResolvedEvent event = options_.resolve_links() ? node_.store().resolve(record) : ResolvedEvent{&record, nullptr};
    event.has_position = has_position || node_.options().is_of_today();
    return event;
  }

  void push(const ResolvedEvent& event) {
    proto::ReadResp response;
    fill_read_event(event, structured_, response.mutable_event());
    send(std::move(response));
  }

  void push_all(const Record& record) {
    if (!filter_) return push(resolved(record, true));
    if (filter_->events.wants(record)) push(resolved(record, true));
    if (++considered_ < filter_->checkpoint_every) return;
    considered_ = 0;
    push_checkpoint({record.position, record.position});
  }

  void push_checkpoint(LogPosition position) {
    proto::ReadResp response;
    response.mutable_checkpoint()->set_commit_position(static_cast<std::uint64_t>(position.commit));
    response.mutable_checkpoint()->set_prepare_position(static_cast<std::uint64_t>(position.prepare));
    send(std::move(response));
  }

  void leave(const RpcError& error) {
    ended_ = true;
    unlisten();
    end(error);
  }

  void start_stream() {
    const auto& s = options_.stream();
    if (s.has_revision()) {
      next_ = static_cast<std::int64_t>(std::min<std::uint64_t>(s.revision(), kDeletedStream));
    } else if (s.has_end()) {
      // The end is the number -1, from which no read goes forwards.
      if (forwards()) return leave(unexpected(kReadStreamError));
      next_ = -1;
    } else {
      next_ = 0;
    }
    next_stream_page();
  }

  void next_stream_page() {
    const std::int64_t count = std::min(left_, kPage);
    const StreamPage page =
        forwards() ? node_.store().read_forward(stream_, next_, count, options_.resolve_links(), caller_.user)
                   : node_.store().read_backward(stream_, next_, count, options_.resolve_links(), caller_.user);
    switch (page.result) {
      case ReadResult::kSuccess:
        break;
      case ReadResult::kAccessDenied:
        return leave(access_denied_error());
      case ReadResult::kStreamDeleted:
        return leave(stream_deleted_error(stream_));
      default: {
        proto::ReadResp response;
        response.mutable_stream_not_found()->mutable_stream_identifier()->set_stream_name(stream_);
        send(std::move(response));
        return leave({grpc::Status::OK});
      }
    }
    for (ResolvedEvent event : page.events) {
      event.has_position = event.has_position || node_.options().is_of_today();
      push(event);
    }
    left_ -= static_cast<std::int64_t>(page.events.size());
    next_ = page.next;
    if (page.is_end_of_stream || left_ == 0) return leave({grpc::Status::OK});
    if (page.events.empty()) next_stream_page();
  }

  void start_all() {
    const std::int64_t end = node_.store().end_position();
    const auto& all = options_.all();
    if (all.has_position()) {
      position_ = {static_cast<std::int64_t>(all.position().commit_position()),
                   static_cast<std::int64_t>(all.position().prepare_position())};
      if (!node_.store().is_record_position(position_.commit)) {
        return leave(unexpected(node_.options().is_of_today() ? "Unexpected ReadAllResult: InvalidPosition"
                                                              : "Unexpected ReadAllResult: Error"));
      }
    } else {
      position_ = all.has_end() ? LogPosition{end, end} : LogPosition{0, 0};
    }
    next_all_page();
  }

  void next_all_page() {
    for (;;) {
      const std::int64_t count = filter_ ? kPage : std::min(left_, kPage);
      const AllPage page =
          forwards() ? node_.store().read_all_forward(position_, count, options_.resolve_links(), caller_.user)
                     : node_.store().read_all_backward(position_, count, options_.resolve_links(), caller_.user);
      if (page.result != ReadResult::kSuccess) return leave(access_denied_error());
      bool sent = false;
      for (const ResolvedEvent& event : page.events) {
        if (left_ == 0 || (filter_ && !filter_->events.wants(event.original()))) continue;
        --left_;
        sent = true;
        push(event);
      }
      position_ = page.next;
      if (page.is_end || left_ == 0) return leave({grpc::Status::OK});
      if (sent) return;
    }
  }

  void start_subscription() {
    proto::ReadResp response;
    response.mutable_confirmation()->set_subscription_id(to_text(new_event_id()));
    send(std::move(response));
    node_.store().flush();
    if (options_.has_all()) {
      const std::int64_t end = node_.store().end_position();
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
      const std::int64_t last = node_.store().last_event_number(stream_);
      if (last == kDeletedStream && node_.options().version != "21.2.0") return leave(stream_deleted_error(stream_));
      if (s.has_revision()) {
        next_ = static_cast<std::int64_t>(std::min<std::uint64_t>(s.revision(), kDeletedStream - 1)) + 1;
      } else {
        next_ = s.has_end() && last != kDeletedStream ? last + 1 : 0;
      }
    }
    node_.add_listener(stream_, this);
    listening_ = true;
    catch_up();
  }

  void catch_up() {
    while (!live_ && !ended_) {
      if (filter_) {
        catch_up_filtered();
      } else if (options_.has_all()) {
        const AllPage page = node_.store().read_all_forward(position_, kPage, false, caller_.user);
        for (const ResolvedEvent& event : page.events) push_all(*event.event);
        if (!page.events.empty()) position_ = page.next;
        live_ = page.is_end;
      } else {
        const StreamPage page = node_.store().read_forward(stream_, next_, kPage, false, caller_.user);
        for (const ResolvedEvent& event : page.events) push(resolved(*event.event, false));
        live_ = page.result != ReadResult::kSuccess || page.is_end_of_stream;
        if (page.result == ReadResult::kSuccess) next_ = page.next;
      }
      if (live_ && !ended_ && node_.options().is_of_today()) {
        proto::ReadResp response;
        response.mutable_caught_up();
        send(std::move(response));
      }
      if (queued() > 0) return;
    }
  }

  // A page, and a checkpoint after so many events that were looked at. 21.2.0 tells one more when all is read, and then
  // begins to count anew (Enumerators.AllSubscriptionFiltered.cs).
  void catch_up_filtered() {
    const AllPage page = node_.store().read_all_forward(position_, kReadBatchSize, false, caller_.user,
                                                        &filter_->events, filter_->search_window);
    for (const ResolvedEvent& event : page.events) push(resolved(*event.event, true));
    LogPosition reached = position_;
    if (!page.events.empty()) reached = {page.events.back().event->position, page.events.back().event->position};
    position_ = page.next;
    considered_ += page.considered;
    live_ = page.is_end;
    if (live_ && node_.options().version == "21.2.0") {
      considered_ = 0;
      push_checkpoint(position_);
    } else if (!live_ && considered_ >= filter_->checkpoint_every) {
      considered_ %= filter_->checkpoint_every;
      push_checkpoint(reached);
    }
  }

  void unlisten() {
    ended_ = true;
    if (!listening_) return;
    listening_ = false;
    node_.remove_listener(stream_, this);
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

grpc::ServerWriteReactor<proto::ReadResp>* serve_read(Node& node, grpc::CallbackServerContext* context,
                                                      const proto::ReadReq* request) {
  auto call = std::make_shared<ReadCall>(node, context, *request);
  call->keep_alive();
  post_to_node(node, [call] { call->run(); });
  return call.get();
}

}  // namespace interconnect::eventstore
