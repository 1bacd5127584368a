//! Code points, case and words. Case follows Unicode's simple mappings for every script that has case, and two rules
//! beyond: `ß` becomes `SS`, and `Σ` at the end of a word becomes `ς`. Texts are valid UTF-8: the JSON reader saw to it.

const std = @import("std");
const tables = @import("unicode_tables.zig");
const Allocator = std.mem.Allocator;
const Bytes = std.ArrayList(u8);

pub fn points(text: []const u8) std.unicode.Utf8Iterator {
    return .{ .bytes = text, .i = 0 };
}

pub fn length(text: []const u8) usize {
    var count: usize = 0;
    for (text) |byte| count += @intFromBool(byte & 0xC0 != 0x80);
    return count;
}

/// The byte at which code point number `index` begins; the end of the text when there are fewer.
pub fn offset(text: []const u8, index: usize) usize {
    var seen: usize = 0;
    for (text, 0..) |byte, i| {
        if (byte & 0xC0 == 0x80) continue;
        if (seen == index) return i;
        seen += 1;
    }
    return text.len;
}

pub fn isSpace(point: u21) bool {
    return switch (point) {
        9...13, ' ', 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF => true,
        else => false,
    };
}

/// Letters, marks and numbers.
pub fn isWord(point: u21) bool {
    if (point < 128) return std.ascii.isAlphanumeric(@intCast(point));
    var low: usize = 0;
    var high: usize = tables.word.len;
    while (low < high) {
        const middle = (low + high) / 2;
        if (tables.word[middle][1] < point) low = middle + 1 else high = middle;
    }
    return low < tables.word.len and tables.word[low][0] <= point;
}

/// Scripts that are written without spaces between words.
pub fn isIdeograph(point: u21) bool {
    return switch (point) {
        0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF => true,
        else => false,
    };
}

pub fn upperPoint(point: u21) u21 {
    if (point < 128) return std.ascii.toUpper(@intCast(point));
    return mapped(&tables.upper, point);
}

pub fn lowerPoint(point: u21) u21 {
    if (point < 128) return std.ascii.toLower(@intCast(point));
    return mapped(&tables.lower, point);
}

fn mapped(ranges: []const tables.CaseRange, point: u21) u21 {
    var low: usize = 0;
    var high: usize = ranges.len;
    while (low < high) {
        const middle = (low + high) / 2;
        if (ranges[middle].last < point) low = middle + 1 else high = middle;
    }
    // Ranges of every second letter may lie inside one another, so the next ones are looked at too.
    for (ranges[low..@min(low + 3, ranges.len)]) |range| {
        if (point < range.first or point > range.last) continue;
        if ((point - range.first) % range.step != 0) continue;
        return @intCast(@as(i32, point) + range.delta);
    }
    return point;
}

pub fn append(gpa: Allocator, out: *Bytes, point: u21) error{OutOfMemory}!void {
    var bytes: [4]u8 = undefined;
    const len = std.unicode.utf8Encode(point, &bytes) catch unreachable;
    try out.appendSlice(gpa, bytes[0..len]);
}

pub fn appendUpper(gpa: Allocator, out: *Bytes, point: u21) error{OutOfMemory}!void {
    if (point == 'ß') return out.appendSlice(gpa, "SS");
    try append(gpa, out, upperPoint(point));
}

pub fn upper(gpa: Allocator, text: []const u8) error{OutOfMemory}![]const u8 {
    var out: Bytes = .empty;
    var it = points(text);
    while (it.nextCodepoint()) |point| try appendUpper(gpa, &out, point);
    return out.items;
}

pub fn lower(gpa: Allocator, text: []const u8) error{OutOfMemory}![]const u8 {
    var out = try Bytes.initCapacity(gpa, text.len);
    var it = points(text);
    var after_letter = false;
    while (it.nextCodepoint()) |point| {
        const ends_word = point == 'Σ' and after_letter and !startsWord(text[it.i..]);
        try append(gpa, &out, if (ends_word) 'ς' else lowerPoint(point));
        after_letter = isWord(point);
    }
    return out.items;
}

fn startsWord(text: []const u8) bool {
    var it = points(text);
    return isWord(it.nextCodepoint() orelse return false);
}

/// The ASCII letter under the accents of a Latin letter, or null.
pub fn baseLetter(point: u21) ?[]const u8 {
    switch (point) {
        'ß' => return "ss",
        'æ', 'Æ' => return "ae",
        'œ', 'Œ' => return "oe",
        'ø', 'Ø' => return "o",
        'đ', 'Đ', 'ð', 'Ð' => return "d",
        'ł', 'Ł' => return "l",
        'þ', 'Þ' => return "th",
        'ı' => return "i",
        else => {},
    }
    const found: []const u8 = switch (point) {
        0xC0...0x24F => tables.latin[point - 0xC0 ..][0..1],
        0x1E00...0x1EFF => tables.latin_additional[point - 0x1E00 ..][0..1],
        else => return null,
    };
    return if (found[0] == ' ') null else found;
}

/// The last character of a text that is not empty.
pub fn lastCharacter(text: []const u8) []const u8 {
    var start = text.len - 1;
    while (text[start] & 0xC0 == 0x80) start -= 1;
    return text[start..];
}

/// The byte where white space begins, or the end.
pub fn firstSpace(text: []const u8) usize {
    var it = points(text);
    while (true) {
        const here = it.i;
        if (isSpace(it.nextCodepoint() orelse return text.len)) return here;
    }
}

/// Whether a text begins with a mark that belongs to the character before it.
pub fn combines(text: []const u8) bool {
    var it = points(text);
    return switch (it.nextCodepoint() orelse return false) {
        0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F => true,
        0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20F0, 0x3099, 0x309A => true,
        0x200D, 0xFE00...0xFE0F, 0xFE20...0xFE2F, 0x1F3FB...0x1F3FF, 0xE0100...0xE01EF => true,
        else => false,
    };
}

pub fn trimStart(text: []const u8) []const u8 {
    var it = points(text);
    while (true) {
        const start = it.i;
        const point = it.nextCodepoint() orelse return text[text.len..];
        if (!isSpace(point)) return text[start..];
    }
}

pub fn trimEnd(text: []const u8) []const u8 {
    var rest = text;
    while (rest.len > 0) {
        const last = lastCharacter(rest);
        if (!isSpace(std.unicode.utf8Decode(last) catch unreachable)) break;
        rest = rest[0 .. rest.len - last.len];
    }
    return rest;
}

/// The words of a text, one after the other. An apostrophe between letters belongs to the word; an ideograph is a word.
pub const Words = struct {
    text: []const u8,
    at: usize = 0,

    pub fn next(self: *Words) ?[]const u8 {
        var it = points(self.text);
        it.i = self.at;
        var start: ?usize = null;
        while (true) {
            const here = it.i;
            self.at = here;
            const point = it.nextCodepoint() orelse break;
            if (isIdeograph(point)) {
                if (start == null) {
                    self.at = it.i;
                    return self.text[here..it.i];
                }
                break;
            }
            if (isWord(point)) {
                if (start == null) start = here;
            } else if (start != null and !(isApostrophe(point) and startsWord(self.text[it.i..]))) break;
        }
        return self.text[start orelse return null .. self.at];
    }
};

pub fn isApostrophe(point: u21) bool {
    return point == '\'' or point == '’';
}
