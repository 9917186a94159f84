#include "src/data/lmdb_writer.h"

#include <lmdb.h>

#include <cerrno>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr size_t kFirstMapBytes = size_t{16} << 20;

}  // namespace

LmdbWriter::LmdbWriter(const std::filesystem::path& folder) : folder_(folder), map_bytes_(kFirstMapBytes) {
  int error = mdb_env_create(&env_);
  if (error == 0) error = mdb_env_set_mapsize(env_, map_bytes_);
  if (error == 0) error = mdb_env_open(env_, folder.c_str(), MDB_NOLOCK, 0644);
  MDB_envinfo info{};
  if (error == 0) error = mdb_env_info(env_, &info);
  if (error == 0) {
    map_bytes_ = info.me_mapsize;  // larger where the database is
    return;
  }
  mdb_env_close(env_);
  Fail(error);
}

LmdbWriter::~LmdbWriter() { mdb_env_close(env_); }

void LmdbWriter::Fail(int error) const {
  // EIO: liblmdb's answer to a write that the system cut short, which a full disk does first.
  const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT || error == EIO;
  throw FileError(
      "cannot write " + (folder_ / "data.mdb").string() + ": " + mdb_strerror(error) +
      (full ? ". If the disk is full, make room and run the same command again: it continues from what was written"
            : ""));
}

void LmdbWriter::Write(std::span<const LmdbPut> puts, std::span<const std::string> removed) {
  int error = TryToWrite(puts, removed);
  while (error == MDB_MAP_FULL) {
    map_bytes_ *= 2;
    error = mdb_env_set_mapsize(env_, map_bytes_);
    if (error == 0) error = TryToWrite(puts, removed);
  }
  if (error != 0) Fail(error);
}

int LmdbWriter::TryToWrite(std::span<const LmdbPut> puts, std::span<const std::string> removed) {
  MDB_txn* transaction = nullptr;
  MDB_dbi main = 0;
  int error = mdb_txn_begin(env_, nullptr, 0, &transaction);
  if (error != 0) return error;
  error = mdb_dbi_open(transaction, nullptr, 0, &main);
  const auto value_of = [](const auto& bytes) {
    return MDB_val{.mv_size = bytes.size(), .mv_data = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()))};
  };
  for (const LmdbPut& put : puts) {
    if (error != 0) break;
    MDB_val key = value_of(put.key);
    MDB_val value = value_of(put.value);
    error = mdb_put(transaction, main, &key, &value, put.last ? MDB_APPEND : 0U);
  }
  for (const std::string& name : removed) {
    if (error != 0) break;
    MDB_val key = value_of(name);
    error = mdb_del(transaction, main, &key, nullptr);
    if (error == MDB_NOTFOUND) error = 0;
  }
  if (error == 0) return mdb_txn_commit(transaction);  // which ends it in any case
  mdb_txn_abort(transaction);
  return error;
}

}  // namespace danas
