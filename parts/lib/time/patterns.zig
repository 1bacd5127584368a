//! Patterns for writing and reading dates, in the letters of Unicode (`yyyy-MM-dd HH:mm`): each run of one letter is a
//! field, text between `'` is itself (`''` is one of them), and every other character that is no letter is itself.

const std = @import("std");
const part = @import("../part.zig");
const moments = @import("moment.zig");
const reading = @import("reading.zig");
const calendar = part.calendar;
const Moment = moments.Moment;
const Error = part.Error;
const gpa = part.gpa;
const Bytes = std.ArrayList(u8);

const Token = struct { letter: u8, count: usize, text: []const u8 };

const Tokens = struct {
    pattern: []const u8,
    at: usize = 0,

    fn next(self: *Tokens) Error!?Token {
        if (self.at >= self.pattern.len) return null;
        const start = self.at;
        const letter = self.pattern[start];
        if (letter == '\'') return try self.quoted();
        self.at += std.unicode.utf8ByteSequenceLength(letter) catch unreachable;
        if (!std.ascii.isAlphabetic(letter)) return .{ .letter = 0, .count = 0, .text = self.pattern[start..self.at] };
        while (self.at < self.pattern.len and self.pattern[self.at] == letter) self.at += 1;
        return .{ .letter = letter, .count = self.at - start, .text = self.pattern[start..self.at] };
    }

    fn quoted(self: *Tokens) Error!Token {
        var out: Bytes = .empty;
        self.at += 1;
        if (self.at < self.pattern.len and self.pattern[self.at] == '\'') {
            self.at += 1;
            return .{ .letter = 0, .count = 0, .text = "'" };
        }
        while (self.at < self.pattern.len) : (self.at += 1) {
            if (self.pattern[self.at] == '\'') {
                self.at += 1;
                if (self.at >= self.pattern.len or self.pattern[self.at] != '\'') return .{ .letter = 0, .count = 0, .text = out.items };
            }
            try out.append(gpa, self.pattern[self.at]);
        }
        return part.badInput(&.{"a quote in `pattern` is never closed"});
    }
};

fn unknown(token: Token) Error {
    return part.badInput(&.{
        "unknown field `", token.text, "` in `pattern`; known are: yyyy yy MMMM MMM MM M dd d EEEE EEE HH H hh h mm m ss s S.. a ",
        "XXX XX ZZZ Z VV D DDD Q ww w YYYY e; put other text between quotes: 'at'",
    });
}

pub fn format(moment: Moment, pattern: []const u8) Error![]const u8 {
    var out: Bytes = .empty;
    var tokens = Tokens{ .pattern = pattern };
    while (try tokens.next()) |token| {
        if (token.letter == 0) try out.appendSlice(gpa, token.text) else try field(&out, moment, token);
    }
    return out.items;
}

fn field(out: *Bytes, moment: Moment, token: Token) Error!void {
    const date = moment.date();
    const local = moment.local();
    const hour = @divFloor(local.seconds, 3600);
    const weekday = calendar.weekday(local.days);
    return switch (token.letter) {
        'y', 'u' => if (token.count == 2) padded(out, @mod(date.year, 100), 2) else padded(out, date.year, token.count),
        'Y' => padded(out, calendar.week(local.days).year, token.count),
        'M', 'L' => named(out, &reading.months, date.month, token),
        'd' => small(out, date.day, token),
        'D' => padded(out, date.dayOfYear(), token.count),
        'E', 'c' => if (token.count > 4) unknown(token) else named(out, &reading.weekdays, weekday, .{ .letter = 'E', .count = @max(token.count, 3), .text = token.text }),
        'e' => small(out, weekday, token),
        'w' => small(out, calendar.week(local.days).week, token),
        'Q', 'q' => small(out, @divFloor(date.month - 1, 3) + 1, token),
        'H' => small(out, hour, token),
        'h' => small(out, @mod(hour + 11, 12) + 1, token),
        'm' => small(out, @mod(@divFloor(local.seconds, 60), 60), token),
        's' => small(out, @mod(local.seconds, 60), token),
        'S' => fraction(out, local.nanos, token),
        'a' => out.appendSlice(gpa, if (hour < 12) "AM" else "PM"),
        'X' => if (moment.offset() == 0) out.append(gpa, 'Z') else offset(out, moment.offset(), if (token.count >= 3) ":" else "", token.count == 1),
        'Z', 'x' => offset(out, moment.offset(), if (token.count == 3) ":" else "", false),
        'V', 'z' => out.appendSlice(gpa, moment.zone.name),
        else => unknown(token),
    };
}

fn padded(out: *Bytes, value: i64, width: usize) Error!void {
    const text = (try part.integer(value)).number;
    for (text.len..@max(text.len, width)) |_| try out.append(gpa, '0');
    try out.appendSlice(gpa, text);
}

fn small(out: *Bytes, value: i64, token: Token) Error!void {
    return if (token.count > 2) unknown(token) else padded(out, value, token.count);
}

