//! Merging maps: later values win; deep merging goes into maps that both sides have.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Map = part.Map;
const gpa = part.gpa;

/// What becomes of two lists under one key when merging deeply.
pub const Lists = enum { replace, concat, @"union" };

pub fn shallow(target: *Map, source: Map) error{OutOfMemory}!void {
    for (source.keys(), source.values()) |key, value| try target.put(gpa, key, value);
}

pub fn deep(a: Value, b: Value, lists: Lists) error{OutOfMemory}!Value {
    if (a == .list and b == .list) return mergeLists(a.list, b.list, lists);
    if (a != .map or b != .map) return b;
    var out = try a.map.clone(gpa);
    for (b.map.keys(), b.map.values()) |key, value| {
        const merged = if (out.get(key)) |have| try deep(have, value, lists) else value;
        try out.put(gpa, key, merged);
    }
    return .{ .map = out };
}

fn mergeLists(a: []const Value, b: []const Value, lists: Lists) error{OutOfMemory}!Value {
    switch (lists) {
        .replace => return .{ .list = b },
        .concat => return .{ .list = try std.mem.concat(gpa, Value, &.{ a, b }) },
        .@"union" => {
            var out: std.ArrayList(Value) = .empty;
            try out.appendSlice(gpa, a);
            var known = try part.Distinct.of(a);
            for (b) |item| if (try known.add(item)) try out.append(gpa, item);
            return .{ .list = out.items };
        },
    }
}
