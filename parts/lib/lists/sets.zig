//! Lists as sets: each value once, in the order of its first appearance.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;
const Distinct = part.Distinct;

/// The first item of each value at `path`.
pub fn unique(items: []const Value, path: part.path.Path) Error!Value {
    var seen: Distinct = .{};
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (try seen.add(part.path.get(item, path) orelse .null)) try out.append(gpa, item);
    }
    return .{ .list = out.items };
}

pub fn combine(operation: []const u8, items: []const Value, input: part.Input) Error!Value {
    const other = try input.list("with");
    if (std.mem.eql(u8, operation, "union")) return unique(try std.mem.concat(gpa, Value, &.{ items, other }), &.{});
    if (std.mem.eql(u8, operation, "intersection")) return unique(try kept(items, other, true), &.{});
    const left = try kept(items, other, false);
    if (std.mem.eql(u8, operation, "difference")) return unique(left, &.{});
    const right = try kept(other, items, false);
    return unique(try std.mem.concat(gpa, Value, &.{ left, right }), &.{});
}

/// All items but these values; unlike a difference it keeps repeated items.
pub fn without(items: []const Value, input: part.Input) Error!Value {
    return .{ .list = try kept(items, try input.list("values"), false) };
}

fn kept(items: []const Value, others: []const Value, wanted: bool) Error![]const Value {
    var known = try Distinct.of(others);
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (try known.has(item) == wanted) try out.append(gpa, item);
    }
    return out.items;
}
