#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "codec/pickle_writer.h"
#include "print_value.h"

namespace rqpp::codec {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

TEST(WritePickle, IsProtocolFourWithoutFrameAndMemo) {
  EXPECT_EQ(write_pickle(Value::list({1, "a"})),
            "\x80\x04](K\x01\x8c\x01"
            "ae.");
}

TEST(WritePickle, RefusesAnOpaqueObject) {
  try {
    write_pickle(Value::list({1, Opaque{"fractions", "Fraction"}}));
    FAIL() << "was written";
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(),
                 "cannot pickle a fractions.Fraction: only its name was read, not its state");
  }
}

TEST(WritePickle, RefusesTextThatIsNoUtf8) {
  try {
    write_pickle("caf\xe9");
    FAIL() << "was written";
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), R"(cannot pickle 'caf\xe9' as a str: it is not UTF-8. Use Bytes.)");
  }
}

TEST(PickleWriter, StopsAtItsLimit) {
  Value value = Bytes{std::string(1000, 'x')};
  for (int i = 0; i < 10; ++i) value = Value::list({value, value});
  PickleWriter writer(500'000);

  EXPECT_THROW(writer.write(value), InvalidArgument);
  EXPECT_THROW(PickleWriter(999).write(Bytes{std::string(1000, 'x')}), InvalidArgument);
}

TEST(WritePickle, KeepsEveryBitOfAFloat) {
  EXPECT_EQ(write_pickle(-0.0), "\x80\x04G\x80\0\0\0\0\0\0\0."s);
  EXPECT_EQ(write_pickle(1.5), "\x80\x04G\x3f\xf8\0\0\0\0\0\0."s);
}

TEST(WritePickle, RoundTripsTheEdgesOfIntegers) {
  for (const auto* digits :
       {"0", "255", "256", "65535", "65536", "-1", "2147483647", "2147483648", "-2147483648",
        "-2147483649", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "-9223372036854775809"}) {
    EXPECT_EQ(read_pickle(write_pickle(BigInteger{digits})).repr(), digits);
  }
}

}  // namespace
}  // namespace rqpp::codec
