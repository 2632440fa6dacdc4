// Documents, as bytes of UTF-8 in shared memory and where each of them starts, into sparse rows; and numbers
// of CSV.
#include <algorithm>
#include <functional>
#include <limits>

#include "binding/call.h"
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "binding/spec.h"
#include "text/csv_numbers.h"
#include "text/vectorize.h"

namespace boreal {

template <>
struct HandleTraits<TermTable> {
  static constexpr napi_type_tag kTag = {0x3b9f6a1d0c7e4852, 0xa1d48e5f7b2c9036};
  static constexpr const char* kName = "a set of terms";
  static size_t external_bytes(const TermTable& table) { return table.bytes(); }
};

namespace {

// bytes, starts, { analyzer, least, most }, stop words or null
struct TextArguments {
  explicit TextArguments(Call& call)
      : bytes(to_typed_array(call.env(), call[0], "bytes"), &options.kept),
        starts(Input<double>::copy(to_typed_array(call.env(), call[1], "starts"))) {
    const Spec from(call.env(), call[2]);
    spec.analyzer = from.choice<Analyzer>("analyzer", {"word", "char", "charWb", "tokens"});
    spec.least = from.u32("least", 1);
    spec.most = from.u32("most", static_cast<uint32_t>(spec.least));
    if (!is_nullish(call.env(), call[3])) stop = from_handle<TermTable>(call.env(), call[3], "stopWords");
    spec.stop = stop.get();
  }
  JobOptions options;
  Input<uint8_t> bytes;
  Input<double> starts;
  TermSpec spec;
  std::shared_ptr<TermTable> stop;
};

ObjectBuilder rows_to_js(napi_env env, SparseRows&& rows) {
  ObjectBuilder object(env);
  object.set("starts", std::move(rows.starts))
      .set("columns", std::move(rows.columns))
      .set("values", std::move(rows.values));
  return object;
}

napi_value deliver_rows(napi_env env, SparseRows&& rows) { return rows_to_js(env, std::move(rows)).object(); }

template <typename Compute, typename Deliver>
napi_value start_text_job(Call& call, TextArguments&& text, Compute compute, Deliver deliver) {
  auto work = [bytes = std::move(text.bytes), starts = std::move(text.starts), spec = text.spec,
               stop = std::move(text.stop),
               compute = std::move(compute)](const CancelToken* cancel, const JobProgress&) {
    return compute(Corpus(bytes.span(), starts.span()), spec, cancel);
  };
  return EnvState::of(call.env()).start(std::move(text.options), std::move(work), std::move(deliver));
}

// terms, each followed by 0xff -> a handle
napi_value make_terms(Call& call) {
  const Input<uint8_t> bytes = Input<uint8_t>::copy(to_typed_array(call.env(), call[0], "terms"));
  auto table = std::make_shared<TermTable>();
  const uint8_t* at = bytes.data();
  for (const uint8_t& byte : bytes.span()) {
    if (byte != kTermEnd) continue;
    const auto known = table->size();
    table->insert({at, static_cast<size_t>(&byte - at)});
    if (table->size() == known) throw Error("ERR_PARAMETER", "A vocabulary has each term once.");
    at = &byte + 1;
  }
  return make_handle(call.env(), std::move(table));
}

// ..., { minDocuments, maxDocuments, maxTerms, binary }, cancel
napi_value learn(Call& call) {
  TextArguments text(call);
  const Spec from(call.env(), call[4]);
  const VocabularyLimits limits{from.number("minDocuments"), from.number("maxDocuments"),
                                from.u32("maxTerms")};
  const bool binary = from.flag("binary");
  text.options.lane = Lane::kTrain;
  text.options.cancel = to_cancel(call.env(), call[5]);
  auto compute = [limits, binary](const Corpus& corpus, const TermSpec& spec, const CancelToken* cancel) {
    return learn_counts(corpus, spec, limits, binary, cancel);
  };
  auto deliver = [](napi_env env, CountedCorpus&& counted) {
    ObjectBuilder object = rows_to_js(env, std::move(counted.rows));
    return object.set("terms", std::move(counted.terms)).set("hasTerms", counted.has_terms).object();
  };
  return start_text_job(call, std::move(text), std::move(compute), deliver);
}

// ..., vocabulary, binary, cancel
napi_value count(Call& call) {
  TextArguments text(call);
  const bool binary = to_bool(call.env(), call[5], "binary");
  text.options.cancel = to_cancel(call.env(), call[6]);
  auto compute = [vocabulary = from_handle<TermTable>(call.env(), call[4], "vocabulary"), binary](
                     const Corpus& corpus, const TermSpec& spec, const CancelToken* cancel) {
    return count_terms(corpus, spec, *vocabulary, binary, cancel);
  };
  return start_text_job(call, std::move(text), std::move(compute), deliver_rows);
}

// ..., columns, alternate, values or null, the start of the values of each document or null, cancel
napi_value hash(Call& call) {
  TextArguments text(call);
  const auto columns = static_cast<size_t>(to_whole(call.env(), call[4], "columns", 1, 0x7fffffff));
  const bool alternate = to_bool(call.env(), call[5], "alternate");
  Input<double> values, value_starts;
  if (!is_nullish(call.env(), call[6])) {
    values = Input<double>::copy(to_typed_array(call.env(), call[6], "values"));
    value_starts = Input<double>::copy(to_typed_array(call.env(), call[7], "valueStarts"));
  }
  text.options.cancel = to_cancel(call.env(), call[8]);
  auto compute = [columns, alternate, values = std::move(values), value_starts = std::move(value_starts)](
                     const Corpus& corpus, const TermSpec& spec, const CancelToken* cancel) {
    return hash_terms(corpus, spec, {columns, alternate, values.span(), value_starts.span()}, cancel);
  };
  return start_text_job(call, std::move(text), std::move(compute), deliver_rows);
}

// bytes of whole lines, delimiter, quote or null, an array of columns, the row to begin at, words for missing
// values, each followed by 0xff -> how many lines, or null
napi_value numbers_of_csv(Call& call) {
  napi_env env = call.env();
  uint32_t count = 0;
  if (napi_get_array_length(env, call[3], &count) != napi_ok) {
    throw Error("ERR_PARAMETER", "columns must be an array.");
  }
  // All before any is looked into: reading an element may run code.
  std::vector<napi_value> arrays(count);
  for (uint32_t j = 0; j < count; ++j) check(env, napi_get_element(env, call[3], j, &arrays[j]));
  const TypedArray bytes = to_typed_array(env, call[0], "bytes"),
                   words = to_typed_array(env, call[5], "missing");
  // They are read twice, and must not change in between.
  if (bytes.shared) throw Error("ERR_PARAMETER", "bytes must not be backed by a SharedArrayBuffer.");
  CsvFormat format;
  format.delimiter = static_cast<char>(to_whole(env, call[1], "delimiter", 1, 127));
  if (format.delimiter == '\n' || format.delimiter == '\r') {
    throw Error("ERR_PARAMETER", "delimiter must not end a line.");
  }
  if (!is_nullish(env, call[2])) format.quote = static_cast<int>(to_whole(env, call[2], "quote", 1, 127));
  const auto row = static_cast<size_t>(to_whole(env, call[4], "row", 0, uint64_t{1} << 53));
  size_t room = std::numeric_limits<size_t>::max();
  std::vector<TypedArray> memory{bytes};
  std::vector<double*> columns;
  for (const napi_value array : arrays) {
    const TypedArray column = to_typed_array(env, array, "columns");
    if (column.length < row) throw Error("ERR_PARAMETER", "row must not be beyond the end of a column.");
    columns.push_back(elements<double>(column) + row);
    room = std::min(room, column.length - row);
    if (column.length > 0) memory.push_back(column);
  }
  // Bytes are read again after values are written, by several threads. If any two overlap, neighbours do.
  std::sort(memory.begin(), memory.end(),
            [](const TypedArray& a, const TypedArray& b) { return std::less<>()(a.data, b.data); });
  for (size_t k = 1; k < memory.size(); ++k) refuse_overlap(memory[k - 1], memory[k]);
  const std::string missing(reinterpret_cast<const char*>(elements<uint8_t>(words)), words.length);
  for (size_t from = 0, to; (to = missing.find('\xff', from)) != std::string::npos; from = to + 1) {
    format.missing.push_back(std::string_view(missing).substr(from, to - from));
  }
  const std::optional<size_t> rows =
      csv_numbers({elements<uint8_t>(bytes), bytes.length}, format, columns, room);
  if (rows) return to_js(env, static_cast<double>(*rows));
  napi_value none;
  check(env, napi_get_null(env, &none));
  return none;
}

}  // namespace

void export_text(napi_env env, napi_value exports) {
  export_function<make_terms>(env, exports, "termsCreate");
  export_function<learn>(env, exports, "textLearn");
  export_function<count>(env, exports, "textCount");
  export_function<hash>(env, exports, "textHash");
  export_function<numbers_of_csv>(env, exports, "csvNumbers");
}

}  // namespace boreal
