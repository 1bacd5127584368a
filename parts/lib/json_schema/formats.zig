//! The formats that are asserted. An unknown one is refused in the schema and not passed over.

const std = @import("std");
const part = @import("../part.zig");
const unicode = part.unicode;
const regex = part.regex;

const Kind = enum {
    @"date-time", date, time, duration, email, @"idn-email", hostname, @"idn-hostname", ipv4, ipv6, uri, @"uri-reference",
    iri, @"iri-reference", uuid, @"uri-template", @"json-pointer", @"relative-json-pointer", regex,
};

pub const known = "one of " ++ names: {
    var all: []const u8 = "";
    for (std.meta.fieldNames(Kind), 0..) |name, i| all = all ++ (if (i == 0) "" else ", ") ++ name;
    break :names all;
};

const clock = "T([0-9]+S|[0-9]+M([0-9]+S)?|[0-9]+H([0-9]+M([0-9]+S)?)?)";
const duration = "^P([0-9]+W|" ++ clock ++ "|([0-9]+D|[0-9]+M([0-9]+D)?|[0-9]+Y([0-9]+M([0-9]+D)?)?)(" ++ clock ++ ")?)$";
const relative_pointer = "^(0|[1-9][0-9]*)([+-](0|[1-9][0-9]*))?(#|(/([^~/]|~[01])*)*)$";
const escaped = "%[0-9A-Fa-f]{2}";
const variable = "([0-9A-Za-z_]|" ++ escaped ++ ")(\\.?([0-9A-Za-z_]|" ++ escaped ++ "))*(:[1-9][0-9]{0,3}|\\*)?";
const uri_template = "^([^\\x00-\\x20\\x7f\"'%<>\\\\^`{|}]|" ++ escaped ++ "|\\{[+#./;?&=,!@|]?" ++ variable ++ "(," ++ variable ++ ")*\\})*$";

pub fn isKnown(name: []const u8) bool {
    return std.meta.stringToEnum(Kind, name) != null;
}

pub fn fits(name: []const u8, text: []const u8) part.Error!bool {
    return switch (std.meta.stringToEnum(Kind, name).?) {
        .date => isDate(text),
        .time => isTime(text),
        .@"date-time" => text.len > 11 and (text[10] == 'T' or text[10] == 't') and isDate(text[0..10]) and isTime(text[11..]),
        .duration => @import("values.zig").matches(duration, text),
        .email => isEmail(text, false),
        .@"idn-email" => isEmail(text, true),
        .hostname => isHostname(text, false),
        .@"idn-hostname" => isHostname(text, true),
        .ipv4 => isIpv4(text),
        .ipv6 => isIpv6(text),
        .uri => isUri(text, true, false),
        .@"uri-reference" => isUri(text, false, false),
        .iri => isUri(text, true, true),
        .@"iri-reference" => isUri(text, false, true),
        .@"uri-template" => @import("values.zig").matches(uri_template, text),
        .uuid => isUuid(text),
        .regex => if (regex.compile(text, .{})) |_| true else |_| false,
        .@"json-pointer" => isPointer(text),
        .@"relative-json-pointer" => @import("values.zig").matches(relative_pointer, text),
    };
}

fn number(text: []const u8, low: u32, high: u32) ?u32 {
    for (text) |byte| if (!std.ascii.isDigit(byte)) return null;
    const found = std.fmt.parseInt(u32, text, 10) catch return null;
    return if (found >= low and found <= high) found else null;
}

fn isDate(text: []const u8) bool {
    if (text.len != 10 or text[4] != '-' or text[7] != '-') return false;
    const year = number(text[0..4], 0, 9999) orelse return false;
    const month = number(text[5..7], 1, 12) orelse return false;
    const leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0);
    const days: u32 = switch (month) {
        2 => if (leap) 29 else 28,
        4, 6, 9, 11 => 30,
        else => 31,
    };
    return number(text[8..10], 1, days) != null;
}

fn isTime(text: []const u8) bool {
    if (text.len < 9 or text[2] != ':' or text[5] != ':') return false;
    const hour = number(text[0..2], 0, 23) orelse return false;
    const minute = number(text[3..5], 0, 59) orelse return false;
    const second = number(text[6..8], 0, 60) orelse return false;
    var rest = text[8..];
    if (rest[0] == '.') {
        var end: usize = 1;
        while (end < rest.len and std.ascii.isDigit(rest[end])) end += 1;
        if (end == 1) return false;
        rest = rest[end..];
    }
    const offset = zoneMinutes(rest) orelse return false;
    // A leap second falls on 23:59:60 UTC, whatever the zone.
    const utc = @mod(@as(i32, @intCast(hour * 60 + minute)) - offset, 24 * 60);
    return second < 60 or utc == 23 * 60 + 59;
}

