//! Lists as sets: each value once, in the order of its first appearance. Looking up goes through a canonical text of the
//! value (numbers by value, keys sorted), so that long lists stay fast.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Seen = std.StringArrayHashMapUnmanaged(void);

fn add(seen: *Seen, value: Value) Error!bool {
    return !(try seen.getOrPut(gpa, try canonical(value))).found_existing;
}

fn all(items: []const Value) Error!Seen {
    var seen: Seen = .empty;
    for (items) |item| _ = try add(&seen, item);
    return seen;
}

/// Two values are equal exactly when these texts are.
fn canonical(value: Value) Error![]const u8 {
    return part.json_write.write(gpa, try normal(value), .{ .sort_keys = true });
}

fn normal(value: Value) Error!Value {
    return switch (value) {
        .number => |text| .{ .number = try part.decimal.format(try part.decimal.parse(text)) },
        .list => |items| {
            const out = try gpa.alloc(Value, items.len);
            for (items, out) |item, *slot| slot.* = try normal(item);
            return .{ .list = out };
        },
        .map => |map| {
            const out = try map.clone(gpa);
            for (out.values()) |*slot| slot.* = try normal(slot.*);
            return .{ .map = out };
        },
        else => value,
    };
}

/// The first item of each value at `path`.
pub fn unique(items: []const Value, path: part.path.Path) Error!Value {
    var seen: Seen = .empty;
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (try add(&seen, part.path.get(item, path) orelse .null)) try out.append(gpa, item);
    }
    return .{ .list = out.items };
}

pub fn combine(operation: []const u8, items: []const Value, input: part.Input) Error!Value {
    const other = try input.list("with");
    if (std.mem.eql(u8, operation, "union")) return unique(try std.mem.concat(gpa, Value, &.{ items, other }), &.{});
    if (std.mem.eql(u8, operation, "intersection")) return unique(try kept(items, try all(other), true), &.{});
    const left = try kept(items, try all(other), false);
    if (std.mem.eql(u8, operation, "difference")) return unique(left, &.{});
    const right = try kept(other, try all(items), false);
    return unique(try std.mem.concat(gpa, Value, &.{ left, right }), &.{});
}

/// All items but these values; unlike a difference it keeps repeated items.
pub fn without(items: []const Value, input: part.Input) Error!Value {
    return .{ .list = try kept(items, try all(try input.list("values")), false) };
}

fn kept(items: []const Value, others: Seen, wanted: bool) Error![]const Value {
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (others.contains(try canonical(item)) == wanted) try out.append(gpa, item);
    }
    return out.items;
}
