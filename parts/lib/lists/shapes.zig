//! Operations that change the shape of a list and not its values.

const std = @import("std");
const part = @import("../part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const max_items = 100_000;
const max_place = 1 << 31;

pub fn range(input: part.Input) Error!Value {
    const start = try input.intOr("start", -(1 << 53), 1 << 53, 0);
    const end = try input.int("end", -(1 << 53), 1 << 53);
    const step = try input.intOr("step", -(1 << 53), 1 << 53, if (start <= end) 1 else -1);
    if (step == 0) return part.badInput(&.{"`step` must not be 0"});
    const span = if (step > 0) end - start else start - end;
    const count = if (span <= 0) 0 else @divFloor(span - 1, @as(i64, @intCast(@abs(step)))) + 1;
    if (count > max_items) return part.badInput(&.{"the range would have more than 100000 items"});
    const out = try gpa.alloc(Value, @intCast(count));
    for (out, 0..) |*slot, i| slot.* = try part.integer(start + @as(i64, @intCast(i)) * step);
    return .{ .list = out };
}

fn spliced(items: []const Value, at: usize, removed: usize, added: []const Value) Error!Value {
    return .{ .list = try std.mem.concat(gpa, Value, &.{ items[0..at], added, items[at + removed ..] }) };
}

pub fn edit(operation: []const u8, items: []const Value, input: part.Input) Error!Value {
    if (std.mem.eql(u8, operation, "concat")) return spliced(items, items.len, 0, try input.list("with"));
    if (std.mem.eql(u8, operation, "append")) return spliced(items, items.len, 0, &.{try input.any("value")});
    if (std.mem.eql(u8, operation, "prepend")) return spliced(items, 0, 0, &.{try input.any("value")});
    if (std.mem.eql(u8, operation, "insert")) return spliced(items, try placeOf(items, input, "index", 1), 0, &.{try input.any("value")});
    const at = try placeOf(items, input, "index", 0);
    if (std.mem.eql(u8, operation, "remove_at")) return spliced(items, at, 1, &.{});
    if (std.mem.eql(u8, operation, "replace_at")) return spliced(items, at, 1, &.{try input.any("value")});
    const rest = try spliced(items, at, 1, &.{});
    return spliced(rest.list, try placeOf(items, input, "to", 0), 0, items[at .. at + 1]);
}

/// A place that the list has (with `behind` 1: or the one behind its last).
fn placeOf(items: []const Value, input: part.Input, name: []const u8, behind: i64) Error!usize {
    const len: i64 = @intCast(items.len);
    const index = try input.int(name, -max_place, max_place);
    const at = if (index < 0) index + len else index;
    if (at >= 0 and at < len + behind) return @intCast(at);
    const given = (try part.integer(index)).number;
    return part.badInput(&.{ "`", name, "` is ", given, ", but the list has only ", (try part.integer(len)).number, " items" });
}

pub fn fill(items: []const Value, input: part.Input) Error!Value {
    const out = try gpa.alloc(Value, items.len);
    @memset(out, try input.any("value"));
    return .{ .list = out };
}

pub fn repeat(items: []const Value, input: part.Input) Error!Value {
    const count: usize = @intCast(try input.int("count", 0, max_items));
    if (items.len *| count > max_items) return part.badInput(&.{"the result would have more than 100000 items"});
    var out: std.ArrayList(Value) = .empty;
    for (0..count) |_| try out.appendSlice(gpa, items);
    return .{ .list = out.items };
}

/// Maps with only some of their keys.
/// Some fields of each item: those that `keys` names, in its order, or all others.
pub fn pick(items: []const Value, input: part.Input, wanted: bool) Error!Value {
    const keys = try input.texts("keys");
    const names = try part.maps.namesOf(keys);
    const out = try gpa.alloc(Value, items.len);
    for (items, out) |item, *slot| {
        if (item != .map) return part.wrongKind("items", "a list of maps", item);
        if (!wanted) {
            slot.* = .{ .map = try part.maps.chosen(item.map, names, false) };
            continue;
        }
        var picked: part.Map = .empty;
        for (keys) |key| if (item.map.get(key)) |value| try picked.put(gpa, key, value);
        slot.* = .{ .map = picked };
    }
    return .{ .list = out };
}

pub fn rename(items: []const Value, input: part.Input) Error!Value {
    const names = try input.mapField("names");
    const out = try gpa.alloc(Value, items.len);
    for (items, out) |item, *slot| {
        if (item != .map) return part.wrongKind("items", "a list of maps", item);
        slot.* = .{ .map = try part.maps.renamed(item.map, names) };
    }
    return .{ .list = out };
}

pub fn enumerate(items: []const Value) Error!Value {
    const out = try gpa.alloc(Value, items.len);
    for (items, out, 0..) |item, *slot, i| {
        slot.* = .{ .map = try part.fields(.{ .{ "index", try part.integer(i) }, .{ "item", item } }) };
    }
    return .{ .list = out };
}

/// Pairs of this list and `with`, as long as the shorter one.
pub fn zip(items: []const Value, input: part.Input) Error!Value {
    const other = try input.list("with");
    const out = try gpa.alloc(Value, @min(items.len, other.len));
    for (out, 0..) |*slot, i| slot.* = try part.listOf(&.{ items[i], other[i] });
    return .{ .list = out };
}

/// Rows to columns; short rows are filled with null.
pub fn transpose(items: []const Value) Error!Value {
    var width: usize = 0;
    for (items) |row| width = @max(width, if (row == .list) row.list.len else return part.wrongKind("items", "a list of lists", row));
    if (items.len *| width > max_items) return part.badInput(&.{"the result would have more than 100000 items"});
    const out = try gpa.alloc(Value, width);
    for (out, 0..) |*slot, i| {
        const column = try gpa.alloc(Value, items.len);
        for (items, column) |row, *cell| cell.* = if (i < row.list.len) row.list[i] else .null;
        slot.* = .{ .list = column };
    }
    return .{ .list = out };
}

pub fn chunk(items: []const Value, input: part.Input) Error!Value {
    const size: usize = @intCast(try input.int("size", 1, max_place));
    var out: std.ArrayList(Value) = .empty;
    var at: usize = 0;
    while (at < items.len) : (at += size) try out.append(gpa, .{ .list = items[at..@min(items.len, at + size)] });
    return .{ .list = out.items };
}

/// Every stretch of `size` items that stand together.
pub fn windows(items: []const Value, input: part.Input) Error!Value {
    const size: usize = @intCast(try input.int("size", 1, max_place));
    const count = if (items.len < size) 0 else items.len - size + 1;
    if (count *| size > 4 * max_items) return part.badInput(&.{"the windows would have more than 400000 items together"});
    const out = try gpa.alloc(Value, count);
    for (out, 0..) |*slot, i| slot.* = .{ .list = items[i..][0..size] };
    return .{ .list = out };
}

pub fn flatten(items: []const Value, input: part.Input) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    try flattenInto(&out, items, @intCast(try input.intOr("depth", 0, 64, 1)));
    return .{ .list = out.items };
}

