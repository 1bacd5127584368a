//! `text_split`: a text in chunks. Units (characters, words, sentences, ...) are found first; a chunk is a stretch of
//! `size` units of the text as it stands, and begins `overlap` units before the end of the one before. With
//! `max_chars` a chunk takes as many units as fit into so many code points instead, as one wants it for models.

const std = @import("std");
const part = @import("part");
const unicode = part.unicode;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const By = enum { chars, words, sentences, lines, paragraphs, separator };

/// A stretch of the text in bytes.
const Unit = struct { start: usize, end: usize };

const max_count = 1 << 24;

pub fn run(input: part.Input) Error!Value {
    const text = try input.text("text");
    const by = try input.choice("by", By, .chars);
    const overlap: usize = @intCast(try input.intOr("overlap", 0, max_count, 0));
    const max_chars = try input.optionalInt("max_chars", 1, max_count);
    const size = try input.optionalInt("size", 1, max_count);
    if (size != null and max_chars != null) return part.badInput(&.{"give `size` (in units) or `max_chars`, not both"});
    const default: i64 = if (max_chars != null) max_count else if (by == .chars) 1000 else 1;
    const per_chunk: usize = @intCast(size orelse default);
    if (overlap >= per_chunk) return part.badInput(&.{"`overlap` must be smaller than `size`"});
    const units = try unitsOf(text, by, input);
    const chunks = try chunksOf(text, units, per_chunk, if (max_chars) |n| @intCast(n) else null, overlap);
    return .{ .map = try part.fields(.{
        .{ "chunks", try part.textList(chunks) },
        .{ "count", try part.integer(chunks.len) },
    }) };
}

fn unitsOf(text: []const u8, by: By, input: part.Input) Error![]const Unit {
    var out: std.ArrayList(Unit) = .empty;
    switch (by) {
        .chars => {
            var it = unicode.points(text);
            while (it.nextCodepointSlice()) |character| try note(&out, text, character);
        },
        .words => try words(&out, text),
        .sentences => {
            var found = part.sentences.Sentences{ .text = text };
            while (found.next()) |sentence| try note(&out, text, sentence);
        },
        .lines => try separated(&out, text, "\n"),
        .paragraphs => try paragraphs(&out, text),
        .separator => {
            const separator = try input.text("separator");
            if (separator.len == 0) return part.badInput(&.{"`separator` must not be empty"});
            try separated(&out, text, separator);
        },
    }
    return out.items;
}

fn note(out: *std.ArrayList(Unit), text: []const u8, found: []const u8) Error!void {
    const start = @intFromPtr(found.ptr) - @intFromPtr(text.ptr);
    try out.append(gpa, .{ .start = start, .end = start + found.len });
}

/// Words as they are counted: stretches without white space; an ideograph is one.
fn words(out: *std.ArrayList(Unit), text: []const u8) Error!void {
    var it = unicode.points(text);
    var start: ?usize = null;
    while (true) {
        const here = it.i;
        const point = it.nextCodepoint() orelse break;
        const alone = unicode.isIdeograph(point);
        if (alone or unicode.isSpace(point)) {
            if (start) |from| try note(out, text, text[from..here]);
            start = null;
            if (alone) try note(out, text, text[here..it.i]);
        } else if (start == null) start = here;
    }
    if (start) |from| try note(out, text, text[from..]);
}

fn separated(out: *std.ArrayList(Unit), text: []const u8, separator: []const u8) Error!void {
    var pieces = try part.search.Pieces.of(text, separator);
    while (pieces.next()) |piece| {
        const found = unicode.trimEnd(unicode.trimStart(piece));
        if (found.len > 0) try note(out, text, found);
    }
}

/// Separated by lines that are empty.
fn paragraphs(out: *std.ArrayList(Unit), text: []const u8) Error!void {
    var start: ?usize = null;
    var end: usize = 0;
    var lines = std.mem.splitScalar(u8, text, '\n');
    while (lines.next()) |line| {
        const found = unicode.trimEnd(line);
        const at = @intFromPtr(line.ptr) - @intFromPtr(text.ptr);
        if (unicode.trimStart(found).len == 0) {
            if (start) |from| try note(out, text, text[from..end]);
            start = null;
            continue;
        }
        if (start == null) start = at;
        end = at + found.len;
    }
    if (start) |from| try note(out, text, text[from..end]);
}

fn chunksOf(text: []const u8, units: []const Unit, size: usize, max_chars: ?usize, overlap: usize) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var first: usize = 0;
    while (first < units.len) {
        const last = lastUnit(text, units, first, size, max_chars);
        try out.append(gpa, text[units[first].start..units[last].end]);
        if (last + 1 == units.len) break;
        first = @max(first + 1, last + 1 -| overlap);
    }
    return out.items;
}

/// The last unit of a chunk. One unit is always taken, however long it is: cutting inside would break what it means.
fn lastUnit(text: []const u8, units: []const Unit, first: usize, size: usize, max_chars: ?usize) usize {
    const end = @min(units.len, first +| size) - 1;
    const limit = max_chars orelse return end;
    var last = first;
    var length = unicode.length(text[units[first].start..units[first].end]);
    while (last < end) : (last += 1) {
        length += unicode.length(text[units[last].end..units[last + 1].end]);
        if (length > limit) break;
    }
    return last;
}
