//! What schemas say of single values: their types, multiples, patterns, and how places are written.

const std = @import("std");
const part = @import("../part.zig");
const regex = @import("../regex/regex.zig");
const decimal = part.decimal;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const most_shown = 1000;

pub fn typeName(value: Value) []const u8 {
    return switch (value) {
        .null => "null",
        .bool => "boolean",
        .number => "number",
        .text => "string",
        .list => "array",
        .map => "object",
    };
}

pub fn isOneOf(types: Value, value: Value) bool {
    if (types == .text) return isOfType(types.text, value);
    for (types.list) |one| if (isOfType(one.text, value)) return true;
    return false;
}

fn isOfType(name: []const u8, value: Value) bool {
    if (std.mem.eql(u8, name, "integer")) {
        return value == .number and (decimal.parse(value.number) catch return false).isWhole();
    }
    return std.mem.eql(u8, name, typeName(value));
}

pub fn namesOf(types: Value) Error![]const u8 {
    if (types == .text) return types.text;
    const names = try gpa.alloc([]const u8, types.list.len);
    for (types.list, names) |one, *slot| slot.* = one.text;
    return std.mem.join(gpa, " or ", names);
}

/// As JSON, in messages: the beginning, when it is long.
pub fn shown(value: Value) Error![]const u8 {
    const text = try part.json_write.write(gpa, value, .{});
    const end = part.unicode.offset(text, most_shown);
    return if (end == text.len) text else part.concat(&.{ text[0..end], "…" });
}

pub fn isMultiple(text: []const u8, unit: []const u8) Error!bool {
    const rest = try part.arithmetic.remainder(try decimal.parse(text), try decimal.parse(unit), .down);
    return rest.isZero();
}

var patterns: std.StringHashMapUnmanaged(regex.Regex) = .empty;

pub fn matches(pattern: []const u8, text: []const u8) Error!bool {
    const slot = try patterns.getOrPut(gpa, pattern);
    if (!slot.found_existing) slot.value_ptr.* = regex.compile(pattern, .{}) catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        else => unreachable, // `schema.check` has compiled every pattern before
    };
    return slot.value_ptr.matches(text);
}

pub fn hasTwins(items: []const Value) Error!bool {
    var seen: part.Distinct = .{};
    for (items) |item| if (!try seen.add(item)) return true;
    return false;
}

pub fn below(at: []const u8, key: []const u8) Error![]const u8 {
    const tildes = try std.mem.replaceOwned(u8, gpa, key, "~", "~0");
    return part.concat(&.{ at, "/", try std.mem.replaceOwned(u8, gpa, tildes, "/", "~1") });
}
