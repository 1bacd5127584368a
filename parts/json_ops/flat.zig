//! Nested maps as one map of paths (`{"a.b": 1}`) and back.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

/// Lists count as maps of their places; empty lists and maps stay values.
pub fn flatten(value: Value, separator: []const u8) Error!Value {
    var out: Map = .empty;
    switch (value) {
        .map, .list => try into(&out, "", value, separator),
        else => return part.wrongKind("value", "a map or a list", value),
    }
    return .{ .map = out };
}

fn into(out: *Map, prefix: []const u8, value: Value, separator: []const u8) Error!void {
    switch (value) {
        .map => |map| if (map.count() > 0) {
            for (map.keys(), map.values()) |key, inner| try into(out, try joined(prefix, key, separator), inner, separator);
            return;
        },
        .list => |items| if (items.len > 0) {
            for (items, 0..) |inner, i| {
                const key = (try part.integer(i)).number;
                try into(out, try joined(prefix, key, separator), inner, separator);
            }
            return;
        },
        else => {},
    }
    if (prefix.len > 0) try out.put(gpa, prefix, value);
}

fn joined(prefix: []const u8, key: []const u8, separator: []const u8) Error![]const u8 {
    return if (prefix.len == 0) key else part.concat(&.{ prefix, separator, key });
}

/// Always maps: whether `a.0` was a list or a map with the key `0` cannot be seen any more, so keys that count from 0
/// without a gap become a list.
pub fn unflatten(map: Map, separator: []const u8) Error!Value {
    if (separator.len == 0) return part.badInput(&.{"`separator` must not be empty"});
    var out: Value = .{ .map = .empty };
    const needle = try part.search.Needle.of(separator);
    for (map.keys(), map.values()) |key, value| {
        var path: std.ArrayList([]const u8) = .empty;
        var pieces = part.search.Pieces{ .needle = needle, .text = key };
        while (pieces.next()) |piece| try path.append(gpa, piece);
        out = try part.path.set(out, path.items, value);
    }
    return withLists(out);
}

fn withLists(value: Value) Error!Value {
    if (value != .map or value.map.count() == 0) return value;
    const out = try value.map.clone(gpa);
    for (out.values()) |*slot| slot.* = try withLists(slot.*);
    for (out.keys(), 0..) |key, i| {
        if ((std.fmt.parseInt(usize, key, 10) catch return .{ .map = out }) != i or key[0] == '+') return .{ .map = out };
    }
    return .{ .list = out.values() };
}
