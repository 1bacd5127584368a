//! `string_ops`: one operation on a text. Places and lengths count code points; negative places count from the end.

const std = @import("std");
const part = @import("part");
const cases = part.cases;
const patterns = part.pattern_ops;
const unicode = part.unicode;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;
const Needle = part.search.Needle;

const max_length = 1 << 20;

const Operation = enum {
    upper, lower, title, capitalize, swap_case, camel_case, pascal_case, snake_case, kebab_case, slug,
    trim, trim_start, trim_end, collapse_spaces, length, is_empty, contains, starts_with, ends_with, equals,
    index_of, last_index_of, count, replace, remove_prefix, remove_suffix, slice, substring, truncate,
    pad_start, pad_end, repeat, reverse, split, lines, words, characters, code_points, join, concat,
    @"test", match, match_all, find_all, remove_accents,
};

pub fn run(input: part.Input) Error!Value {
    const operation = try input.choice("operation", Operation, null);
    return part.result(switch (operation) {
        .join => try text(try std.mem.join(gpa, try input.textOr("separator", ""), try input.texts("items"))),
        .concat => try text(try part.concat(try input.texts("items"))),
        else => try onText(operation, try input.text("text"), input),
    });
}

fn onText(operation: Operation, subject: []const u8, input: part.Input) Error!Value {
    return switch (operation) {
        .join, .concat => unreachable,
        .upper => text(try unicode.upper(gpa, subject)),
        .lower => text(try unicode.lower(gpa, subject)),
        .title => text(try cases.title(subject)),
        .capitalize => text(try cases.capitalize(subject)),
        .swap_case => text(try cases.swap(subject)),
        .camel_case => text(try cases.compound(subject, "", .camel)),
        .pascal_case => text(try cases.compound(subject, "", .pascal)),
        .snake_case => text(try cases.compound(subject, "_", .lower)),
        .kebab_case => text(try cases.compound(subject, "-", .lower)),
        .remove_accents => text(try cases.withoutAccents(subject)),
        .slug => text(try cases.slug(subject, try input.textOr("separator", "-"))),
        .trim => text(try trim(subject, input, true, true)),
        .trim_start => text(try trim(subject, input, true, false)),
        .trim_end => text(try trim(subject, input, false, true)),
        .collapse_spaces => text(try std.mem.join(gpa, " ", try onSpaces(subject))),
        .length => part.integer(unicode.length(subject)),
        .is_empty => .{ .bool = unicode.trimStart(subject).len == 0 },
        .@"test" => patterns.@"test"(subject, input),
        .match => patterns.match(subject, input),
        .match_all => patterns.matchAll(subject, input),
        .find_all => patterns.findAll(subject, input),
        .count => if (patterns.isGiven(input)) patterns.count(subject, input) else search(operation, subject, input),
        .contains, .starts_with, .ends_with, .equals, .index_of, .last_index_of => search(operation, subject, input),
        .replace => text(try replace(subject, input)),
        .remove_prefix => text(try removePrefix(subject, try input.text("search"))),
        .remove_suffix => text(try removeSuffix(subject, try input.text("search"))),
        .slice => text(try slice(subject, input)),
        .substring => text(try substring(subject, input)),
        .truncate => text(try truncate(subject, input)),
        .pad_start => text(try pad(subject, input, true)),
        .pad_end => text(try pad(subject, input, false)),
        .repeat => text(try repeat(subject, input)),
        .reverse => text(try reverse(subject)),
        .split => part.textList(try split(subject, input)),
        .lines => part.textList(try lines(subject)),
        .words => part.textList(try words(subject)),
        .characters => part.textList(try characters(subject)),
        .code_points => codePoints(subject),
    };
}

fn text(found: []const u8) Error!Value {
    return .{ .text = found };
}

/// Spaces, or any of the characters in `characters`.
fn trim(subject: []const u8, input: part.Input, start: bool, end: bool) Error![]const u8 {
    const wanted = try input.optionalText("characters");
    var rest = subject;
    while (start and rest.len > 0) {
        const first = rest[0..unicode.offset(rest, 1)];
        if (!isTrimmed(first, wanted)) break;
        rest = rest[first.len..];
    }
    while (end and rest.len > 0) {
        const last = unicode.lastCharacter(rest);
        if (!isTrimmed(last, wanted)) break;
        rest = rest[0 .. rest.len - last.len];
    }
    return rest;
}