fn zoneMinutes(text: []const u8) ?i32 {
    if (text.len == 1 and (text[0] == 'Z' or text[0] == 'z')) return 0;
    if (text.len != 6 or (text[0] != '+' and text[0] != '-') or text[3] != ':') return null;
    const hours = number(text[1..3], 0, 23) orelse return null;
    const minutes = number(text[4..6], 0, 59) orelse return null;
    const total: i32 = @intCast(hours * 60 + minutes);
    return if (text[0] == '-') -total else total;
}

/// `wide`: letters of every script, too.
fn isEmail(text: []const u8, wide: bool) bool {
    const at = std.mem.lastIndexOfScalar(u8, text, '@') orelse return false;
    const local = text[0..at];
    if (local.len == 0 or local.len > 64 or local[0] == '.' or local[local.len - 1] == '.') return false;
    if (std.mem.indexOf(u8, local, "..") != null) return false;
    for (local) |byte| {
        if (byte <= ' ' or (byte >= 127 and !wide) or std.mem.indexOfScalar(u8, "()<>[]:;@\\,\"", byte) != null) return false;
    }
    return isHostname(text[at + 1 ..], wide);
}

fn isHostname(text: []const u8, wide: bool) bool {
    if (text.len == 0 or text.len > 253) return false;
    var labels = std.mem.splitScalar(u8, text, '.');
    while (labels.next()) |label| {
        if (label.len == 0 or label.len > 63 or label[0] == '-' or label[label.len - 1] == '-') return false;
        var points = unicode.points(label);
        while (points.nextCodepoint()) |point| {
            if (point != '-' and !unicode.isWord(point)) return false;
            if (point >= 128 and !wide) return false;
        }
    }
    return true;
}

fn isIpv4(text: []const u8) bool {
    var pieces = std.mem.splitScalar(u8, text, '.');
    var count: usize = 0;
    while (pieces.next()) |piece| : (count += 1) {
        if (piece.len == 0 or piece.len > 3 or (piece.len > 1 and piece[0] == '0')) return false;
        if (number(piece, 0, 255) == null) return false;
    }
    return count == 4;
}

fn isIpv6(text: []const u8) bool {
    const gap = std.mem.indexOf(u8, text, "::") orelse return groups(text) == 8;
    if (std.mem.indexOf(u8, text[gap + 1 ..], "::") != null) return false;
    const before = if (gap == 0) 0 else groups(text[0..gap]) orelse return false;
    const behind = if (gap + 2 == text.len) 0 else groups(text[gap + 2 ..]) orelse return false;
    return before + behind <= 7 and std.mem.indexOfScalar(u8, text[0..gap], '.') == null;
}

/// How many groups of 16 bits; an IPv4 address at the end counts as two.
fn groups(text: []const u8) ?usize {
    var pieces = std.mem.splitScalar(u8, text, ':');
    var count: usize = 0;
    while (pieces.next()) |piece| {
        count += 1;
        if (pieces.peek() == null and isIpv4(piece)) return count + 1;
        if (piece.len == 0 or piece.len > 4) return null;
        for (piece) |byte| if (!std.ascii.isHex(byte)) return null;
    }
    return count;
}

fn isUri(text: []const u8, needs_scheme: bool, wide: bool) bool {
    for (text, 0..) |byte, i| {
        if (byte <= ' ' or byte == 127 or (byte > 127 and !wide) or std.mem.indexOfScalar(u8, "<>\"{}|\\^`", byte) != null) return false;
        const hex = byte != '%' or (text.len - i > 2 and std.ascii.isHex(text[i + 1]) and std.ascii.isHex(text[i + 2]));
        if (!hex) return false;
    }
    if (!needs_scheme) return true;
    const colon = std.mem.indexOfScalar(u8, text, ':') orelse return false;
    if (colon == 0 or !std.ascii.isAlphabetic(text[0])) return false;
    for (text[0..colon]) |byte| {
        if (!std.ascii.isAlphanumeric(byte) and std.mem.indexOfScalar(u8, "+-.", byte) == null) return false;
    }
    return true;
}

fn isUuid(text: []const u8) bool {
    if (text.len != 36) return false;
    for (text, 0..) |byte, i| switch (i) {
        8, 13, 18, 23 => if (byte != '-') return false,
        else => if (!std.ascii.isHex(byte)) return false,
    };
    return true;
}

fn isPointer(text: []const u8) bool {
    if (text.len > 0 and text[0] != '/') return false;
    for (text, 0..) |byte, i| {
        if (byte == '~' and (i + 1 == text.len or (text[i + 1] != '0' and text[i + 1] != '1'))) return false;
    }
    return true;
}
