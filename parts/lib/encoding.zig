//! Bytes as text: hexadecimal, base64 (both alphabets), per cent.

const std = @import("std");
const gpa = @import("memory.zig").allocator;

pub const Error = error{ OutOfMemory, Malformed };

pub fn hex(bytes: []const u8) error{OutOfMemory}![]const u8 {
    const out = try gpa.alloc(u8, bytes.len * 2);
    const digits = "0123456789abcdef";
    for (bytes, 0..) |byte, i| {
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
    return out;
}

pub fn fromHex(text: []const u8) Error![]const u8 {
    if (text.len % 2 != 0) return error.Malformed;
    const out = try gpa.alloc(u8, text.len / 2);
    for (out, 0..) |*slot, i| slot.* = hexPair(text[2 * i ..][0..2]) orelse return error.Malformed;
    return out;
}

fn hexPair(pair: *const [2]u8) ?u8 {
    const high = std.fmt.charToDigit(pair[0], 16) catch return null;
    const low = std.fmt.charToDigit(pair[1], 16) catch return null;
    return high * 16 + low;
}

pub const Base64 = struct { url: bool = false, pad: ?bool = null };

/// The URL alphabet goes without padding unless it is asked for.
pub fn base64(bytes: []const u8, options: Base64) error{OutOfMemory}![]const u8 {
    const pad = options.pad orelse !options.url;
    const codec = if (options.url) std.base64.url_safe_no_pad else std.base64.standard_no_pad;
    const out = try gpa.alloc(u8, (bytes.len + 2) / 3 * 4);
    const written = codec.Encoder.encode(out, bytes);
    if (!pad) return written;
    @memset(out[written.len..], '=');
    return out;
}

/// Either alphabet, with padding or without, and with line breaks as in mail.
pub fn fromBase64(text: []const u8) Error![]const u8 {
    const clean = try gpa.alloc(u8, text.len);
    var len: usize = 0;
    for (text) |byte| switch (byte) {
        ' ', '\t', '\r', '\n' => {},
        else => {
            clean[len] = if (byte == '-') '+' else if (byte == '_') '/' else byte;
            len += 1;
        },
    };
    const digits = std.mem.trimRight(u8, clean[0..len], "=");
    const padding = len - digits.len;
    if (padding > 2 or (padding > 0 and len % 4 != 0)) return error.Malformed;
    const decoder = std.base64.standard_no_pad.Decoder;
    const out = try gpa.alloc(u8, decoder.calcSizeForSlice(digits) catch return error.Malformed);
    decoder.decode(out, digits) catch return error.Malformed;
    return out;
}

pub fn percent(bytes: []const u8, kept: []const u8, space: []const u8) error{OutOfMemory}![]const u8 {
    const digits = "0123456789ABCDEF";
    var out: std.ArrayList(u8) = .empty;
    for (bytes) |byte| {
        if (std.ascii.isAlphanumeric(byte) or std.mem.indexOfScalar(u8, "-._~", byte) != null or std.mem.indexOfScalar(u8, kept, byte) != null) {
            try out.append(gpa, byte);
        } else if (byte == ' ') {
            try out.appendSlice(gpa, space);
        } else try out.appendSlice(gpa, &.{ '%', digits[byte >> 4], digits[byte & 15] });
    }
    return out.items;
}

pub fn fromPercent(text: []const u8, plus_is_space: bool) Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    var at: usize = 0;
    while (at < text.len) : (at += 1) {
        if (text[at] == '%') {
            if (text.len - at < 3) return error.Malformed;
            try out.append(gpa, hexPair(text[at + 1 ..][0..2]) orelse return error.Malformed);
            at += 2;
        } else try out.append(gpa, if (text[at] == '+' and plus_is_space) ' ' else text[at]);
    }
    return out.items;
}

pub fn html(text: []const u8) error{OutOfMemory}![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    for (text) |byte| try out.appendSlice(gpa, switch (byte) {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        else => &.{byte},
    });
    return out.items;
}
