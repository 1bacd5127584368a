//! What stands behind a piece of a pattern and says how often it comes: `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`.

const std = @import("std");
const Parser = @import("parser.zig").Parser;
const Error = @import("parser.zig").Error;

pub const Count = struct { low: usize, high: ?usize, lazy: bool };

const max_repeat = 1000;

/// How often; with a `?` behind it as few times as possible.
pub fn read(parser: *Parser) Error!?Count {
    var count: Count = switch (parser.peek() orelse return null) {
        '*' => .{ .low = 0, .high = null, .lazy = false },
        '+' => .{ .low = 1, .high = null, .lazy = false },
        '?' => .{ .low = 0, .high = 1, .lazy = false },
        '{' => return braces(parser),
        else => return null,
    };
    parser.at += 1;
    count.lazy = parser.take('?');
    return count;
}

fn braces(parser: *Parser) Error!?Count {
    parser.at += 1;
    const low = number(parser) orelse return error.Malformed;
    const high = if (!parser.take(',')) low else number(parser);
    if (!parser.take('}')) return error.Malformed;
    const lazy = parser.take('?');
    if (low > max_repeat or (high orelse 0) > max_repeat) return error.TooLarge;
    if (high) |most| if (most < low) return error.Malformed;
    return .{ .low = low, .high = high, .lazy = lazy };
}

fn number(parser: *Parser) ?usize {
    const start = parser.at;
    while (parser.at < parser.source.len and std.ascii.isDigit(parser.source[parser.at])) parser.at += 1;
    return std.fmt.parseInt(usize, parser.source[start..parser.at], 10) catch null;
}
