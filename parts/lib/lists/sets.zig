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

/// By the values at `path`, which are the items themselves without one.
pub fn combine(operation: []const u8, items: []const Value, input: part.Input, path: part.path.Path) Error!Value {
    const other = try input.list("with");
    if (std.mem.eql(u8, operation, "union")) return unique(try std.mem.concat(gpa, Value, &.{ items, other }), path);
    if (std.mem.eql(u8, operation, "intersection")) return unique(try kept(items, other, path, true), path);
    const left = try kept(items, other, path, false);
    if (std.mem.eql(u8, operation, "difference")) return unique(left, path);
    const right = try kept(other, items, path, false);
    return unique(try std.mem.concat(gpa, Value, &.{ left, right }), path);
}

/// All items but these values; unlike a difference it keeps repeated items.
pub fn without(items: []const Value, input: part.Input) Error!Value {
    return .{ .list = try kept(items, try input.list("values"), &.{}, false) };
}

fn kept(items: []const Value, others: []const Value, path: part.path.Path, wanted: bool) Error![]const Value {
    var known: Distinct = .{};
    for (others) |other| _ = try known.add(part.path.get(other, path) orelse .null);
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (try known.has(part.path.get(item, path) orelse .null) == wanted) try out.append(gpa, item);
    }
    return out.items;
}
