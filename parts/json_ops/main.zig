//! `json_ops`: one operation on a value, mostly a map: reading and changing by path, keys and values, merging,
//! flattening, reading and writing JSON text, comparing and patching.

const std = @import("std");
const part = @import("part");
const flat = @import("flat.zig");
const patches = part.json_patch;
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

const Operation = enum {
    get, get_many, has, set, delete, keys, values, entries, from_entries, pick, omit, rename, invert, defaults,
    merge, merge_deep, flatten, unflatten, parse, stringify, type, size, is_empty, equals, diff, patch, map_values,
    compact, sort_keys, merge_patch,
};

pub fn run(input: part.Input) Error!Value {
    const operation = try input.choice("operation", Operation, null);
    return part.result(switch (operation) {
        .parse => try parse(try input.text("value")),
        .stringify => try stringify(try input.any("value"), input),
        .get => part.path.get(try input.any("value"), try path(input)) orelse input.map.get("default") orelse .null,
        .get_many => try getMany(try input.any("value"), input),
        .has => .{ .bool = part.path.get(try input.any("value"), try path(input)) != null },
        .set => try part.path.set(try input.any("value"), try path(input), try input.any("new")),
        .delete => try part.path.delete(try input.any("value"), try path(input)),
        .type => .{ .text = (try input.any("value")).kind() },
        .size => try size(try input.any("value")),
        .is_empty => .{ .bool = try isEmpty(try input.any("value")) },
        .equals => .{ .bool = try part.compare.equal(try input.any("value"), try input.any("with")) },
        .diff => try patches.diff(try input.any("value"), try input.any("with")),
        .patch => try patches.apply(try input.any("value"), try input.list("patch")),
        .merge_patch => try patches.merge(try input.any("value"), try input.any("with")),
        .from_entries => try fromEntries(try input.list("value")),
        .merge_deep => try part.merge.deep(try input.any("value"), try input.any("with"), try input.choice("lists", part.merge.Lists, .replace)),
        .flatten => try flat.flatten(try input.any("value"), try input.textOr("separator", ".")),
        .compact => try compact(try input.any("value")),
        .sort_keys => try sortKeys(try input.any("value")),
        else => try onMap(operation, try input.mapField("value"), input),
    });
}

fn path(input: part.Input) Error!part.path.Path {
    return part.path.of(input.get("path") orelse return part.missing("path"), "path");
}

fn onMap(operation: Operation, map: Map, input: part.Input) Error!Value {
    return switch (operation) {
        .keys => part.textList(map.keys()),
        .values => .{ .list = map.values() },
        .entries => entries(map),
        .pick => .{ .map = try part.maps.chosen(map, try part.maps.namesOf(try input.texts("keys")), true) },
        .omit => .{ .map = try part.maps.chosen(map, try part.maps.namesOf(try input.texts("keys")), false) },
        .rename => .{ .map = try part.maps.renamed(map, try input.mapField("names")) },
        .invert => invert(map),
        .defaults => .{ .map = try merged(try input.mapField("with"), map) },
        .merge => .{ .map = try merged(map, try input.mapField("with")) },
        .unflatten => flat.unflatten(map, try input.textOr("separator", ".")),
        .map_values => mapValues(map, try path(input)),
        else => unreachable,
    };
}

fn parse(text: []const u8) Error!Value {
    return part.json.read(gpa, text) catch |err| {
        return part.fail("not_json", &.{ "the text is not JSON: ", part.json.explain(err) });
    };
}

fn stringify(value: Value, input: part.Input) Error!Value {
    const indent = try input.optionalInt("indent", 0, 16);
    const sorted = try input.boolOr("sort_keys", false);
    const options: part.json_write.Options = .{
        .indent = if (indent) |n| if (n > 0) @intCast(n) else null else null,
        .sort_keys = sorted,
    };
    return .{ .text = try part.json_write.write(gpa, value, options) };
}

/// `{name: path}` for several values at once.
fn getMany(value: Value, input: part.Input) Error!Value {
    const paths = try input.mapField("paths");
    var out: Map = .empty;
    for (paths.keys(), paths.values()) |name, given| {
        try out.put(gpa, name, part.path.get(value, try part.path.of(given, "paths")) orelse .null);
    }
    return .{ .map = out };
}

/// Items of a list, keys of a map, code points of a text.
fn size(value: Value) Error!Value {
    return switch (value) {
        .list => |items| part.integer(items.len),
        .map => |map| part.integer(map.count()),
        .text => |text| part.integer(part.unicode.length(text)),
        else => part.wrongKind("value", "a list, a map or a string", value),
    };
}

fn isEmpty(value: Value) Error!bool {
    if (value == .null) return true;
    return std.mem.eql(u8, (try size(value)).number, "0");
}

fn entries(map: Map) Error!Value {
    const out = try gpa.alloc(Value, map.count());
    for (map.keys(), map.values(), out) |key, value, *slot| {
        slot.* = .{ .map = try part.fields(.{ .{ "key", Value{ .text = key } }, .{ "value", value } }) };
    }
    return .{ .list = out };
}

/// `{key, value}` maps or `[key, value]` pairs; a later one wins.
fn fromEntries(items: []const Value) Error!Value {
    var out: Map = .empty;
    for (items) |item| {
        const key, const value = switch (item) {
            .map => |map| .{ map.get("key") orelse .null, map.get("value") orelse .null },
            .list => |pair| if (pair.len == 2) .{ pair[0], pair[1] } else return part.badInput(&.{"a pair in `value` must have two items"}),
            else => return part.wrongKind("value", "a list of `{key, value}` maps or pairs", item),
        };
        if (key != .text) return part.wrongKind("key", "a string", key);
        try out.put(gpa, key.text, value);
    }
    return .{ .map = out };
}

fn invert(map: Map) Error!Value {
    var out: Map = .empty;
    for (map.keys(), map.values()) |key, value| {
        const name = if (value == .text) value.text else try part.json_write.write(gpa, value, .{});
        try out.put(gpa, name, .{ .text = key });
    }
    return .{ .map = out };
}

fn merged(first: Map, second: Map) Error!Map {
    var out = try first.clone(gpa);
    try part.merge.shallow(&out, second);
    return out;
}

fn mapValues(map: Map, at: part.path.Path) Error!Value {
    const out = try map.clone(gpa);
    for (out.values()) |*slot| slot.* = part.path.get(slot.*, at) orelse .null;
    return .{ .map = out };
}

/// Without nulls, at every depth.
fn compact(value: Value) Error!Value {
    switch (value) {
        .map => |map| {
            var out: Map = .empty;
            for (map.keys(), map.values()) |key, inner| if (inner != .null) try out.put(gpa, key, try compact(inner));
            return .{ .map = out };
        },
        .list => |items| {
            var out: std.ArrayList(Value) = .empty;
            for (items) |inner| if (inner != .null) try out.append(gpa, try compact(inner));
            return .{ .list = out.items };
        },
        else => return value,
    }
}

/// Through the writer, which knows how, and back.
fn sortKeys(value: Value) Error!Value {
    return parse(try part.json_write.write(gpa, value, .{ .sort_keys = true }));
}
