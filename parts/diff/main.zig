//! `diff`: what changed between two texts, by lines (a unified diff, as `patch` and `git` read it), words or characters.

const std = @import("std");
const part = @import("part");
const myers = part.myers;
const unified = @import("unified.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const By = enum { lines, words, characters };
pub const Kind = enum { equal, delete, insert };
pub const Change = struct { kind: Kind, tokens: []const []const u8, a: usize, b: usize };

pub fn run(input: part.Input) Error!Value {
    const by = try input.choice("by", By, .lines);
    const ignored = Ignored{ .case = try input.boolOr("ignore_case", false), .space = try input.boolOr("ignore_space", false) };
    const a = try split(try input.text("from"), by);
    const b = try split(try input.text("to"), by);
    var ids: std.StringHashMapUnmanaged(u32) = .empty;
    const marks = try myers.compare(try idsOf(&ids, a, ignored), try idsOf(&ids, b, ignored));
    const found = try changes(a, b, marks);
    const names = [2][]const u8{ try input.textOr("from_name", "from"), try input.textOr("to_name", "to") };
    const text = if (by == .lines) try unified.write(a, b, marks, names, @intCast(try input.intOr("context", 0, 1000, 3))) else try inlineText(found);
    return .{ .map = try part.fields(.{
        .{ "result", Value{ .text = text } },
        .{ "changes", try listed(found) },
        .{ "equal", Value{ .bool = marked(marks.deleted) + marked(marks.inserted) == 0 } },
        .{ "added", try part.integer(marked(marks.inserted)) },
        .{ "removed", try part.integer(marked(marks.deleted)) },
    }) };
}

fn marked(marks: []const bool) usize {
    var count: usize = 0;
    for (marks) |mark| count += @intFromBool(mark);
    return count;
}

/// Lines keep their ends; words are runs of letters, of white space, or one other character.
fn split(text: []const u8, by: By) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var rest = text;
    while (rest.len > 0) {
        const end = switch (by) {
            .lines => if (std.mem.indexOfScalar(u8, rest, '\n')) |at| at + 1 else rest.len,
            .words => wordEnd(rest),
            .characters => characterEnd(rest),
        };
        try out.append(gpa, rest[0..end]);
        rest = rest[end..];
    }
    return out.items;
}

fn characterEnd(text: []const u8) usize {
    var end = part.unicode.offset(text[0..@min(text.len, 8)], 1);
    while (end < text.len and part.unicode.combines(text[end..])) end += std.unicode.utf8ByteSequenceLength(text[end]) catch unreachable;
    return end;
}

fn wordEnd(text: []const u8) usize {
    var points = part.unicode.points(text);
    const first = points.nextCodepoint().?;
    const word = part.unicode.isWord(first);
    const space = part.unicode.isSpace(first);
    if ((!word and !space) or part.unicode.isIdeograph(first)) return points.i;
    while (true) {
        const here = points.i;
        const next = points.nextCodepoint() orelse return text.len;
        if (part.unicode.isWord(next) != word or part.unicode.isSpace(next) != space) return here;
    }
}

const Ignored = struct { case: bool, space: bool };

/// A number for each token, the same for tokens that count as the same.
fn idsOf(ids: *std.StringHashMapUnmanaged(u32), tokens: []const []const u8, ignored: Ignored) Error![]const u32 {
    const out = try gpa.alloc(u32, tokens.len);
    for (tokens, out) |token, *slot| {
        const found = try ids.getOrPut(gpa, try keyOf(token, ignored));
        if (!found.found_existing) found.value_ptr.* = ids.count();
        slot.* = found.value_ptr.*;
    }
    return out;
}

fn keyOf(token: []const u8, ignored: Ignored) Error![]const u8 {
    const cased = if (ignored.case) try part.unicode.lower(gpa, token) else token;
    if (!ignored.space) return cased;
    var words = std.mem.tokenizeAny(u8, cased, " \t\r\n");
    var out: std.ArrayList(u8) = .empty;
    while (words.next()) |word| {
        if (out.items.len > 0) try out.append(gpa, ' ');
        try out.appendSlice(gpa, word);
    }
    return out.items;
}

/// Runs of what stayed, went and came, in order; what went stands before what came.
fn changes(a: []const []const u8, b: []const []const u8, marks: myers.Marks) Error![]const Change {
    var out: std.ArrayList(Change) = .empty;
    var x: usize = 0;
    var y: usize = 0;
    while (x < a.len or y < b.len) {
        const x0 = x;
        while (x < a.len and marks.deleted[x]) x += 1;
        if (x > x0) try out.append(gpa, .{ .kind = .delete, .tokens = a[x0..x], .a = x0, .b = y });
        const y0 = y;
        while (y < b.len and marks.inserted[y]) y += 1;
        if (y > y0) try out.append(gpa, .{ .kind = .insert, .tokens = b[y0..y], .a = x, .b = y0 });
        const same = y;
        while (x < a.len and y < b.len and !marks.deleted[x] and !marks.inserted[y]) {
            x += 1;
            y += 1;
        }
        if (y > same) try out.append(gpa, .{ .kind = .equal, .tokens = b[same..y], .a = x - (y - same), .b = same });
    }
    return out.items;
}

fn listed(found: []const Change) Error!Value {
    const out = try gpa.alloc(Value, found.len);
    for (found, out) |change, *slot| slot.* = .{ .map = try part.fields(.{
        .{ "kind", Value{ .text = @tagName(change.kind) } },
        .{ "text", Value{ .text = try std.mem.concat(gpa, u8, change.tokens) } },
    }) };
    return .{ .list = out };
}

/// `[-went-]{+came+}`, as word diffs are written.
fn inlineText(found: []const Change) Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    for (found) |change| {
        const text = try std.mem.concat(gpa, u8, change.tokens);
        const marks: [2][]const u8 = switch (change.kind) {
            .equal => .{ "", "" },
            .delete => .{ "[-", "-]" },
            .insert => .{ "{+", "+}" },
        };
        try out.appendSlice(gpa, try part.concat(&.{ marks[0], text, marks[1] }));
    }
    return out.items;
}
