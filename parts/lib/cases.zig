//! The spellings that programs and titles use: Title Case, camelCase, snake_case, slugs.

const std = @import("std");
const part = @import("part.zig");
const unicode = part.unicode;
const gpa = part.gpa;
const Bytes = std.ArrayList(u8);
const OutOfMemory = error{OutOfMemory};

pub fn capitalize(text: []const u8) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    try appendCapitalized(&out, text);
    return out.items;
}

fn appendCapitalized(out: *Bytes, text: []const u8) OutOfMemory!void {
    var it = unicode.points(text);
    const first = it.nextCodepoint() orelse return;
    if (first == 'ß') try out.appendSlice(gpa, "Ss") else try unicode.append(gpa, out, unicode.upperPoint(first));
    try out.appendSlice(gpa, try unicode.lower(gpa, text[it.i..]));
}

/// Latin letters without their accents, small and capital as they were; everything else as it is.
pub fn withoutAccents(text: []const u8) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    var it = unicode.points(text);
    while (it.nextCodepointSlice()) |character| {
        const point = std.unicode.utf8Decode(character) catch unreachable;
        const base = unicode.baseLetter(point) orelse {
            if (point < 0x300 or point > 0x36F) try out.appendSlice(gpa, character); // accents that follow their letter
            continue;
        };
        const capital = unicode.lowerPoint(point) != point;
        try out.appendSlice(gpa, if (capital) try capitalize(base) else base);
    }
    return out.items;
}

/// Every word with a capital letter; what is between the words stays as it is.
pub fn title(text: []const u8) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    var words = unicode.Words{ .text = text };
    var done: usize = 0;
    while (words.next()) |word| {
        const start = @intFromPtr(word.ptr) - @intFromPtr(text.ptr);
        try out.appendSlice(gpa, text[done..start]);
        try appendCapitalized(&out, word);
        done = start + word.len;
    }
    try out.appendSlice(gpa, text[done..]);
    return out.items;
}

pub fn swap(text: []const u8) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    var it = unicode.points(text);
    while (it.nextCodepoint()) |point| {
        const lowered = unicode.lowerPoint(point);
        if (lowered != point) try unicode.append(gpa, &out, lowered) else try unicode.appendUpper(gpa, &out, point);
    }
    return out.items;
}

pub const Style = enum { lower, camel, pascal };

/// The words of a text or of another compound (`userID`, `user-id`, `User ID`) as one word.
pub fn compound(text: []const u8, glue: []const u8, style: Style) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    var pieces = Pieces{ .words = .{ .text = text } };
    var index: usize = 0;
    while (pieces.next()) |piece| : (index += 1) {
        if (index > 0) try out.appendSlice(gpa, glue);
        const capital = style == .pascal or (style == .camel and index > 0);
        if (capital) try appendCapitalized(&out, piece) else try out.appendSlice(gpa, try unicode.lower(gpa, piece));
    }
    return out.items;
}

/// Words, cut where the case changes: `parseHTTPAnswer` is parse, HTTP, Answer.
const Pieces = struct {
    words: unicode.Words,
    rest: []const u8 = "",

    fn next(self: *Pieces) ?[]const u8 {
        if (self.rest.len == 0) self.rest = self.words.next() orelse return null;
        const end = hump(self.rest);
        defer self.rest = self.rest[end..];
        return self.rest[0..end];
    }

    fn hump(word: []const u8) usize {
        var it = unicode.points(word);
        var before = kindOf(it.nextCodepoint().?);
        while (it.i < word.len) {
            const here = it.i;
            const kind = kindOf(it.nextCodepoint().?);
            if (before == .lower and kind == .upper) return here;
            if (before == .upper and kind == .upper and isLowerAt(word, it.i)) return here;
            before = kind;
        }
        return word.len;
    }

    const Kind = enum { upper, lower, other };

    fn kindOf(point: u21) Kind {
        if (unicode.lowerPoint(point) != point) return .upper;
        if (unicode.upperPoint(point) != point) return .lower;
        return if (point >= '0' and point <= '9') .lower else .other;
    }

    fn isLowerAt(word: []const u8, at: usize) bool {
        var it = unicode.points(word[at..]);
        const point = it.nextCodepoint() orelse return false;
        return unicode.upperPoint(point) != point;
    }
};

/// For addresses: lower case, Latin letters without accents, other scripts as they are, one separator between words.
pub fn slug(text: []const u8, separator: []const u8) OutOfMemory![]const u8 {
    var out: Bytes = .empty;
    var gap = false;
    var it = unicode.points(text);
    while (it.nextCodepoint()) |point| {
        if (unicode.isApostrophe(point)) continue;
        const kept = unicode.isWord(point);
        if (kept and gap and out.items.len > 0) try out.appendSlice(gpa, separator);
        gap = !kept;
        if (kept) try appendPlain(&out, point);
    }
    return out.items;
}

fn appendPlain(out: *Bytes, point: u21) OutOfMemory!void {
    const base = unicode.baseLetter(point) orelse return unicode.append(gpa, out, unicode.lowerPoint(point));
    for (base) |letter| try out.append(gpa, std.ascii.toLower(letter));
}