fn isTrimmed(character: []const u8, wanted: ?[]const u8) bool {
    if (wanted) |set| return std.mem.indexOf(u8, set, character) != null;
    return unicode.isSpace(std.unicode.utf8Decode(character) catch unreachable);
}

fn search(operation: Operation, subject: []const u8, input: part.Input) Error!Value {
    const given = try input.text("search");
    const ignore_case = try input.boolOr("ignore_case", false);
    const haystack = if (ignore_case) try unicode.lower(gpa, subject) else subject;
    const needle = if (ignore_case) try unicode.lower(gpa, given) else given;
    return switch (operation) {
        .contains => .{ .bool = try part.search.contains(haystack, needle) },
        .starts_with => .{ .bool = std.mem.startsWith(u8, haystack, needle) },
        .ends_with => .{ .bool = std.mem.endsWith(u8, haystack, needle) },
        .equals => .{ .bool = std.mem.eql(u8, haystack, needle) },
        .index_of => place(haystack, if (needle.len == 0) 0 else (try Needle.of(needle)).first(haystack, 0)),
        .last_index_of => place(haystack, if (needle.len == 0) haystack.len else (try Needle.of(needle)).last(haystack)),
        .count => part.integer(if (needle.len == 0) return emptySearch() else (try Needle.of(needle)).count(haystack)),
        else => unreachable,
    };
}

/// A place in code points; -1 when nothing was found.
fn place(haystack: []const u8, found: ?usize) Error!Value {
    return part.integer(if (found) |at| @as(i64, @intCast(unicode.length(haystack[0..at]))) else -1);
}

fn emptySearch() Error {
    return part.badInput(&.{"`search` must not be empty"});
}

/// All occurrences, or the first `limit`.
fn replace(subject: []const u8, input: part.Input) Error![]const u8 {
    var left = try input.intOr("limit", 0, max_length, max_length);
    if (patterns.isGiven(input)) return patterns.replace(subject, input, left);
    const wanted = try input.text("search");
    if (wanted.len == 0) return emptySearch();
    const needle = try Needle.of(wanted);
    const replacement = try input.textOr("replacement", "");
    var out: std.ArrayList(u8) = .empty;
    var from: usize = 0;
    while (left > 0) : (left -= 1) {
        const at = needle.first(subject, from) orelse break;
        try out.appendSlice(gpa, subject[from..at]);
        try out.appendSlice(gpa, replacement);
        from = at + wanted.len;
    }
    try out.appendSlice(gpa, subject[from..]);
    return out.items;
}

fn removePrefix(subject: []const u8, prefix: []const u8) Error![]const u8 {
    return if (std.mem.startsWith(u8, subject, prefix)) subject[prefix.len..] else subject;
}

fn removeSuffix(subject: []const u8, suffix: []const u8) Error![]const u8 {
    return if (std.mem.endsWith(u8, subject, suffix)) subject[0 .. subject.len - suffix.len] else subject;
}

fn slice(subject: []const u8, input: part.Input) Error![]const u8 {
    const len: i64 = @intCast(unicode.length(subject));
    const start = part.fromEnd(try input.intOr("start", -max_length, max_length, 0), len);
    const end = part.fromEnd(try input.intOr("end", -max_length, max_length, len), len);
    return between(subject, start, @max(start, end));
}

fn substring(subject: []const u8, input: part.Input) Error![]const u8 {
    const len: i64 = @intCast(unicode.length(subject));
    const start = part.fromEnd(try input.intOr("start", -max_length, max_length, 0), len);
    return between(subject, start, start + try input.intOr("length", 0, max_length, len));
}

fn between(subject: []const u8, start: i64, end: i64) []const u8 {
    const tail = subject[unicode.offset(subject, @intCast(start))..];
    return tail[0..unicode.offset(tail, @intCast(end - start))];
}

