#pragma once

#include <string_view>

namespace interconnect::eventstore {

// Who judges: JToken.Parse of Newtonsoft.Json 11.0.2 from 21.2.0 on, of 13 from 21.10.8 on, System.Text.Json
// from 24.10.4 on. Only 11.0.2 takes arrays and objects that are nested deeper than 64.
enum class JsonParser { kNewtonsoft11, kNewtonsoft13, kSystemTextJson };

// Whether the projections take an event that is flagged as JSON for JSON, so that they link it (EventFilter.cs:
// PassesValidation, ReaderSubscriptionBase.cs: ProcessOne, Json.cs: IsValidJson and IsValidUtf8Json).
//
// All refuse nothing at all, plain text, a byte order mark, a second document, and a comma behind the document. All
// take comments, a comma behind the last member or element, one value alone, names twice, lone surrogates, and texts
// that are no UTF-8. Newtonsoft.Json takes much more: single quotes, names without quotes, NaN, octal and hexadecimal
// numbers, elements that are left out, control characters in texts, zeros between tokens.
//
// Of Newtonsoft.Json it is not imitated that a single character behind a last carriage return is overlooked, and
// letters beyond the common blocks in names without quotes may be judged otherwise.
bool parses_as_json(std::string_view utf8, JsonParser parser);

}  // namespace interconnect::eventstore
