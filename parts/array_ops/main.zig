//! `array_ops`: one operation on a list. Paths (`user.name`, `[0]`) say which value of each item counts; equality and
//! order are those of JSON values (1 equals 1.0), sorting is stable, and negative places count from the end.

const std = @import("std");
const part = @import("part");
const grouping = part.lists.grouping;
const ordering = part.lists.ordering;
const sets = part.lists.sets;
const joins = part.lists.joins;
const shapes = part.lists.shapes;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Operation = enum {
    length, is_empty, first, last, nth, slice, take, take_last, drop, drop_last, take_while, drop_while,
    concat, append, prepend, insert, remove_at, replace_at, move, fill, repeat, range,
    map, pluck, pick, omit, rename, enumerate, zip, unzip, chunk, windows, flatten, compact, rotate, transpose,
    where, reject, find, find_index, find_last, find_last_index, partition, some, every, none, count,
    sort, sort_by, reverse, unique, unique_by, min_by, max_by,
    group_by, count_by, index_by, to_map, sum_by, average_by,
    contains, index_of, last_index_of, @"union", intersection, difference, symmetric_difference, without,
    sum, average, min, max, join, join_by, product,
};

pub fn run(input: part.Input) Error!Value {
    const operation = try input.choice("operation", Operation, null);
    if (operation == .range) return part.result(try shapes.range(input));
    const items = try input.list("items");
    return part.result(switch (operation) {
        .range => unreachable,
        .length => try part.integer(items.len),
        .is_empty => .{ .bool = items.len == 0 },
        .first => if (items.len > 0) items[0] else .null,
        .last => if (items.len > 0) items[items.len - 1] else .null,
        .nth => try nth(items, input),
        .slice, .take, .take_last, .drop, .drop_last => .{ .list = try cut(operation, items, input) },
        .concat, .append, .prepend, .insert, .remove_at, .replace_at, .move => try shapes.edit(@tagName(operation), items, input),
        .fill => try shapes.fill(items, input),
        .repeat => try shapes.repeat(items, input),
        .map, .pluck => try pluck(items, input),
        .pick, .omit => try shapes.pick(items, input, operation == .pick),
        .rename => try shapes.rename(items, input),
        .enumerate => try shapes.enumerate(items),
        .zip => try shapes.zip(items, input),
        .unzip, .transpose => try shapes.transpose(items),
        .chunk => try shapes.chunk(items, input),
        .windows => try shapes.windows(items, input),
        .flatten => try shapes.flatten(items, input),
        .compact => try shapes.compact(items),
        .rotate => try shapes.rotate(items, input),
        .reverse => try ordering.reverse(items),
        .sort, .sort_by => try ordering.sort(items, input, operation == .sort_by),
        .min, .max, .min_by, .max_by => try ordering.extreme(items, input, operation == .min or operation == .min_by),
        .where, .reject, .find, .find_index, .find_last, .find_last_index, .partition, .some, .every, .none, .count, .take_while, .drop_while => {
            return part.result(try select(operation, items, input));
        },
        .unique, .unique_by => try sets.unique(items, try keyPath(input)),
        .@"union", .intersection, .difference, .symmetric_difference => try sets.combine(@tagName(operation), items, input, try keyPath(input)),
        .without => try sets.without(items, input),
        .contains => .{ .bool = try indexOf(items, input) != null },
        .index_of => try place(try indexOf(items, input)),
        .last_index_of => try place(try lastIndexOf(items, input)),
        .group_by, .count_by, .index_by, .to_map, .sum_by, .average_by => try grouping.byKey(@tagName(operation), items, input),
        .sum => try part.arithmetic.value(try part.arithmetic.sum((try values(items, input)), "items")),
        .average => try part.arithmetic.average(try values(items, input), "items"),
        .join => .{ .text = try shapes.join(items, input) },
        .join_by => try joins.byKey(items, input),
        .product => try joins.product(items, input),
    });
}

