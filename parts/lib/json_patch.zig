//! JSON Patch (RFC 6902): what changes one value into another, and doing it.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

/// The operations add, remove and replace that lead from `a` to `b`. Lists are compared place by place.
pub fn diff(a: Value, b: Value) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    try compare(&out, "", a, b);
    return .{ .list = out.items };
}

const Out = *std.ArrayList(Value);

fn compare(out: Out, at: []const u8, a: Value, b: Value) Error!void {
    if (a == .map and b == .map) return compareMaps(out, at, a.map, b.map);
    if (a == .list and b == .list) return compareLists(out, at, a.list, b.list);
    if (!try part.compare.equal(a, b)) try note(out, "replace", at, b);
}

fn compareMaps(out: Out, at: []const u8, a: part.Map, b: part.Map) Error!void {
    for (a.keys(), a.values()) |key, value| {
        const inner = try below(at, key);
        if (b.get(key)) |other| try compare(out, inner, value, other) else try note(out, "remove", inner, null);
    }
    for (b.keys(), b.values()) |key, value| if (!a.contains(key)) try note(out, "add", try below(at, key), value);
}

fn compareLists(out: Out, at: []const u8, a: []const Value, b: []const Value) Error!void {
    const both = @min(a.len, b.len);
    for (a[0..both], b[0..both], 0..) |x, y, i| try compare(out, try below(at, (try part.integer(i)).number), x, y);
    var extra = a.len;
    while (extra > both) {
        extra -= 1;
        try note(out, "remove", try below(at, (try part.integer(extra)).number), null);
    }
    for (b[both..]) |value| try note(out, "add", try below(at, "-"), value);
}

fn below(at: []const u8, key: []const u8) Error![]const u8 {
    const tildes = try std.mem.replaceOwned(u8, gpa, key, "~", "~0");
    return part.concat(&.{ at, "/", try std.mem.replaceOwned(u8, gpa, tildes, "/", "~1") });
}

fn note(out: Out, op: []const u8, at: []const u8, value: ?Value) Error!void {
    var map = try part.fields(.{ .{ "op", Value{ .text = op } }, .{ "path", Value{ .text = at } } });
    if (value) |found| try map.put(gpa, "value", found);
    try out.append(gpa, .{ .map = map });
}

const Op = enum { add, remove, replace, move, copy, @"test" };

/// All operations or none: the first that cannot be done ends the part with an error.
pub fn apply(value: Value, patch: []const Value) Error!Value {
    var out = value;
    for (patch) |step| {
        if (step != .map) return part.wrongKind("patch", "a list of operations", step);
        out = try applyOne(out, .{ .map = step.map });
    }
    return out;
}

fn applyOne(value: Value, step: part.Input) Error!Value {
    const path = try pointer(step, "path");
    switch (try step.choice("op", Op, null)) {
        .add => return add(value, path, try step.any("value")),
        .remove => return remove(value, path),
        .replace => {
            _ = try existing(value, path);
            return part.path.set(value, path, try step.any("value"));
        },
        .copy => return add(value, path, try existing(value, try pointer(step, "from"))),
        .move => {
            const from = try pointer(step, "from");
            const moved = try existing(value, from);
            return add(try remove(value, from), path, moved);
        },
        .@"test" => {
            if (try part.compare.equal(try existing(value, path), try step.any("value"))) return value;
            return part.fail("patch_failed", &.{ "the test of `", try step.text("path"), "` does not hold" });
        },
    }
}

fn pointer(step: part.Input, name: []const u8) Error!part.path.Path {
    const text = try step.text(name);
    if (text.len > 0 and text[0] != '/') return part.badInput(&.{ "`", text, "` is not a JSON Pointer; it must be empty or begin with /" });
    return part.path.parse(text);
}

fn existing(value: Value, path: part.path.Path) Error!Value {
    return part.path.get(value, path) orelse {
        return part.fail("patch_failed", &.{ "there is nothing at `/", try std.mem.join(gpa, "/", path), "`" });
    };
}

fn remove(value: Value, path: part.path.Path) Error!Value {
    _ = try existing(value, path);
    return part.path.delete(value, path);
}

/// In a list, adding moves what stands there one place on; in a map it replaces.
fn add(value: Value, path: part.path.Path, new: Value) Error!Value {
    if (path.len == 0) return new;
    const parent_path = path[0 .. path.len - 1];
    const parent = try existing(value, parent_path);
    const key = path[path.len - 1];
    if (parent != .list) return part.path.set(value, path, new);
    const items = parent.list;
    const end = std.mem.eql(u8, key, "-");
    const at = if (end) items.len else std.fmt.parseInt(usize, key, 10) catch items.len + 1;
    if (at > items.len) return part.fail("patch_failed", &.{ "the list has no place `", key, "`" });
    const longer = try std.mem.concat(gpa, Value, &.{ items[0..at], &.{new}, items[at..] });
    return part.path.set(value, parent_path, .{ .list = longer });
}