fn named(out: *Bytes, list: []const []const u8, value: i64, token: Token) Error!void {
    const name = list[@intCast(value - 1)];
    return switch (token.count) {
        1, 2 => padded(out, value, token.count),
        3 => out.appendSlice(gpa, name[0..3]),
        4 => out.appendSlice(gpa, name),
        else => unknown(token),
    };
}

fn fraction(out: *Bytes, nanos: i64, token: Token) Error!void {
    if (token.count > 9) return unknown(token);
    var text: Bytes = .empty;
    try padded(&text, nanos, 9);
    try out.appendSlice(gpa, text.items[0..token.count]);
}

/// `+02:00`; seconds only where a zone has them.
pub fn offset(out: *Bytes, seconds: i64, separator: []const u8, short: bool) Error!void {
    const size: i64 = @intCast(@abs(seconds));
    try out.append(gpa, if (seconds < 0) '-' else '+');
    try padded(out, @divFloor(size, 3600), 2);
    const minutes = @mod(@divFloor(size, 60), 60);
    if (short and minutes == 0 and @mod(size, 60) == 0) return;
    try out.appendSlice(gpa, separator);
    try padded(out, minutes, 2);
    if (@mod(size, 60) == 0) return;
    try out.appendSlice(gpa, separator);
    try padded(out, @mod(size, 60), 2);
}

const Half = enum { unsaid, am, pm };

pub fn parse(text: []const u8, pattern: []const u8) Error!reading.Found {
    var scanner = reading.Scanner{ .text = text };
    var found = reading.Found{};
    var half: Half = .unsaid;
    var clock = [3]i64{ 0, 0, 0 };
    var tokens = Tokens{ .pattern = pattern };
    while (try tokens.next()) |token| {
        const fits = if (token.letter == 0) skipText(&scanner, token.text) else try parseField(&scanner, token, &found, &clock, &half);
        if (!fits) return misfit(text, pattern, token.text);
    }
    if (scanner.rest().len > 0) return misfit(text, pattern, "its end");
    if (half != .unsaid) clock[0] = @mod(clock[0], 12) + @as(i64, if (half == .pm) 12 else 0);
    found.seconds = clock[0] * 3600 + clock[1] * 60 + clock[2];
    return if (clock[0] > 24) misfit(text, pattern, "the hour") else reading.checked(found, text);
}

fn misfit(text: []const u8, pattern: []const u8, place: []const u8) Error {
    return part.fail("not_a_date", &.{ "`", text, "` is not written as `", pattern, "` says: it does not fit at `", place, "`" });
}

fn skipText(scanner: *reading.Scanner, text: []const u8) bool {
    if (!std.mem.startsWith(u8, scanner.rest(), text)) return false;
    scanner.at += text.len;
    return true;
}

fn parseField(scanner: *reading.Scanner, token: Token, found: *reading.Found, clock: *[3]i64, half: *Half) Error!bool {
    const most: usize = if (token.count == 1) 2 else token.count;
    switch (token.letter) {
        'y', 'u' => {
            const year = scanner.digits(token.count, if (token.count == 1) 4 else token.count) orelse return false;
            // Two digits are the years from 1970 to 2069.
            found.year = if (token.count == 2) (if (year < 70) 2000 + year else 1900 + year) else year;
        },
        'M', 'L' => found.month = if (token.count >= 3) reading.nameIn(&reading.months, scanner.word()) orelse return false else scanner.digits(token.count, most) orelse return false,
        'd' => found.day = scanner.digits(token.count, most) orelse return false,
        'E' => _ = reading.nameIn(&reading.weekdays, scanner.word()) orelse return false,
        'H', 'h' => clock[0] = scanner.digits(token.count, most) orelse return false,
        'm' => clock[1] = reading.sixty(scanner.digits(token.count, most)) orelse return false,
        's' => clock[2] = reading.sixty(scanner.digits(token.count, most)) orelse return false,
        'S' => found.nanos = scanner.fraction() orelse return false,
        'a' => half.* = if (std.ascii.eqlIgnoreCase("am", peekWord(scanner))) .am else if (std.ascii.eqlIgnoreCase("pm", peekWord(scanner))) .pm else return false,
        'X', 'Z', 'x' => return parseOffset(scanner, found),
        'V', 'z' => found.zone = zoneName(scanner),
        else => return unknown(token),
    }
    if (token.letter == 'a') _ = scanner.word();
    return true;
}

fn peekWord(scanner: *reading.Scanner) []const u8 {
    var copy = scanner.*;
    return copy.word();
}

fn parseOffset(scanner: *reading.Scanner, found: *reading.Found) bool {
    if (scanner.take('Z')) {
        found.offset = 0;
        return true;
    }
    const rest = scanner.rest();
    const end = std.mem.indexOfNone(u8, rest, "+-:0123456789") orelse rest.len;
    found.offset = moments.parseOffset(rest[0..end]) orelse return false;
    scanner.at += end;
    return true;
}

fn zoneName(scanner: *reading.Scanner) []const u8 {
    const rest = scanner.rest();
    const end = std.mem.indexOfAny(u8, rest, " ])") orelse rest.len;
    scanner.at += end;
    return rest[0..end];
}