/// The path that picks what counts; without one it is the item itself.
pub fn keyPath(input: part.Input) Error!part.path.Path {
    return part.path.of(input.get("path") orelse .{ .text = "" }, "path");
}

/// The value at `path` of every item; nothing there is left out.
fn values(items: []const Value, input: part.Input) Error![]const Value {
    const path = try keyPath(input);
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        const found = part.path.get(item, path) orelse continue;
        if (found != .null) try out.append(gpa, found);
    }
    return out.items;
}

/// One value for each item: null where there is nothing.
fn pluck(items: []const Value, input: part.Input) Error!Value {
    const path = try part.path.of(input.get("path") orelse return part.missing("path"), "path");
    const out = try gpa.alloc(Value, items.len);
    for (items, out) |item, *slot| slot.* = part.path.get(item, path) orelse .null;
    return .{ .list = out };
}

fn nth(items: []const Value, input: part.Input) Error!Value {
    const len: i64 = @intCast(items.len);
    const index = try input.int("index", -(1 << 31), 1 << 31);
    const at = if (index < 0) index + len else index;
    return if (at >= 0 and at < len) items[@intCast(at)] else .null;
}

fn cut(operation: Operation, items: []const Value, input: part.Input) Error![]const Value {
    const len: i64 = @intCast(items.len);
    if (operation == .slice) {
        const start = part.fromEnd(try input.intOr("start", -(1 << 31), 1 << 31, 0), len);
        const end = part.fromEnd(try input.intOr("end", -(1 << 31), 1 << 31, len), len);
        return items[@intCast(start)..@intCast(@max(start, end))];
    }
    const count: usize = @intCast(@min(len, try input.intOr("count", 0, 1 << 31, 1)));
    return switch (operation) {
        .take => items[0..count],
        .take_last => items[items.len - count ..],
        .drop => items[count..],
        .drop_last => items[0 .. items.len - count],
        else => unreachable,
    };
}

fn select(operation: Operation, items: []const Value, input: part.Input) Error!Value {
    const condition = try part.condition.parse(input.get("where") orelse return part.missing("where"), "where");
    var kept: std.ArrayList(Value) = .empty;
    var rest: std.ArrayList(Value) = .empty;
    var first: ?usize = null;
    var last: ?usize = null;
    var first_miss = items.len;
    for (items, 0..) |item, i| {
        const holds = try condition.holds(item);
        if (holds) try kept.append(gpa, item) else try rest.append(gpa, item);
        if (holds and first == null) first = i;
        if (holds) last = i;
        if (!holds) first_miss = @min(first_miss, i);
    }
    return switch (operation) {
        .where => .{ .list = kept.items },
        .reject => .{ .list = rest.items },
        .partition => part.listOf(&.{ .{ .list = kept.items }, .{ .list = rest.items } }),
        .find => if (first) |i| items[i] else .null,
        .find_index => place(first),
        .find_last => if (last) |i| items[i] else .null,
        .find_last_index => place(last),
        .some => .{ .bool = kept.items.len > 0 },
        .every => .{ .bool = rest.items.len == 0 },
        .none => .{ .bool = kept.items.len == 0 },
        .count => part.integer(kept.items.len),
        .take_while => .{ .list = items[0..first_miss] },
        .drop_while => .{ .list = items[first_miss..] },
        else => unreachable,
    };
}

fn indexOf(items: []const Value, input: part.Input) Error!?usize {
    const wanted = try input.any("value");
    for (items, 0..) |item, i| if (try part.compare.equal(item, wanted)) return i;
    return null;
}

fn lastIndexOf(items: []const Value, input: part.Input) Error!?usize {
    const wanted = try input.any("value");
    var at = items.len;
    while (at > 0) {
        at -= 1;
        if (try part.compare.equal(items[at], wanted)) return at;
    }
    return null;
}

fn place(found: ?usize) Error!Value {
    return part.integer(if (found) |at| @as(i64, @intCast(at)) else -1);
}
