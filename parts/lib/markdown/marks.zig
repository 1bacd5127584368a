//! What stands beside a mark of emphasis, and what stands between `<` and `>`.

const std = @import("std");
const part = @import("../part.zig");
const scan = @import("scan.zig");

pub const Side = enum { space, punctuation, word };

pub fn sideOf(point: u21) Side {
    if (point == 0 or part.unicode.isSpace(point)) return .space;
    if (point < 128) return if (scan.isPunctuation(@intCast(point))) .punctuation else .word;
    return if (part.unicode.isWord(point)) .word else .punctuation;
}

pub fn firstPoint(text: []const u8) u21 {
    var points = part.unicode.points(text);
    return points.nextCodepoint() orelse 0;
}

pub fn lastPoint(text: []const u8) u21 {
    return if (text.len == 0) 0 else firstPoint(part.unicode.lastCharacter(text));
}

pub fn isAddress(text: []const u8) bool {
    const colon = std.mem.indexOfScalar(u8, text, ':') orelse return false;
    if (colon < 2 or colon > 32 or !std.ascii.isAlphabetic(text[0])) return false;
    for (text[0..colon]) |byte| if (!std.ascii.isAlphanumeric(byte) and std.mem.indexOfScalar(u8, "+.-", byte) == null) return false;
    for (text[colon..]) |byte| if (byte <= ' ' or byte == '<') return false;
    return true;
}

pub fn isMail(text: []const u8) bool {
    const at = std.mem.indexOfScalar(u8, text, '@') orelse return false;
    if (at == 0) return false;
    for (text[0..at]) |byte| if (!std.ascii.isAlphanumeric(byte) and std.mem.indexOfScalar(u8, ".!#$%&'*+/=?^_`{|}~-", byte) == null) return false;
    var labels = std.mem.splitScalar(u8, text[at + 1 ..], '.');
    while (labels.next()) |label| {
        if (label.len == 0 or label.len > 63 or label[0] == '-' or label[label.len - 1] == '-') return false;
        for (label) |byte| if (!std.ascii.isAlphanumeric(byte) and byte != '-') return false;
    }
    return true;
}
