#include "doctor/costly_commands.h"

#include <array>

namespace rqpp::doctor {
namespace {

constexpr std::string_view kZsetPages =
    "Ask for pages: `ZRANGE key 0 99`, `ZRANGE key (score +inf BYSCORE LIMIT 0 100`; for all of "
    "it `ZSCAN key cursor COUNT 100` until the cursor is 0. For one member ZSCORE, for a number "
    "ZCARD or ZCOUNT.";
constexpr std::string_view kZsetDoes = "returns a range of a sorted set, as long as it is";
constexpr std::string_view kSetsCure =
    "Keep the answer in a set of its own that is updated when members change, or SSCAN the "
    "smallest "
    "set by pages of 100 and ask SMISMEMBER of the others. For a number SINTERCARD with LIMIT.";
constexpr std::string_view kSetsDoes = "walks through whole sets";
constexpr std::string_view kZsetsCure =
    "Keep the answer in a sorted set of its own that is updated when scores change, or ZSCAN by "
    "pages of 100. If it must be computed, do that on a replica.";
constexpr std::string_view kZsetsDoes = "walks through whole sorted sets";
constexpr std::string_view kListSearchCure =
    "Search no lists: keep a set or a hash beside the list (SISMEMBER, HEXISTS), or mark what is "
    "void in the item itself and skip it when it is popped.";
constexpr std::string_view kListSearchDoes = "searches a list from its end";
constexpr std::string_view kHashCure =
    "Name the fields: `HMGET key field field`; for all of them `HSCAN key cursor COUNT 100` until "
    "the cursor is 0; for their number HLEN.";
constexpr std::string_view kHashDoes = "returns a whole hash";
constexpr std::string_view kRemoveCure =
    "Remove in slices: `ZRANGE key 0 now BYSCORE LIMIT 0 100`, then ZREM of these, often enough "
    "that no slice is full.";
constexpr std::string_view kStreamCure =
    "Give COUNT: `XRANGE key start + COUNT 100`, and begin the next page behind the last id.";
constexpr std::string_view kFlushCure = "Say ASYNC, which frees memory in another thread.";
constexpr std::string_view kBlocksAll = "is done while nobody else is served";

constexpr std::array kCommands = std::to_array<CostlyCommand>({
    {"keys", "walks through every key of the database, whatever its pattern",
     "`SCAN cursor MATCH pattern COUNT 100` until the cursor is 0: the same keys in short steps "
     "(a key may come twice). Better: keep the names in a set, which SSCAN walks through."},
    {"smembers", "returns a whole set",
     "`SSCAN key cursor COUNT 100` until the cursor is 0 (a member may come twice). For one "
     "member SISMEMBER, for a number SCARD; to check ids often, a copy in memory (IdCache)."},
    {"zrange", kZsetDoes, kZsetPages},
    {"zrevrange", kZsetDoes, kZsetPages},
    {"zrangebyscore", kZsetDoes, kZsetPages},
    {"zrevrangebyscore", kZsetDoes, kZsetPages},
    {"zrangebylex", kZsetDoes, kZsetPages},
    {"zrevrangebylex", kZsetDoes, kZsetPages},
    {"zrangestore", kZsetsDoes, kZsetsCure},
    {"lrange", "returns a range of a list, as long as it is",
     "Ask for pages: `LRANGE key 0 99`, then `100 199`; for the ends LINDEX, for a number LLEN; "
     "to take work from it LPOP or LMOVE."},
    {"hgetall", kHashDoes, kHashCure},
    {"hkeys", kHashDoes, kHashCure},
    {"hvals", kHashDoes, kHashCure},
    {"sinter", kSetsDoes, kSetsCure},
    {"sunion", kSetsDoes, kSetsCure},
    {"sdiff", kSetsDoes, kSetsCure},
    {"sinterstore", kSetsDoes, kSetsCure},
    {"sunionstore", kSetsDoes, kSetsCure},
    {"sdiffstore", kSetsDoes, kSetsCure},
    {"sintercard", kSetsDoes, kSetsCure},
    {"zunion", kZsetsDoes, kZsetsCure},
    {"zinter", kZsetsDoes, kZsetsCure},
    {"zdiff", kZsetsDoes, kZsetsCure},
    {"zunionstore", kZsetsDoes, kZsetsCure},
    {"zinterstore", kZsetsDoes, kZsetsCure},
    {"zdiffstore", kZsetsDoes, kZsetsCure},
    {"sort", "sorts a whole list or set at each call",
     "Keep it sorted: a sorted set with the weight as score, and pages of it by `ZRANGE key 0 "
     "99`."},
    {"sort_ro", "sorts a whole list or set at each call",
     "Keep it sorted: a sorted set with the weight as score, and pages of it by `ZRANGE key 0 "
     "99`."},
    {"lrem", kListSearchDoes, kListSearchCure},
    {"lpos", kListSearchDoes, kListSearchCure},
    {"linsert", kListSearchDoes, kListSearchCure},
    {"lindex", kListSearchDoes,
     "Read pages instead of one index after the other: `LRANGE key 0 99`. Only the ends of a list "
     "are near."},
    {"lset", kListSearchDoes, kListSearchCure},
    {"zremrangebyscore", "removes all that is in a range at once", kRemoveCure},
    {"zremrangebyrank", "removes all that is in a range at once", kRemoveCure},
    {"zremrangebylex", "removes all that is in a range at once", kRemoveCure},
    {"xrange", "returns a range of a stream, as long as it is", kStreamCure},
    {"xrevrange", "returns a range of a stream, as long as it is", kStreamCure},
    {"xread", "returns all that is new in a stream", kStreamCure},
    {"del", "frees all members of a key before it answers",
     "UNLINK, which frees them in another thread; or set `lazyfree-lazy-user-del yes`."},
    {"flushall", kBlocksAll, kFlushCure},
    {"flushdb", kBlocksAll, kFlushCure},
    {"save", kBlocksAll, "BGSAVE, which does it in another process."},
    {"mget", "asks for many keys at once", "Ask for 100 keys at a time."},
    {"mset", "writes many keys at once", "Write 100 keys at a time."},
    {"sadd", "adds many members at once", "Add 100 members at a time."},
    {"zadd", "adds many members at once", "Add 100 members at a time."},
    {"hset", "sets many fields, or long values",
     "Set 100 fields at a time; keep what is longer than 100 kB outside Redis."},
    {"hmget", "asks for many fields, or long values", "Ask for 100 fields at a time."},
    {"get", "returns a long value",
     "Keep what is longer than 100 kB outside Redis, or read the part you need by GETRANGE."},
    {"bitcount", "counts a whole bitmap", "Count ranges, or keep the count beside the bitmap."},
    {"bitop", "walks through whole bitmaps", "Split the bitmaps by ranges, or use a replica."},
    {"pfcount", "merges counters at each call",
     "Merge them by PFMERGE now and then, and count the merged one."},
    {"georadius", "looks at all places within a radius", "GEOSEARCH with COUNT and ANY."},
    {"geosearch", "looks at all places within a radius", "GEOSEARCH with COUNT and ANY."},
    {"client|list", "lists every client",
     "`CLIENT LIST ID id` of those you mean, CLIENT INFO of your own; INFO clients for the "
     "number."},
    {"scan", "walks through many keys at each call", "A smaller COUNT: 100 takes some 50 µs."},
    {"sscan", "walks through many members at each call", "A smaller COUNT: 100."},
    {"zscan", "walks through many members at each call", "A smaller COUNT: 100."},
    {"hscan", "walks through many fields at each call", "A smaller COUNT: 100."},
});

}  // namespace

std::span<const CostlyCommand> costly_commands() { return kCommands; }

}  // namespace rqpp::doctor