/// At most `length` code points, the ellipsis included.
fn truncate(subject: []const u8, input: part.Input) Error![]const u8 {
    const limit = try input.int("length", 0, max_length);
    if (unicode.length(subject) <= limit) return subject;
    const ellipsis = try input.textOr("ellipsis", "…");
    const room = limit - @as(i64, @intCast(unicode.length(ellipsis)));
    if (room < 0) return between(subject, 0, limit);
    return part.concat(&.{ unicode.trimEnd(between(subject, 0, room)), ellipsis });
}

fn pad(subject: []const u8, input: part.Input, at_start: bool) Error![]const u8 {
    const wanted: usize = @intCast(try input.int("length", 0, max_length));
    const fill = try input.textOr("fill", " ");
    if (fill.len == 0) return part.badInput(&.{"`fill` must not be empty"});
    const have = unicode.length(subject);
    if (have >= wanted) return subject;
    const width = unicode.length(fill);
    const whole = try repeated(fill, (wanted - have + width - 1) / width);
    const padding = whole[0..unicode.offset(whole, wanted - have)];
    return part.concat(if (at_start) &.{ padding, subject } else &.{ subject, padding });
}

fn repeat(subject: []const u8, input: part.Input) Error![]const u8 {
    return repeated(subject, @intCast(try input.int("count", 0, max_length)));
}

fn repeated(unit: []const u8, count: usize) Error![]const u8 {
    if (unit.len *| count > max_length) return part.badInput(&.{"the result would be longer than 1 MiB"});
    const out = try gpa.alloc(u8, unit.len * count);
    for (0..count) |i| @memcpy(out[i * unit.len ..][0..unit.len], unit);
    return out;
}

/// Marks that combine with the letter before them stay behind it.
fn reverse(subject: []const u8) Error![]const u8 {
    const out = try gpa.alloc(u8, subject.len);
    var end = subject.len;
    var start: usize = 0;
    while (start < subject.len) {
        var next = start + unicode.offset(subject[start..], 1);
        while (next < subject.len and unicode.combines(subject[next..])) next += unicode.offset(subject[next..], 1);
        end -= next - start;
        @memcpy(out[end..][0 .. next - start], subject[start..next]);
        start = next;
    }
    return out;
}

/// On white space without `separator`; into characters with an empty one; `limit` pieces at most, the rest in the last.
fn split(subject: []const u8, input: part.Input) Error![]const []const u8 {
    const limit = try input.intOr("limit", 1, max_length, max_length);
    if (patterns.isGiven(input)) return patterns.split(subject, input, limit);
    const separator = try input.optionalText("separator") orelse return onSpaces(subject);
    if (separator.len == 0) return characters(subject);
    var out: std.ArrayList([]const u8) = .empty;
    var pieces = try part.search.Pieces.of(subject, separator);
    while (pieces.next()) |piece| {
        if (out.items.len + 1 == limit) {
            try out.append(gpa, subject[@intFromPtr(piece.ptr) - @intFromPtr(subject.ptr) ..]);
            break;
        }
        try out.append(gpa, piece);
    }
    return out.items;
}

fn onSpaces(subject: []const u8) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var rest = unicode.trimStart(subject);
    while (rest.len > 0) {
        const end = unicode.firstSpace(rest);
        try out.append(gpa, rest[0..end]);
        rest = unicode.trimStart(rest[end..]);
    }
    return out.items;
}

/// Without their ends (`\n`, `\r\n`, `\r`); an end at the end opens no further line.
fn lines(subject: []const u8) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var rest = subject;
    while (rest.len > 0) {
        const end = std.mem.indexOfAny(u8, rest, "\r\n") orelse rest.len;
        try out.append(gpa, rest[0..end]);
        const pair = std.mem.startsWith(u8, rest[end..], "\r\n");
        rest = rest[@min(rest.len, end + @as(usize, if (pair) 2 else 1))..];
    }
    return out.items;
}

fn words(subject: []const u8) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var found = unicode.Words{ .text = subject };
    while (found.next()) |word| try out.append(gpa, word);
    return out.items;
}

fn characters(subject: []const u8) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var it = unicode.points(subject);
    while (it.nextCodepointSlice()) |character| try out.append(gpa, character);
    return out.items;
}

fn codePoints(subject: []const u8) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    var it = unicode.points(subject);
    while (it.nextCodepoint()) |point| try out.append(gpa, try part.integer(point));
    return .{ .list = out.items };
}
