#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rqpp/error.h>
#include <rqpp/time.h>

// The fields of a frame as bytes. Writer and Reader take the same calls, so that one list of fields
// serves both directions.
namespace rqpp::worker {

class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : out_(out) {}

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (put(fields), ...);
  }

 private:
  template <std::integral T>
  void put(T number) {
    using Bits = std::make_unsigned_t<T>;
    auto bits = static_cast<std::uint64_t>(static_cast<Bits>(number));
    for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8) {
      out_.push_back(static_cast<char>(bits & 0xff));
    }
  }
  void put(bool flag) { put(static_cast<std::uint8_t>(flag ? 1 : 0)); }
  template <class E>
  requires std::is_enum_v<E>
  void put(E word) { put(static_cast<std::underlying_type_t<E>>(word)); }
  void put(const std::string& text) {
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw InvalidArgument("a text of more than 4 GiB does not fit into a frame");
    }
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  template <class Rep, class Period>
  void put(std::chrono::duration<Rep, Period> duration) {
    put(static_cast<std::int64_t>(duration.count()));
  }
  void put(Time time) { put(time.time_since_epoch()); }
  template <class T>
  void put(const std::optional<T>& field) {
    put(field.has_value());
    if (field) put(*field);
  }
  template <class A, class B>
  void put(const std::pair<A, B>& both) {
    put(both.first);
    put(both.second);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint64_t>(list.size()));
    for (const T& item : list) put(item);
  }

  std::string& out_;
};

/// Throws DecodeError when the bytes end too early. Ranges of enums are for the caller to check.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}

  template <class... Fields>
  void operator()(Fields&... fields) {
    (get(fields), ...);
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  /// What an item of a list has at least. An empty text takes eight times as much in memory.
  template <class T>
  static constexpr std::size_t kLeastBytes = 4;

  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw DecodeError("it ends within a field");
    const std::string_view part = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return part;
  }
  template <std::integral T>
  void get(T& number) {
    std::uint64_t bits = 0;
    const std::string_view part = take(sizeof(T));
    for (std::size_t i = sizeof(T); i > 0; --i) {
      bits = bits << 8 | static_cast<unsigned char>(part[i - 1]);
    }
    number = static_cast<T>(bits);
  }
  void get(bool& flag) {
    std::uint8_t byte = 0;
    get(byte);
    if (byte > 1) throw DecodeError("a flag is neither 0 nor 1");
    flag = byte == 1;
  }
  template <class E>
  requires std::is_enum_v<E>
  void get(E& word) {
    std::underlying_type_t<E> number{};
    get(number);
    word = static_cast<E>(number);
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text = take(size);
  }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& duration) {
    std::int64_t count = 0;
    get(count);
    duration = std::chrono::duration<Rep, Period>(count);
  }
  void get(Time& time) {
    Time::duration since{};
    get(since);
    time = Time(since);
  }
  template <class T>
  void get(std::optional<T>& field) {
    bool has = false;
    get(has);
    field.reset();
    if (has) get(field.emplace());
  }
  template <class A, class B>
  void get(std::pair<A, B>& both) {
    get(both.first);
    get(both.second);
  }
  template <class T>
  void get(std::vector<T>& list) {
    std::uint64_t size = 0;
    get(size);
    if (size > bytes_.size() / kLeastBytes<T>) {
      throw DecodeError("a list is longer than what is left");
    }
    list.clear();
    for (std::uint64_t i = 0; i < size; ++i) get(list.emplace_back());
  }

  std::string_view bytes_;
};

}  // namespace rqpp::worker
