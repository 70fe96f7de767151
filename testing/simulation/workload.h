#pragma once

#include <set>
#include <string>
#include <vector>

#include "testing/simulation/context.h"
#include "testing/simulation/sim_source.h"

namespace interconnect::simulation {

// The events of a run: what the source is given, what the destination holds before, and what it must hold in the end.
class Workload {
 public:
  explicit Workload(Context& context);

  // What the source and the destination hold at the beginning.
  void fill_source();
  void fill_destination();
  // Where each group begins.
  std::vector<Revision> choose_starts();
  // Adds what the source holds to its groups, then the others as time passes.
  void start(SourceServer& server);
  bool is_over() const { return to_come_ == 0; }

  // A write of somebody else's to the destination.
  void write_beside();

  // Compares the destination with what it must hold.
  void check() const;

 private:
  struct Entry {
    StoredEvent event;
    bool is_dead = false;
  };

  Entry make_entry();
  Entry make_deletion(const std::string& stream);
  void store(const Entry& entry);
  bool is_to_be_filled_in(const StoredEvent& event) const;
  bool is_expected(const StoredEvent& event) const;
  void check_global_order() const;
  void check_deletion(const std::string& stream) const;
  void check_stream(const std::string& stream, const std::vector<StoredEvent>& events) const;
  std::vector<const Entry*> subscribed(SubscriptionIndex subscription) const;

  Context& context_;
  std::vector<Entry> entries_;
  std::vector<Revision> starts_;
  std::set<Context::Identity> prefilled_;
  std::uint64_t next_id_ = 0;
  int to_come_ = 0;
};

// The metadata that the copy must have, said another way than the copier says it.
std::string expected_metadata(const StoredEvent& event);

}  // namespace interconnect::simulation
