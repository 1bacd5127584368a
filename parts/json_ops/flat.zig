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

/// Whether `a.0` was a list or a map with the key `0` cannot be seen any more: keys that are all numbers from 0 on, without
/// a gap, become a list. A large number is a key like any other and no length.
pub fn unflatten(map: Map, separator: []const u8) Error!Value {
    if (separator.len == 0) return part.badInput(&.{"`separator` must not be empty"});
    var out: Value = .{ .map = .empty };
    const needle = try part.search.Needle.of(separator);
    for (map.keys(), map.values()) |key, value| {
        var slot: *Value = &out;
        var levels: usize = 0;
        var pieces = part.search.Pieces{ .needle = needle, .text = key };
        while (pieces.next()) |piece| : (levels += 1) {
            if (levels == part.json.max_depth) return error.TooDeep;
            if (slot.* == .null) slot.* = .{ .map = .empty };
            if (slot.* != .map) return part.badInput(&.{ "`", key, "` in `value` leads through a ", slot.kind(), ", which another key put there" });
            const found = try slot.map.getOrPut(gpa, piece);
            if (!found.found_existing) found.value_ptr.* = .null;
            slot = found.value_ptr;
        }
        slot.* = value;
    }
    return withLists(out);
}

fn withLists(value: Value) Error!Value {
    if (value != .map or value.map.count() == 0) return value;
    const keys = value.map.keys();
    const items = try gpa.alloc(?Value, keys.len);
    @memset(items, null);
    const inner = value.map.values();
    for (inner) |*slot| slot.* = try withLists(slot.*);
    for (keys, inner) |key, item| items[part.draft.placeIn(key, keys.len) orelse return value] = item;
    const list = try gpa.alloc(Value, keys.len);
    for (items, list) |item, *slot| slot.* = item.?; // as many keys as places, and no key is there twice
    return .{ .list = list };
}
