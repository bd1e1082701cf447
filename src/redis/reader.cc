#include "redis/reader.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

// Room made ahead for an array whose elements have not come yet.
constexpr std::size_t kReserve = 1024;
// Beyond one string: its length, and what follows it.
constexpr std::size_t kSlack = std::size_t{1} << 20;
// hiredis gives its buffer back when it is empty and larger than this.
constexpr std::size_t kKeptBuffer = std::size_t{64} << 10;

// What hiredis builds is our Reply from the start, in place: the elements of an array stand in
// their parent. Pointers stay good because only the last element of an array is ever unfinished.
struct Root {
  Reply reply{};
  const char* refusal = nullptr;
};

void* refuse(const redisReadTask* task, const char* why) {
  static_cast<Root*>(task->privdata)->refusal = why;
  return nullptr;
}

Reply* place(const redisReadTask* task, Reply::Type type) {
  Reply* reply = nullptr;
  if (task->parent == nullptr) {
    reply = &static_cast<Root*>(task->privdata)->reply;
    *reply = Reply{};
  } else {
    reply = &static_cast<Reply*>(task->parent->obj)->elements.emplace_back();
  }
  reply->type = type;
  return reply;
}

// Exceptions must not cross hiredis, which is C.
template <class Make>
void* made_or_refused(const redisReadTask* task, const Make& make) noexcept {
  try {
    return make();
  } catch (const std::exception&) {
    return refuse(task, "more than fits into memory");
  }
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  Reply::Type type = Reply::Type::string;
  switch (task->type) {
    case REDIS_REPLY_STRING:
      break;
    case REDIS_REPLY_STATUS:
      type = Reply::Type::status;
      break;
    case REDIS_REPLY_ERROR:
      type = Reply::Type::error;
      break;
    default:
      return refuse(task, "a type of RESP3");
  }
  // A length near 2^63 overflows in hiredis and passes as complete.
  if (size > ReplyReader::kMaxBytes) return refuse(task, "a string that is too long");
  return made_or_refused(task, [&] {
    Reply* reply = place(task, type);
    reply->text.assign(text, size);
    return reply;
  });
}

// The size is an int in hiredis 0.14 and a size_t later.
template <class Size>
void* create_array(const redisReadTask* task, Size size) {
  if (task->type != REDIS_REPLY_ARRAY) return refuse(task, "a type of RESP3");
  const auto elements = static_cast<std::size_t>(size);
  if (elements > ReplyReader::kMaxElements) return refuse(task, "an array of too many elements");
  int depth = 1;
  for (const redisReadTask* above = task->parent; above != nullptr; above = above->parent) ++depth;
  if (depth > ReplyReader::kMaxDepth) return refuse(task, "too many arrays within arrays");
  return made_or_refused(task, [&] {
    Reply* reply = place(task, Reply::Type::array);
    reply->elements.reserve(std::min(elements, kReserve));
    return reply;
  });
}

void* create_integer(const redisReadTask* task, long long number) {
  return made_or_refused(task, [&] {
    Reply* reply = place(task, Reply::Type::integer);
    reply->number = number;
    return reply;
  });
}

void* create_nil(const redisReadTask* task) {
  return made_or_refused(task, [&] { return place(task, Reply::Type::nil); });
}

// Since 1.0 hiredis has two more, for RESP3. It takes a missing one for a wish to have no object.
template <class Functions>
void refuse_resp3(Functions& functions) {
  if constexpr (requires { functions.createDouble; }) {
    functions.createDouble = [](const redisReadTask* task, double, char*, std::size_t) {
      return refuse(task, "a type of RESP3");
    };
    functions.createBool = [](const redisReadTask* task, int) {
      return refuse(task, "a type of RESP3");
    };
  }
}

redisReplyObjectFunctions* functions() {
  static redisReplyObjectFunctions table = [] {
    redisReplyObjectFunctions made{};
    made.createString = create_string;
    made.createArray = create_array;
    made.createInteger = create_integer;
    made.createNil = create_nil;
    made.freeObject = [](void*) {};  // replies live in their Root
    refuse_resp3(made);
    return made;
  }();
  return &table;
}

Root& root_of(redisReader& reader) { return *static_cast<Root*>(reader.privdata); }

[[noreturn]] void refuse_bytes(const redisReader& reader, const char* refusal) {
  throw DecodeError(fmt::format("Redis sent what is not RESP2: {}.",
                                refusal != nullptr ? refusal : reader.errstr));
}

}  // namespace

ReplyReader::ReplyReader(std::size_t max_bytes, std::size_t max_reply_bytes)
    : reader_(::redisReaderCreateWithFunctions(functions())),
      max_bytes_(max_bytes),
      max_reply_bytes_(max_reply_bytes) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->maxbuf = kKeptBuffer;
  reader_->privdata = new Root;
}

ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;
ReplyReader::~ReplyReader() = default;

void ReplyReader::Free::operator()(redisReader* reader) const noexcept {
  const std::unique_ptr<Root> root(&root_of(*reader));
  ::redisReaderFree(reader);
}

void ReplyReader::feed(std::string_view bytes) {
  if (reader_->len - reader_->pos + bytes.size() > max_bytes_ + kSlack) {
    throw DecodeError(
        fmt::format("Redis sent what is not RESP2: a string above {} bytes.", max_bytes_));
  }
  unfinished_ += bytes.size();
  if (unfinished_ - std::min(unfinished_, kSlack) > max_reply_bytes_) {
    throw DecodeError(fmt::format("Redis sent a reply above {} bytes.", max_reply_bytes_));
  }
  if (::redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    refuse_bytes(*reader_, nullptr);
  }
}

std::optional<Reply> ReplyReader::next() {
  void* complete = nullptr;
  if (::redisReaderGetReply(reader_.get(), &complete) != REDIS_OK) {
    refuse_bytes(*reader_, root_of(*reader_).refusal);
  }
  if (complete == nullptr) return std::nullopt;
  unfinished_ = reader_->len - reader_->pos;
  return std::move(root_of(*reader_).reply);
}

}  // namespace rqpp::redis
