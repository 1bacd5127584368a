//! When two JSON values are equal, and which comes first. Numbers compare by value (`1`, `1.0` and `10e-1` are equal),
//! texts by code point, maps without regard to the order of their keys.

const std = @import("std");
const json = @import("json.zig");
const decimal = @import("decimal.zig");
const Value = json.Value;
const OutOfMemory = error{OutOfMemory};

pub fn equal(a: Value, b: Value) OutOfMemory!bool {
    if (std.meta.activeTag(a) != std.meta.activeTag(b)) return false;
    return switch (a) {
        .null => true,
        .bool => |x| x == b.bool,
        .number => |x| try numbers(x, b.number) == .eq,
        .text => |x| std.mem.eql(u8, x, b.text),
        .list => |x| equalLists(x, b.list),
        .map => |x| equalMaps(x, b.map),
    };
}

fn equalLists(a: []const Value, b: []const Value) OutOfMemory!bool {
    if (a.len != b.len) return false;
    for (a, b) |x, y| if (!try equal(x, y)) return false;
    return true;
}

fn equalMaps(a: json.Map, b: json.Map) OutOfMemory!bool {
    if (a.count() != b.count()) return false;
    for (a.keys(), a.values()) |key, x| {
        const y = b.get(key) orelse return false;
        if (!try equal(x, y)) return false;
    }
    return true;
}

/// Whether a list holds a value. For many questions to one list, `Distinct` is quicker.
pub fn isIn(value: Value, items: []const Value) OutOfMemory!bool {
    for (items) |one| if (try equal(value, one)) return true;
    return false;
}

pub fn numbers(a: []const u8, b: []const u8) OutOfMemory!std.math.Order {
    if (std.mem.eql(u8, a, b)) return .eq;
    return decimal.order(try decimal.parse(a), try decimal.parse(b));
}

/// Less, equal or greater for two numbers, two texts or two booleans; null when they cannot be compared.
pub fn order(a: Value, b: Value) OutOfMemory!?std.math.Order {
    if (std.meta.activeTag(a) != std.meta.activeTag(b)) return null;
    return switch (a) {
        .number => |x| try numbers(x, b.number),
        .text => |x| std.mem.order(u8, x, b.text),
        .bool => |x| std.math.order(@intFromBool(x), @intFromBool(b.bool)),
        .null => .eq,
        .list, .map => null,
    };
}

/// An order for sorting anything: by kind (maps, lists, texts, booleans, numbers, null, as Cypher sorts) and then by value.
pub fn sortOrder(a: Value, b: Value) OutOfMemory!std.math.Order {
    if (rank(a) != rank(b)) return std.math.order(rank(a), rank(b));
    if (a == .list) return sortLists(a.list, b.list);
    return try order(a, b) orelse .eq;
}

fn rank(value: Value) u8 {
    return switch (value) {
        .map => 0,
        .list => 1,
        .text => 2,
        .bool => 3,
        .number => 4,
        .null => 5,
    };
}

fn sortLists(a: []const Value, b: []const Value) OutOfMemory!std.math.Order {
    for (0..@min(a.len, b.len)) |i| {
        const found = try sortOrder(a[i], b[i]);
        if (found != .eq) return found;
    }
    return std.math.order(a.len, b.len);
}
