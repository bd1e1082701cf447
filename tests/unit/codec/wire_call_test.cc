#include "codec/wire_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "golden.h"
#include "print_value.h"

namespace rqpp::codec {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

Call two_ints() { return {.function = "vtasks.add", .args = {1, 2}}; }

std::string refusal_of_call(const std::string& serialized) {
  try {
    return "was read as " + describe(decode_call(serialized).call);
  } catch (const DecodeError& error) {
    return error.what();
  }
}

/// A pickled `(function, instance, args, kwargs)`, each part given as opcodes.
std::string pickled(const std::string& function, const std::string& instance,
                    const std::string& args, const std::string& kwargs) {
  return "\x80\x04(" + function + instance + args + kwargs + "t.";
}

const std::string kAdd = "\x8c\x03m.f";
const std::string kThing = "cvtasks\nThing\n";

TEST(EncodeCall, IsAPickleOf26Bytes) {
  const std::string bytes = encode_call({.function = "m.f", .args = {1, 2}}, Serializer::pickle);

  EXPECT_EQ(bytes, "\x80\x04(\x8c\x03m.fNK\x01K\x02\x86}t.");
}

TEST(EncodeCall, WritesKeywordsAsADict) {
  const Call call{.function = "m.f", .kwargs = {{"b", 3}, {"a", "x"}}};

  EXPECT_EQ(read_pickle(encode_call(call, Serializer::pickle)).repr(),
            "('m.f', None, (), {'b': 3, 'a': 'x'})");
  EXPECT_EQ(encode_call(call, Serializer::json), R"(["m.f", null, [], {"b": 3, "a": "x"}])");
}

TEST(EncodeCall, IsReadBackByDecodeCall) {
  const Call call{.function = "reports.build",
                  .args = {2026, "pdf", Value::list({1.5, nullptr})},
                  .kwargs = {{"draft", true}, {"pages", Value::dict({{"from", 1}})}}};
  for (const auto serializer : {Serializer::pickle, Serializer::json}) {
    const DecodedCall read = decode_call(encode_call(call, serializer));

    EXPECT_EQ(read.call, call);
    EXPECT_EQ(read.serializer, serializer);
  }
}

TEST(EncodeCall, RefusesWhatTheSerializerCannotHold) {
  const Call call{.function = "m.f", .args = {Bytes{"a"}}};

  EXPECT_NO_THROW(encode_call(call, Serializer::pickle));
  EXPECT_THROW(encode_call(call, Serializer::json), InvalidArgument);
  EXPECT_THROW(encode_call({.function = "m.f", .args = {Opaque{"m", "C"}}}, Serializer::pickle),
               InvalidArgument);
}

TEST(EncodeCall, RefusesAnArgumentTooDeepToReadBack) {
  Value deep = Value::list();
  for (std::size_t i = 1; i < Value::kMaxDepth - 2; ++i) deep = Value::list({deep});
  const Call deepest{.function = "m.f", .args = {deep}};
  const Call deeper{.function = "m.f", .kwargs = {{"a", Value::list({deep})}}};

  for (const auto serializer : {Serializer::pickle, Serializer::json}) {
    EXPECT_EQ(decode_call(encode_call(deepest, serializer)).call, deepest);
    EXPECT_THROW(encode_call(deeper, serializer), InvalidArgument);
  }
}

TEST(DecodeCall, TakesListsForTuples) {
  EXPECT_EQ(decode_call("\x80\x04](" + kAdd +
                        "N](K\x01K\x02"
                        "e}e.")
                .call.args,
            (std::vector<Value>{1, 2}));
}

TEST(DecodeCall, RefusesABoundMethod) {
  EXPECT_EQ(refusal_of_call(pickled("\x8c\x04meth", kThing + ")\x81", ")", "}")),
            "bound method 'meth' of vtasks.Thing needs a Python worker");
  EXPECT_EQ(refusal_of_call(pickled("\x8c\x05upper",
                                    "\x8c\x03"
                                    "abc",
                                    ")", "}")),
            "bound method 'upper' of str needs a Python worker");
}

TEST(DecodeCall, RefusesArgumentsThatOnlyPythonCanRead) {
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", "K\x01" + kThing + ")\x81\x86", "}")),
            "argument 2 is a vtasks.Thing, which only Python can read");
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", "](" + kThing + "e\x85", "}")),
            "argument 1 holds a vtasks.Thing, which only Python can read");
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", ")",
                                    "}\x8c\x04"
                                    "when" +
                                        kThing + "s")),
            "argument 'when' is a vtasks.Thing, which only Python can read");
}

TEST(DecodeCall, RefusesWhatIsNoCall) {
  EXPECT_THAT(refusal_of_call("\x80\x04K\x01."), HasSubstr("not a call"));
  EXPECT_EQ(refusal_of_call("\x80\x04K\x01K\x02\x86."),
            "not a call: expected (function, None, args, kwargs), got tuple (1, 2)");
  EXPECT_THAT(refusal_of_call(R"({"a": 1})"), HasSubstr("not a call"));
  EXPECT_EQ(refusal_of_call(pickled("K\x07", "N", ")", "}")),
            "a call of 7, which is a int: expected a function's name");
  EXPECT_EQ(refusal_of_call(pickled("N", "N", ")", "}")),
            "a call of None, which is a NoneType: expected a function's name");
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", "}", "}")),
            "the arguments of a call are a dict: expected a tuple");
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", ")", ")")),
            "the keyword arguments of a call are a tuple: expected a dict");
  EXPECT_EQ(refusal_of_call(pickled(kAdd, "N", ")", "}K\x01K\x02s")),
            "the keyword 1 of a call is a int: expected a str");
  EXPECT_THAT(refusal_of_call("\x80\x04("),
              HasSubstr("cannot read pickle: the input is cut short"));
  EXPECT_THAT(refusal_of_call("garbage"), HasSubstr("neither a pickle"));
  EXPECT_THAT(refusal_of_call(""), HasSubstr("neither a pickle"));
}

TEST(Describe, MatchesRq) {
  const auto& cases = golden::load("head/descriptions.json")["cases"];
  for (const auto& each : cases) {
    Call call{.function = each["func"]};
    for (const auto& arg : each["args"]) call.args.push_back(golden::value_of(arg));
    for (const auto& [name, value] : each["kwargs"].items()) {
      call.kwargs.emplace_back(name, golden::value_of(value));
    }
    EXPECT_EQ(describe(call), each["description"].get<std::string>());
  }
  EXPECT_GT(cases.size(), 20);
}

TEST(Describe, SortsKeywordsAsWholeTexts) {
  EXPECT_EQ(describe({.function = "m.f", .args = {9}, .kwargs = {{"b", 1}, {"a", 1}, {"a1", 2}}}),
            "m.f(9, a1=2, a=1, b=1)");
}

TEST(Describe, CutsEachArgument) {
  EXPECT_EQ(describe({.function = "m.f", .args = {std::string(80, 'x'), 1}}),
            "m.f('" + std::string(74, 'x') + "..., 1)");
  EXPECT_EQ(describe(two_ints()), "vtasks.add(1, 2)");
}

}  // namespace
}  // namespace rqpp::codec
