//! Operations on a text by regular expression, for `string_ops`: the pattern, its flags and what else there is to say are
//! in the input. What is found is told as `{text, start, end, groups, named}`; places count code points.

const std = @import("std");
const part = @import("part.zig");
const regex = part.regex;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn isGiven(input: part.Input) bool {
    return input.get("pattern") != null;
}

pub fn @"test"(subject: []const u8, input: part.Input) Error!Value {
    return .{ .bool = try (try compiled(input, false)).matches(subject) };
}

/// The first place, or null.
pub fn match(subject: []const u8, input: part.Input) Error!Value {
    var places = try Places.of(subject, input);
    return if (try places.finder.next()) |found| places.told(found) else .null;
}

pub fn matchAll(subject: []const u8, input: part.Input) Error!Value {
    var places = try Places.of(subject, input);
    var out: std.ArrayList(Value) = .empty;
    while (try places.finder.next()) |found| try out.append(gpa, try places.told(found));
    return .{ .list = out.items };
}

/// The text of each place, or of one group in it; null where the group took no part.
pub fn findAll(subject: []const u8, input: part.Input) Error!Value {
    var places = try Places.of(subject, input);
    const group = try groupIn(places.finder.pattern, input.get("group"));
    var out: std.ArrayList(Value) = .empty;
    while (try places.finder.next()) |found| try out.append(gpa, textIn(subject, found[group]));
    return .{ .list = out.items };
}

pub fn count(subject: []const u8, input: part.Input) Error!Value {
    var places = try Places.of(subject, input);
    var found: usize = 0;
    while (try places.finder.next() != null) found += 1;
    return part.integer(found);
}

/// Without empty pieces for an empty match at the beginning or the end, as in JavaScript.
pub fn split(subject: []const u8, input: part.Input, limit: i64) Error![]const []const u8 {
    var places = try Places.of(subject, input);
    var out: std.ArrayList([]const u8) = .empty;
    var from: usize = 0;
    while (out.items.len + 1 < limit) {
        const begin, const end = (try places.finder.next() orelse break)[0].?;
        if (begin == end and (begin == from or begin == subject.len)) continue;
        try out.append(gpa, subject[from..begin]);
        from = end;
    }
    try out.append(gpa, subject[from..]);
    return out.items;
}

/// In the replacement `$1` to `$99` and `$<name>` are groups, `$&` is what was found, `$$` a dollar sign.
pub fn replace(subject: []const u8, input: part.Input, limit: i64) Error![]const u8 {
    var places = try Places.of(subject, input);
    const pieces = try piecesOf(try input.textOr("replacement", ""), places.finder.pattern);
    var out: std.ArrayList(u8) = .empty;
    var from: usize = 0;
    var left = limit;
    while (left > 0) : (left -= 1) {
        const found = try places.finder.next() orelse break;
        try out.appendSlice(gpa, subject[from..found[0].?[0]]);
        for (pieces) |piece| switch (piece) {
            .text => |text| try out.appendSlice(gpa, text),
            .group => |group| if (found[group]) |range| try out.appendSlice(gpa, subject[range[0]..range[1]]),
        };
        from = found[0].?[1];
    }
    try out.appendSlice(gpa, subject[from..]);
    return out.items;
}

const Places = struct {
    subject: []const u8,
    finder: regex.Finder,
    /// A place that is known in bytes and in code points: the next one is counted from here.
    bytes: usize = 0,
    points: usize = 0,

    fn of(subject: []const u8, input: part.Input) Error!Places {
        return .{ .subject = subject, .finder = try .of(try compiled(input, true), subject) };
    }

    fn pointsAt(self: *Places, at: usize) usize {
        self.points += part.unicode.length(self.subject[self.bytes..at]);
        self.bytes = at;
        return self.points;
    }

    fn told(self: *Places, found: regex.Match) Error!Value {
        const begin, const end = found[0].?;
        const groups = try gpa.alloc(Value, found.len - 1);
        var named: part.Map = .empty;
        for (found[1..], groups, self.finder.pattern.groups) |range, *slot, group| {
            slot.* = textIn(self.subject, range);
            if (group.name.len > 0) try named.put(gpa, group.name, slot.*);
        }
        return .{ .map = try part.fields(.{
            .{ "text", textIn(self.subject, .{ begin, end }) },
            .{ "start", try part.integer(self.pointsAt(begin)) },
            .{ "end", try part.integer(self.pointsAt(end)) },
            .{ "groups", Value{ .list = groups } },
            .{ "named", Value{ .map = named } },
        }) };
    }
};

