//! Conditions as data: `{path, op, value}`, a list of them (all must hold), `{all: [...]}`, `{any: [...]}`, `{not: ...}`.
//! Comparing what cannot be compared (a text with a number, something with nothing) does not hold; it is no error,
//! because lists from outside are uneven. A condition that is written wrongly is an error.

const std = @import("std");
const part = @import("part.zig");
const paths = @import("path.zig");
const compare = @import("compare.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub const Operator = enum {
    eq, ne, gt, gte, lt, lte, between, in, not_in, contains, not_contains, starts_with, ends_with, matches, not_matches,
    exists, missing, empty, not_empty, type,
};

pub const Condition = union(enum) {
    all: []const Condition,
    any: []const Condition,
    not: *const Condition,
    test_: Test,

    pub fn holds(self: Condition, item: Value) Error!bool {
        return switch (self) {
            .all => |inner| for (inner) |one| {
                if (!try one.holds(item)) break false;
            } else true,
            .any => |inner| for (inner) |one| {
                if (try one.holds(item)) break true;
            } else false,
            .not => |inner| !try inner.holds(item),
            .test_ => |one| one.holds(item),
        };
    }
};

const Test = struct {
    path: paths.Path,
    op: Operator,
    value: Value,
    ignore_case: bool,
    /// What `in` and `not_in` look in.
    known: ?*part.Distinct,
    /// What `matches` and `not_matches` look for.
    pattern: ?part.regex.Regex,

    fn holds(self: Test, item: Value) Error!bool {
        const at = paths.get(item, self.path);
        const found = if (self.ignore_case) try folded(at orelse .null) else at orelse .null;
        return switch (self.op) {
            .exists => at != null and found != .null,
            .missing => at == null or found == .null,
            .empty => isEmpty(found),
            .not_empty => !isEmpty(found),
            .type => self.value == .text and std.mem.eql(u8, found.kind(), self.value.text),
            .eq => compare.equal(found, self.value),
            .ne => !try compare.equal(found, self.value),
            .in => self.known.?.has(found),
            .not_in => !try self.known.?.has(found),
            .contains => contains(found, self.value),
            .not_contains => !try contains(found, self.value),
            .starts_with => bothTexts(found, self.value) and std.mem.startsWith(u8, found.text, self.value.text),
            .ends_with => bothTexts(found, self.value) and std.mem.endsWith(u8, found.text, self.value.text),
            .matches => found == .text and try self.pattern.?.matches(found.text),
            .not_matches => found != .text or !try self.pattern.?.matches(found.text),
            .between => try ordered(found, self.value.list[0], .gte) and try ordered(found, self.value.list[1], .lte),
            .gt, .gte, .lt, .lte => ordered(found, self.value, self.op),
        };
    }
};

fn folded(value: Value) Error!Value {
    return switch (value) {
        .text => |text| .{ .text = try part.unicode.lower(gpa, text) },
        .list => |items| {
            const copy = try gpa.alloc(Value, items.len);
            for (items, copy) |one, *slot| slot.* = if (one == .text) try folded(one) else one;
            return .{ .list = copy };
        },
        else => value,
    };
}

fn bothTexts(a: Value, b: Value) bool {
    return a == .text and b == .text;
}

fn isEmpty(value: Value) bool {
    return switch (value) {
        .null => true,
        .text => |text| text.len == 0,
        .list => |items| items.len == 0,
        .map => |map| map.count() == 0,
        .bool, .number => false,
    };
}

/// A text contains a text, a list an item, a map a key.
fn contains(value: Value, wanted: Value) Error!bool {
    return switch (value) {
        .text => |text| wanted == .text and try part.search.contains(text, wanted.text),
        .list => |items| compare.isIn(wanted, items),
        .map => |map| wanted == .text and map.contains(wanted.text),
        else => false,
    };
}

fn ordered(a: Value, b: Value, op: Operator) Error!bool {
    if (a == .null or b == .null) return false;
    const found = try compare.order(a, b) orelse return false;
    return switch (op) {
        .gt => found == .gt,
        .gte => found != .lt,
        .lt => found == .lt,
        .lte => found != .gt,
        else => unreachable,
    };
}

pub fn parse(value: Value, field: []const u8) Error!Condition {
    switch (value) {
        .list => |items| return .{ .all = try parseAll(items, field) },
        .map => |map| {
            if (map.get("all")) |inner| return .{ .all = try parseAll(try listIn(inner, field), field) };
            if (map.get("any")) |inner| return .{ .any = try parseAll(try listIn(inner, field), field) };
            const negated = map.get("not") orelse return .{ .test_ = try parseTest(.{ .map = map }) };
            const inner = try gpa.create(Condition);
            inner.* = try parse(negated, field);
            return .{ .not = inner };
        },
        else => return part.wrongKind(field, "a condition `{path, op, value}` or a list of them", value),
    }
}

fn listIn(value: Value, field: []const u8) Error![]const Value {
    return if (value == .list) value.list else part.wrongKind(field, "a list of conditions in `all` and `any`", value);
}

fn parseAll(items: []const Value, field: []const u8) Error![]const Condition {
    const out = try gpa.alloc(Condition, items.len);
    for (items, out) |item, *slot| slot.* = try parse(item, field);
    return out;
}

fn parseTest(map: part.Input) Error!Test {
    const op = try map.choice("op", Operator, .eq);
    const ignore_case = try map.boolOr("ignore_case", false);
    const value = map.map.get("value") orelse .null;
    const needs_value = switch (op) {
        .exists, .missing, .empty, .not_empty => false,
        else => true,
    };
    if (needs_value and !map.map.contains("value")) return part.badInput(&.{ "the condition `", @tagName(op), "` needs a `value`" });
    const pair = op == .between;
    if ((op == .in or op == .not_in or pair) and (value != .list or (pair and value.list.len != 2))) {
        return part.badInput(&.{ "the condition `", @tagName(op), "` needs a list as `value`", if (pair) " (low and high)" else "" });
    }
    const by_pattern = op == .matches or op == .not_matches;
    if (by_pattern and value != .text) return part.badInput(&.{ "the condition `", @tagName(op), "` needs a regular expression as `value`" });
    const wanted = if (ignore_case and !by_pattern) try folded(value) else value;
    return .{
        .path = try paths.of(map.map.get("path") orelse .{ .text = "" }, "path"),
        .op = op,
        .value = wanted,
        .ignore_case = ignore_case,
        .known = if (op == .in or op == .not_in) try known(wanted.list) else null,
        .pattern = if (by_pattern) try compiled(value.text, ignore_case) else null,
    };
}

fn compiled(pattern: []const u8, ignore_case: bool) Error!part.regex.Regex {
    return part.regex.compile(pattern, .{ .ignore_case = ignore_case }) catch |wrong| {
        return part.badInput(&.{ "the pattern `", pattern, "` ", part.regex.explain(wrong) });
    };
}

fn known(items: []const Value) Error!*part.Distinct {
    const out = try gpa.create(part.Distinct);
    out.* = try .of(items);
    return out;
}
