//! JSON Patch (RFC 6902): what changes one value into another, and doing it; and JSON Merge Patch (RFC 7396).

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;
const Draft = @import("draft.zig").Draft;
const Node = @import("draft.zig").Node;
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

/// JSON Merge Patch (RFC 7396): what is in the patch replaces, maps go into maps, and null takes a field away.
pub fn merge(value: Value, patch: Value) Error!Value {
    if (patch != .map) return patch;
    var out: part.Map = if (value == .map) try value.map.clone(gpa) else .empty;
    for (patch.map.keys(), patch.map.values()) |key, item| {
        if (item == .null) {
            _ = out.orderedRemove(key);
            continue;
        }
        const slot = try out.getOrPut(gpa, key);
        slot.value_ptr.* = try merge(if (slot.found_existing) slot.value_ptr.* else .null, item);
    }
    return .{ .map = out };
}

const Op = enum { add, remove, replace, move, copy, @"test" };

/// All operations or none: the first that cannot be done ends the part with an error.
pub fn apply(value: Value, patch: []const Value) Error!Value {
    var draft = try Draft.of(value);
    for (patch) |step| {
        if (step != .map) return part.wrongKind("patch", "a list of operations", step);
        try applyOne(&draft, .{ .map = step.map });
    }
    return draft.root.asValue();
}

fn applyOne(draft: *Draft, step: part.Input) Error!void {
    const path = try pointer(step, "path");
    switch (try step.choice("op", Op, null)) {
        .add => try add(draft, path, try Node.of(try step.any("value"))),
        .remove => {
            _ = try existing(draft, path);
            _ = try draft.remove(path);
        },
        .replace => {
            _ = try existing(draft, path);
            try draft.replace(path, try Node.of(try step.any("value")));
        },
        .copy => try add(draft, path, try draft.copy(try existing(draft, try pointer(step, "from")))),
        .move => {
            const from = try pointer(step, "from");
            _ = try existing(draft, from);
            try add(draft, path, try draft.remove(from));
        },
        .@"test" => {
            const node = try existing(draft, path);
            if (try node.equals(try step.any("value"))) return;
            return part.fail("patch_failed", &.{ "the test of `", try step.text("path"), "` does not hold" });
        },
    }
}

fn pointer(step: part.Input, name: []const u8) Error!part.path.Path {
    const text = try step.text(name);
    if (text.len > 0 and text[0] != '/') return part.badInput(&.{ "`", text, "` is not a JSON Pointer; it must be empty or begin with /" });
    return part.path.parse(text);
}

fn existing(draft: *Draft, path: part.path.Path) Error!*Node {
    return try draft.find(path) orelse nothingAt(path);
}

fn nothingAt(path: part.path.Path) Error {
    return part.fail("patch_failed", &.{ "there is nothing at `/", try std.mem.join(gpa, "/", path), "`" });
}

/// In a list, adding moves what stands there one place on; in a map it replaces.
fn add(draft: *Draft, path: part.path.Path, new: *Node) Error!void {
    if (try draft.add(path, new)) return;
    const parent_path = path[0 .. path.len - 1];
    const parent = try draft.find(parent_path) orelse return nothingAt(parent_path);
    if (parent.content == .list) return part.fail("patch_failed", &.{ "the list has no place `", path[path.len - 1], "`" });
    return part.fail("patch_failed", &.{ "`/", try std.mem.join(gpa, "/", parent_path), "` is no map and no list, so nothing can be added to it" });
}
