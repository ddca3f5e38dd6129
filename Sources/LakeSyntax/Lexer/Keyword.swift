/// The words that mean something somewhere in the grammar; most of them still serve as names.
///
/// The raw value is the word in lower case.
enum Keyword: String, CaseIterable, Hashable, Sendable {
  case add, after, all, alter, analyze, and, anti, any, array, `as`, asc, assert, atomic, begin, bernoulli,
    between, both, bucket, buckets, by, cache, call, cascade, `case`, cast, change, check, cluster,
    clustered, codegen, collate, collection, column, columns, comment, commit, compute, constraint, copy,
    cost, create, cross, cube, current, currentCatalog = "current_catalog",
    currentDatabase = "current_database", currentDate = "current_date", currentSchema = "current_schema",
    currentTime = "current_time", currentTimestamp = "current_timestamp", currentUser = "current_user",
    data, database, databases, date, day, days, dbproperties, declare, `default`, defined, delete,
    delimited, desc, describe, directory, distinct, distribute, div, drop, `else`, end, escape, escaped,
    evolution, except, execute, exists, explain, export, extended, external, extract, `false`, field,
    fields, filter, first, following, `for`, foreign, format, formatted, from, full, function, functions,
    generated, global, grant, group, grouping, groups, having, hour, hours, `if`, ignore, ilike, `import`,
    `in`, inner, inpath, inputformat, insert, intersect, interval, into, `is`, items, join, key, keys, last,
    lateral, leading, left, level, like, limit, lineage, lines, load, local, localtimestamp, location, lock, map,
    matched, materialized, max, merge, microsecond, microseconds, millisecond, milliseconds, minus, minute,
    minutes, month, months, msck, name, namespace, namespaces, nanosecond, nanoseconds, natural, noscan,
    not, null, nulls, of, offset, on, optimize, options, or, order, out, outer, outputformat, over, overlay,
    overwrite, partition, partitioned, partitions, percent, pivot, placing, position, preceding, primary,
    properties, purge, qualify, quarter, quarters, query, range, recover, recursion, recursive, references, refresh,
    regexp, rename, repair, repeatable, replace, reset, respect, restrict, revoke, right, rlike, rollback,
    rollup, row, rows, schema, schemas, second, seconds, select, semi, serde, serdeproperties,
    sessionUser = "session_user", set, sets, show, skewed, some, sort, sorted, source, start, statistics,
    stored, `struct`, substr, substring, sync, system, systemTime = "system_time",
    systemVersion = "system_version", table, tables, tablesample, target, tblproperties, temp, temporary,
    terminated, then, time, timestamp, timestampLtz = "timestamp_ltz", timestampNtz = "timestamp_ntz", to,
    trailing, transaction, transform, trim, `true`, truncate, tryCast = "try_cast", type, unbounded,
    uncache, union, unique, unknown, unlock, unpivot, unset, update, use, user, using, vacuum, values,
    version, view, views, week, weeks, when, `where`, window, with, within, without, work, x, year, years,
    zone
}

extension Keyword {
  /// How the word is written in messages and by the printer.
  var text: String { rawValue.uppercased() }

  /// Whether the word is never a name, unless quoted or behind a dot.
  var isReserved: Bool {
    switch self {
    case .and, .as, .between, .case, .distinct, .else, .except, .false, .from, .having, .in, .inner,
      .intersect, .into, .is, .join, .natural, .not, .null, .on, .or, .select, .then, .true, .union,
      .using, .when, .where, .with:
      true
    default: false
    }
  }

  /// Whether the word begins a clause behind an expression or a table, so that it is no alias without AS.
  var beginsClause: Bool {
    switch self {
    case .anti, .cluster, .cross, .distribute, .div, .full, .group, .ilike, .insert, .lateral, .left, .like,
      .limit, .minus, .offset, .order, .pivot, .qualify, .regexp, .right, .rlike, .semi, .set, .sort,
      .tablesample, .unpivot, .window:
      true
    default: false
    }
  }

  /// Whether the printer puts the word in backticks where it is a name, because some place of the
  /// grammar reads it otherwise.
  var isQuotedAsName: Bool {
    switch self {
    case .all, .any, .cast, .columns, .currentCatalog, .currentDatabase, .currentDate, .currentSchema,
      .currentTime, .currentTimestamp, .currentUser, .current, .cube, .database, .exists, .extended, .first,
      .formatted, .function, .grouping, .groups, .if, .ignore, .interval, .localtimestamp, .namespace,
      .partition, .query, .range, .respect, .rollup, .rows, .schema, .sessionUser, .some, .table, .tryCast,
      .unbounded, .values, .directory, .local, .recursive, .target, .constraint, .primary, .foreign,
      .unique, .check, .column, .after, .version, .for, .escape,
      .over, .filter, .within, .by, .nulls, .to, .collate,
      .both, .leading, .trailing, .replace:
      true
    default: isReserved || beginsClause
    }
  }

  /// The same for the name of a function, where few words are read otherwise.
  var isQuotedAsFunction: Bool {
    switch self {
    case .all, .any, .cast, .cube, .rollup, .some, .tryCast, .values: true
    default: isReserved
    }
  }
}
