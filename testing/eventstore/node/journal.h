#pragma once

#include <cstdio>
#include <string>

#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {

// The log on disk: a record for each event, in order. Written as the events are committed, so that a killed node loses
// nothing that it has confirmed; a torn last record is cut off when the journal is read.
class Journal {
 public:
  // Puts what the file holds into the store, then opens it to append. Throws std::runtime_error if it cannot.
  Journal(const std::string& path, EventStore& store);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Hands the record to the operating system before it returns.
  void append(const Record& record);

 private:
  std::FILE* file_;
};

}  // namespace interconnect::eventstore
