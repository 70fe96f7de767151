#ifndef TESTING_EVENTSTORE_STORE_JSON_CHECK_H_
#define TESTING_EVENTSTORE_STORE_JSON_CHECK_H_

#include <string_view>

namespace interconnect::eventstore {

// How deep arrays and objects may be nested: 64 in the Newtonsoft.Json 13 of 21.10.8 and later, any depth in the 11.0.2
// that comes before.
enum class JsonDepth { kAny, k64 };

// Whether the projections of 21.2.0 and later take an event that is flagged as JSON for JSON, so that they link it
// (EventFilter.cs: PassesValidation, ReaderSubscriptionBase.cs: ProcessOne, Json.cs: IsValidJson).
//
// They ask JToken.Parse, which takes more than JSON: comments, single quotes, names without quotes, NaN, octal and
// hexadecimal numbers, commas too many in an array or behind the last member of an object, one value alone. What it
// refuses among much else: nothing at all, plain text, a byte order mark, a second value or a comma behind the first.
//
// Of names without quotes that hold letters beyond ASCII, those beyond the common blocks may be judged otherwise.
bool ParsesAsJson(std::string_view utf8, JsonDepth depth);

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_STORE_JSON_CHECK_H_
