//! Paths into values: `user.tags[0].name`, `items[-1]`, `["a key. with dots"].x`; the empty path is the whole value.
//! A path that begins with `/` is a JSON Pointer; a list of keys and places (`["user", "tags", 0]`) is a path as well.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

pub const Path = []const []const u8;

pub fn of(value: Value, field: []const u8) Error!Path {
    return switch (value) {
        .text => |text| parse(text),
        .list => |items| fromList(items, field),
        .number => |text| gpa.dupe([]const u8, &.{text}),
        else => part.wrongKind(field, "a path such as `user.tags[0]`", value),
    };
}

fn fromList(items: []const Value, field: []const u8) Error!Path {
    const out = try gpa.alloc([]const u8, items.len);
    for (items, out) |item, *slot| slot.* = switch (item) {
        .text, .number => |text| text,
        else => return part.wrongKind(field, "a list of keys and places", item),
    };
    return out;
}

pub fn parse(text: []const u8) Error!Path {
    if (text.len > 0 and text[0] == '/') return parsePointer(text);
    var out: std.ArrayList([]const u8) = .empty;
    var rest = text;
    while (rest.len > 0) {
        if (rest[0] == '[') {
            const end = closing(rest) orelse return malformed(text);
            try out.append(gpa, try unquoted(rest[1..end]));
            rest = rest[end + 1 ..];
        } else {
            const end = std.mem.indexOfAny(u8, rest, ".[") orelse rest.len;
            if (end == 0) return malformed(text);
            try out.append(gpa, rest[0..end]);
            rest = rest[end..];
        }
        if (rest.len == 0 or rest[0] == '[') continue;
        if (rest[0] != '.' or rest.len == 1) return malformed(text);
        rest = rest[1..];
    }
    return out.items;
}

fn closing(text: []const u8) ?usize {
    if (text.len < 3) return null;
    if (text[1] != '"' and text[1] != '\'') {
        const end = std.mem.indexOfScalar(u8, text, ']') orelse return null;
        return if (end > 1) end else null;
    }
    const end = std.mem.indexOfScalarPos(u8, text, 2, text[1]) orelse return null;
    return if (end + 1 < text.len and text[end + 1] == ']') end + 1 else null;
}

fn unquoted(text: []const u8) Error![]const u8 {
    const quoted = text.len >= 2 and (text[0] == '"' or text[0] == '\'');
    return if (quoted) text[1 .. text.len - 1] else text;
}

fn parsePointer(text: []const u8) Error!Path {
    var out: std.ArrayList([]const u8) = .empty;
    var tokens = std.mem.splitScalar(u8, text[1..], '/');
    while (tokens.next()) |token| {
        const slashes = try std.mem.replaceOwned(u8, gpa, token, "~1", "/");
        try out.append(gpa, try std.mem.replaceOwned(u8, gpa, slashes, "~0", "~"));
    }
    return out.items;
}

fn malformed(text: []const u8) Error {
    return part.badInput(&.{ "`", text, "` is not a path; write paths like `user.tags[0]`, or as a list of keys" });
}

/// The place in a list that a key means (negative ones count from the end), or null.
fn place(items: []const Value, key: []const u8) ?usize {
    const found = std.fmt.parseInt(i64, key, 10) catch return null;
    const index = if (found < 0) found + @as(i64, @intCast(items.len)) else found;
    return if (index >= 0 and index < items.len) @intCast(index) else null;
}

/// What is at a path, or null when there is nothing.
pub fn get(value: Value, path: Path) ?Value {
    var found = value;
    for (path) |key| found = switch (found) {
        .map => |map| map.get(key) orelse return null,
        .list => |items| items[place(items, key) orelse return null],
        else => return null,
    };
    return found;
}

/// A copy with `new` at the path. Maps on the way are made; a list takes a place that it has, or the next one.
pub fn set(value: Value, path: Path, new: Value) Error!Value {
    if (path.len == 0) return new;
    if (path.len > part.json.max_depth) return error.TooDeep;
    return switch (value) {
        .map => |map| {
            var copy = try map.clone(gpa);
            const inner = try set(map.get(path[0]) orelse .null, path[1..], new);
            try copy.put(gpa, path[0], inner);
            return .{ .map = copy };
        },
        .list => |items| setInList(items, path, new),
        .null => part.mapOf(path[0], try set(.null, path[1..], new)),
        else => part.badInput(&.{ "`path` leads through a ", value.kind(), " at `", path[0], "`; only maps and lists have places" }),
    };
}

fn setInList(items: []const Value, path: Path, new: Value) Error!Value {
    const next = std.mem.eql(u8, path[0], "-") or (std.fmt.parseInt(usize, path[0], 10) catch items.len + 1) == items.len;
    const at = place(items, path[0]) orelse if (next) items.len else {
        return part.badInput(&.{ "`path` names the place `", path[0], "` that the list does not have" });
    };
    const copy = try gpa.alloc(Value, @max(items.len, at + 1));
    @memcpy(copy[0..items.len], items);
    copy[at] = try set(if (at < items.len) items[at] else .null, path[1..], new);
    return .{ .list = copy };
}

/// A copy without what is at the path. Nothing there: the value as it is.
pub fn delete(value: Value, path: Path) Error!Value {
    if (path.len == 0) return .null;
    switch (value) {
        .map => |map| {
            const inner = map.get(path[0]) orelse return value;
            var copy = try map.clone(gpa);
            if (path.len == 1) _ = copy.orderedRemove(path[0]) else try copy.put(gpa, path[0], try delete(inner, path[1..]));
            return .{ .map = copy };
        },
        .list => |items| {
            const at = place(items, path[0]) orelse return value;
            const copy = try gpa.dupe(Value, items);
            if (path.len == 1) return .{ .list = try std.mem.concat(gpa, Value, &.{ items[0..at], items[at + 1 ..] }) };
            copy[at] = try delete(items[at], path[1..]);
            return .{ .list = copy };
        },
        else => return value,
    }
}