fn textIn(subject: []const u8, range: ?[2]usize) Value {
    return if (range) |found| .{ .text = subject[found[0]..found[1]] } else .null;
}

fn compiled(input: part.Input, groups: bool) Error!regex.Regex {
    const pattern = try input.text("pattern");
    var flags = regex.Flags{ .groups = groups };
    var letters = part.unicode.points(try input.textOr("flags", ""));
    while (letters.nextCodepointSlice()) |letter| switch (letter[0]) {
        'i' => flags.ignore_case = true,
        'm' => flags.multiline = true,
        's' => flags.dot_all = true,
        else => return part.badInput(&.{ "unknown flag `", letter, "` in `flags`; known are: i (capital and small letters are the same), m (^ and $ at lines), s (. takes line ends)" }),
    };
    if (try input.boolOr("ignore_case", false)) flags.ignore_case = true;
    return regex.compile(pattern, flags) catch |wrong| part.badInput(&.{ "`pattern` ", regex.explain(wrong) });
}

fn groupIn(pattern: regex.Regex, wanted: ?Value) Error!usize {
    const value = wanted orelse return 0;
    if (value == .text) for (pattern.groups, 1..) |group, number| if (std.mem.eql(u8, group.name, value.text)) return number;
    if (value == .number) if (part.wholeNumber(value.number)) |number| {
        if (number >= 0 and number <= pattern.groups.len) return @intCast(number);
    };
    const groups = (try part.integer(pattern.groups.len)).number;
    return part.badInput(&.{ "`group` must be the name of a group in `pattern`, or a number from 0 (all of it) to ", groups });
}

const Piece = union(enum) { text: []const u8, group: usize };

fn piecesOf(replacement: []const u8, pattern: regex.Regex) Error![]const Piece {
    var out: std.ArrayList(Piece) = .empty;
    var rest = replacement;
    while (std.mem.indexOfScalar(u8, rest, '$')) |dollar| {
        try out.append(gpa, .{ .text = rest[0..dollar] });
        rest = rest[dollar + 1 ..];
        const end, const piece: Piece = switch (if (rest.len > 0) rest[0] else 0) {
            '$' => .{ 1, .{ .text = "$" } },
            '&' => .{ 1, .{ .group = 0 } },
            '1'...'9' => numbered(rest, pattern.groups.len) orelse return noGroup(rest[0..1]),
            '<' => named: {
                const end = std.mem.indexOfScalar(u8, rest, '>') orelse return noGroup(rest);
                for (pattern.groups, 1..) |group, number| {
                    if (std.mem.eql(u8, group.name, rest[1..end])) break :named .{ end + 1, .{ .group = number } };
                }
                return noGroup(rest[0 .. end + 1]);
            },
            else => .{ 0, .{ .text = "$" } },
        };
        try out.append(gpa, piece);
        rest = rest[end..];
    }
    try out.append(gpa, .{ .text = rest });
    return out.items;
}

/// Two digits when there are so many groups, else one.
fn numbered(text: []const u8, groups: usize) ?struct { usize, Piece } {
    var digits: usize = if (text.len > 1 and std.ascii.isDigit(text[1])) 2 else 1;
    while (digits > 0) : (digits -= 1) {
        const number = std.fmt.parseInt(usize, text[0..digits], 10) catch unreachable;
        if (number <= groups) return .{ digits, .{ .group = number } };
    }
    return null;
}

fn noGroup(written: []const u8) Error {
    return part.badInput(&.{ "`replacement` names the group `$", written, "` that `pattern` does not have; a dollar sign is written `$$`" });
}
