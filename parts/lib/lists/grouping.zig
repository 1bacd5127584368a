//! Lists turned into maps by a key of each item. Keys that are not texts become the text that they are written as.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn byKey(operation: []const u8, items: []const Value, input: part.Input) Error!Value {
    const path = try part.path.of(input.get("by") orelse input.get("path") orelse return part.missing("by"), "by");
    if (std.mem.eql(u8, operation, "index_by")) return indexBy(items, path);
    if (std.mem.eql(u8, operation, "to_map")) return toMap(items, path, input);
    const groups = try group(items, path);
    if (std.mem.eql(u8, operation, "group_by")) return overGroups(groups, {}, asList);
    if (std.mem.eql(u8, operation, "count_by")) return overGroups(groups, {}, counted);
    const value = try part.path.of(input.get("value_path") orelse return part.missing("value_path"), "value_path");
    return if (std.mem.eql(u8, operation, "sum_by")) overGroups(groups, value, summed) else overGroups(groups, value, averaged);
}

const Groups = std.StringArrayHashMapUnmanaged(std.ArrayList(Value));

fn group(items: []const Value, path: part.path.Path) Error!Groups {
    var groups: Groups = .empty;
    for (items) |item| {
        const slot = try groups.getOrPut(gpa, try keyText(part.path.get(item, path) orelse .null));
        if (!slot.found_existing) slot.value_ptr.* = .empty;
        try slot.value_ptr.append(gpa, item);
    }
    return groups;
}

fn keyText(key: Value) Error![]const u8 {
    return if (key == .text) key.text else part.json_write.write(gpa, key, .{});
}

fn overGroups(groups: Groups, context: anytype, of: fn (@TypeOf(context), []const Value) Error!Value) Error!Value {
    var out: part.Map = .empty;
    for (groups.keys(), groups.values()) |key, items| try out.put(gpa, key, try of(context, items.items));
    return .{ .map = out };
}

fn asList(_: void, items: []const Value) Error!Value {
    return .{ .list = items };
}

fn counted(_: void, items: []const Value) Error!Value {
    return part.integer(items.len);
}

fn summed(path: part.path.Path, items: []const Value) Error!Value {
    return part.arithmetic.value(try part.arithmetic.sum(try valuesAt(path, items), "value_path"));
}

fn averaged(path: part.path.Path, items: []const Value) Error!Value {
    return part.arithmetic.average(try valuesAt(path, items), "value_path");
}

fn valuesAt(path: part.path.Path, items: []const Value) Error![]const Value {
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        const found = part.path.get(item, path) orelse .null;
        if (found != .null) try out.append(gpa, found);
    }
    return out.items;
}

/// The last item of each key.
fn indexBy(items: []const Value, path: part.path.Path) Error!Value {
    var out: part.Map = .empty;
    for (items) |item| try out.put(gpa, try keyText(part.path.get(item, path) orelse .null), item);
    return .{ .map = out };
}

fn toMap(items: []const Value, path: part.path.Path, input: part.Input) Error!Value {
    const value = try part.path.of(input.get("value_path") orelse return part.missing("value_path"), "value_path");
    var out: part.Map = .empty;
    for (items) |item| {
        try out.put(gpa, try keyText(part.path.get(item, path) orelse .null), part.path.get(item, value) orelse .null);
    }
    return .{ .map = out };
}