fn flattenInto(out: *std.ArrayList(Value), items: []const Value, depth: usize) Error!void {
    for (items) |item| {
        if (item == .list and depth > 0) try flattenInto(out, item.list, depth - 1) else try out.append(gpa, item);
    }
}

/// Without null and empty texts, lists and maps.
pub fn compact(items: []const Value) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    for (items) |item| {
        const empty = switch (item) {
            .null => true,
            .text => |text| text.len == 0,
            .list => |list| list.len == 0,
            .map => |map| map.count() == 0,
            .bool, .number => false,
        };
        if (!empty) try out.append(gpa, item);
    }
    return .{ .list = out.items };
}

/// The first `count` items go to the end; a negative count brings as many from the end to the front.
pub fn rotate(items: []const Value, input: part.Input) Error!Value {
    if (items.len == 0) return .{ .list = items };
    const count = try input.intOr("count", -max_place, max_place, 1);
    const at: usize = @intCast(@mod(count, @as(i64, @intCast(items.len))));
    return .{ .list = try std.mem.concat(gpa, Value, &.{ items[at..], items[0..at] }) };
}

/// Texts as they are, null as nothing, everything else as JSON.
pub fn join(items: []const Value, input: part.Input) Error![]const u8 {
    const separator = try input.textOr("separator", ",");
    var out: std.ArrayList(u8) = .empty;
    for (items, 0..) |item, i| {
        if (i > 0) try out.appendSlice(gpa, separator);
        switch (item) {
            .text => |text| try out.appendSlice(gpa, text),
            .null => {},
            else => try out.appendSlice(gpa, try part.json_write.write(gpa, item, .{})),
        }
    }
    return out.items;
}
