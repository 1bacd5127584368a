//! Sorting, turning round, and the least and greatest.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn reverse(items: []const Value) Error!Value {
    const out = try gpa.dupe(Value, items);
    std.mem.reverse(Value, out);
    return .{ .list = out };
}

const Key = struct { path: part.path.Path, descending: bool };

/// `by` is a path, or a list of paths and `{path, order}` maps, the first one counting most.
pub fn sort(items: []const Value, input: part.Input, by_key: bool) Error!Value {
    const descending = try isDescending(input);
    const keys: []const Key = if (by_key) try keysOf(input, descending) else try gpa.dupe(Key, &.{.{ .path = &.{}, .descending = descending }});
    var sorter = Sorter{ .keys = keys };
    const out = try gpa.dupe(Value, items);
    try part.sort.stable(Value, gpa, out, &sorter, Sorter.less);
    return if (sorter.failed) |err| err else .{ .list = out };
}

fn isDescending(input: part.Input) Error!bool {
    return try input.choice("order", enum { asc, desc }, .asc) == .desc;
}

fn keysOf(input: part.Input, descending: bool) Error![]const Key {
    const given = input.get("by") orelse input.get("path") orelse return part.missing("by");
    if (given != .list) return gpa.dupe(Key, &.{.{ .path = try part.path.of(given, "by"), .descending = descending }});
    const keys = try gpa.alloc(Key, given.list.len);
    for (given.list, keys) |one, *slot| slot.* = switch (one) {
        .map => |map| .{
            .path = try part.path.of(map.get("path") orelse return part.missing("path"), "path"),
            .descending = try isDescending(.{ .map = map }),
        },
        else => .{ .path = try part.path.of(one, "by"), .descending = descending },
    };
    return keys;
}

/// Comparing may run out of memory, which a sort cannot pass on; so it is kept and looked at afterwards.
const Sorter = struct {
    keys: []const Key,
    failed: ?Error = null,

    fn less(self: *Sorter, a: Value, b: Value) bool {
        for (self.keys) |key| {
            const x = part.path.get(a, key.path) orelse .null;
            const y = part.path.get(b, key.path) orelse .null;
            const found = part.compare.sortOrder(x, y) catch |err| {
                self.failed = err;
                return false;
            };
            if (found == .eq) continue;
            // What is missing stands last in either direction.
            if (x == .null or y == .null) return y == .null;
            return found == (if (key.descending) std.math.Order.gt else .lt);
        }
        return false;
    }
};

/// Of the items whose value at `path` is not null; null when there are none.
pub fn extreme(items: []const Value, input: part.Input, least: bool) Error!Value {
    const path = try part.path.of(input.get("path") orelse .{ .text = "" }, "path");
    var best: Value = .null;
    var best_key: Value = .null;
    for (items) |item| {
        const key = part.path.get(item, path) orelse .null;
        if (key == .null) continue;
        const better = best_key == .null or try part.compare.sortOrder(key, best_key) == (if (least) std.math.Order.lt else .gt);
        if (!better) continue;
        best = item;
        best_key = key;
    }
    return best;
}
