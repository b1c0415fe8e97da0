#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>

// Typed doors to SQLite's variadic functions, which Swift cannot call.

// Before SQLite is used for the first time in a process; SQLITE_MISUSE afterwards.
static inline int csqlite_forgo_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
