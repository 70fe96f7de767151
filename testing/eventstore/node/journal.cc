#include "testing/eventstore/node/journal.h"

#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace interconnect::eventstore {
namespace {

// Sizes of stream, type, data and metadata, then the fixed fields, then the texts.
struct Header {
  std::uint32_t stream, type, data, metadata;
  std::int64_t number;
  std::int64_t created;
  std::uint8_t id[16];
  std::uint32_t is_json;
  std::uint32_t magic;
};
constexpr std::uint32_t kMagic = 0x4c4a5645;

bool read_text(std::FILE* file, std::uint32_t size, std::string* text) {
  text->resize(size);
  return size == 0 || std::fread(text->data(), 1, size, file) == size;
}

}  // namespace

Journal::Journal(const std::string& path, EventStore& store) {
  long good = 0;
  if (std::FILE* old = std::fopen(path.c_str(), "rb")) {
    Header h;
    std::string stream;
    while (std::fread(&h, sizeof h, 1, old) == 1 && h.magic == kMagic) {
      NewEvent event;
      if (!read_text(old, h.stream, &stream) || !read_text(old, h.type, &event.type) ||
          !read_text(old, h.data, &event.data) || !read_text(old, h.metadata, &event.metadata)) {
        break;
      }
      std::memcpy(event.id.data(), h.id, sizeof h.id);
      event.is_json = h.is_json != 0;
      store.restore(stream, h.number, std::move(event), h.created);
      good = std::ftell(old);
    }
    std::fclose(old);
    if (truncate(path.c_str(), good) != 0) throw std::runtime_error(path + ": cannot be cut to its last whole record");
  }
  store.forget_ids();
  file_ = std::fopen(path.c_str(), "ab");
  if (file_ == nullptr) throw std::runtime_error(path + ": cannot be written");
}

Journal::~Journal() { std::fclose(file_); }

void Journal::append(const Record& record) {
  Header h{};
  h.stream = static_cast<std::uint32_t>(record.stream_name().size());
  h.type = static_cast<std::uint32_t>(record.type.size());
  h.data = static_cast<std::uint32_t>(record.data.size());
  h.metadata = static_cast<std::uint32_t>(record.metadata.size());
  h.number = record.number;
  h.created = record.created;
  std::memcpy(h.id, record.id.data(), sizeof h.id);
  h.is_json = record.is_json ? 1 : 0;
  h.magic = kMagic;
  std::fwrite(&h, sizeof h, 1, file_);
  for (const std::string* text : {&record.stream_name(), &record.type, &record.data, &record.metadata}) {
    std::fwrite(text->data(), 1, text->size(), file_);
  }
  std::fflush(file_);
}

}  // namespace interconnect::eventstore
