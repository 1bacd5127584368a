//! Two lists as one: items that belong together by a key, and every item with every other one.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

const max_items = 100_000;

/// left: each item at least once; inner: only those that have a partner; full: also the partners that have none.
pub const Kind = enum { left, inner, full };

/// Each item with each item of `with` that has the same value at the path, as a join in SQL: nothing is equal to nothing.
pub fn byKey(items: []const Value, input: part.Input) Error!Value {
    const given = input.get("by") orelse return part.missing("by");
    const path = try part.path.of(given, "by");
    const other_path = try part.path.of(input.get("with_by") orelse given, "with_by");
    const kind = try input.choice("how", Kind, .left);
    const under = try input.optionalText("into");
    const others = try input.list("with");
    var known: part.Distinct = .{};
    var partners: std.ArrayList(std.ArrayList(usize)) = .empty;
    for (others, 0..) |other, i| {
        const place = try known.place(try keyOf(other, other_path, "with"));
        if (place == partners.items.len) try partners.append(gpa, .empty);
        try partners.items[place].append(gpa, i);
    }
    const met = try gpa.alloc(bool, others.len);
    @memset(met, false);
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        const key = try keyOf(item, path, "items");
        const found: []const usize = if (key == .null) &.{} else if (try known.find(key)) |place| partners.items[place].items else &.{};
        for (found) |i| {
            met[i] = true;
            try out.append(gpa, try joined(item.map, others[i].map, under));
            if (out.items.len > max_items) return tooMany();
        }
        if (found.len == 0 and kind != .inner) try out.append(gpa, if (under) |name| try withField(item.map, name, .null) else item);
    }
    if (kind == .full) for (others, met) |other, seen| if (!seen) {
        try out.append(gpa, if (under) |name| try part.mapOf(name, other) else other);
    };
    return .{ .list = out.items };
}

fn keyOf(item: Value, path: part.path.Path, list: []const u8) Error!Value {
    if (item != .map) return part.wrongKind(list, "a list of maps", item);
    return part.path.get(item, path) orelse .null;
}

/// The fields of both, the item's own where both have one; or the partner as one field.
fn joined(item: Map, other: Map, under: ?[]const u8) Error!Value {
    if (under) |name| return withField(item, name, .{ .map = other });
    var out = try item.clone(gpa);
    for (other.keys(), other.values()) |key, value| {
        const slot = try out.getOrPut(gpa, key);
        if (!slot.found_existing) slot.value_ptr.* = value;
    }
    return .{ .map = out };
}

fn withField(item: Map, name: []const u8, value: Value) Error!Value {
    var out = try item.clone(gpa);
    try out.put(gpa, name, value);
    return .{ .map = out };
}

/// Pairs of every item with every item of `with`.
pub fn product(items: []const Value, input: part.Input) Error!Value {
    const others = try input.list("with");
    if (items.len *| others.len > max_items) return tooMany();
    var out = try std.ArrayList(Value).initCapacity(gpa, items.len * others.len);
    for (items) |item| for (others) |other| out.appendAssumeCapacity(try part.listOf(&.{ item, other }));
    return .{ .list = out.items };
}

fn tooMany() Error {
    return part.badInput(&.{"the result would have more than 100000 items"});
}
